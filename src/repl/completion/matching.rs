//! How well a word matches a name: from its beginning, within, or by its letters in order.

/// How well a word matches, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The name begins with it, whatever the case.
    Beginning,
    /// A part of the name does: `count` in `follower_count`.
    Part,
    /// The name holds it.
    Within,
    /// The name has its letters in order: `fcnt` in `follower_count`.
    Letters,
}

/// Letters that a word must have to be sought within a name; fewer are in every name.
const FEWEST_WITHIN: usize = 2;
/// Letters that it must have to be sought letter by letter.
const FEWEST_LETTERS: usize = 3;

/// How well `word` matches `name`; none where it does not. Everything begins with nothing.
pub(super) fn fit(word: &str, name: &str) -> Option<Fit> {
    let (word, name) = (word.to_lowercase(), name.to_lowercase());
    if name.starts_with(&word) {
        return Some(Fit::Beginning);
    }
    let letters = word.chars().count();
    if letters < FEWEST_WITHIN {
        return None;
    }
    if name.split(['_', '.', ' ', '-']).any(|part| part.starts_with(&word)) {
        return Some(Fit::Part);
    }
    if name.contains(&word) {
        return Some(Fit::Within);
    }
    let mut rest = name.chars();
    let begins_alike = word.chars().next() == name.chars().next();
    let is_in_order = begins_alike && word.chars().all(|letter| rest.any(|other| other == letter));
    (letters >= FEWEST_LETTERS && is_in_order).then_some(Fit::Letters)
}
