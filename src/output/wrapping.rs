//! Text over several lines of a width: broken at words where possible, and after a number of lines cut.
//!
//! Owns where lines break. Text comes without line breaks of its own: `printable` has escaped them.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::widths::{beginning, cut};

/// How many lines a text may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MostLines {
    /// So many; what is left over is cut off with `…`.
    Of(usize),
    /// As many as it needs.
    Any,
}

/// The lines of a text, made as they are asked for. There is at least one.
pub(super) struct Wrapped<'a> {
    rest: Option<&'a str>,
    width: usize,
    left: MostLines,
}

/// Breaks a text into lines of at most `width` columns.
pub(super) fn wrap(text: &str, width: usize, most: MostLines) -> Wrapped<'_> {
    Wrapped { rest: Some(text), width: width.max(1), left: most }
}

impl<'a> Iterator for Wrapped<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let text = self.rest.take()?;
        let Some(end) = beginning(text, self.width) else { return Some(Cow::Borrowed(text)) };
        match &mut self.left {
            MostLines::Of(0 | 1) => return Some(cut(text, self.width)),
            MostLines::Of(left) => *left -= 1,
            MostLines::Any => {}
        }
        if end == 0 {
            // Not even one character fits: it gives way to a sign that there is one.
            let first = text.graphemes(true).next().map_or(text.len(), str::len);
            self.rest = text.get(first..).filter(|rest| !rest.is_empty());
            return Some(Cow::Borrowed("…"));
        }
        let (line, rest) = text.split_at(break_before(text, end));
        let rest = rest.trim_start_matches(' ');
        self.rest = (!rest.is_empty()).then_some(rest);
        Some(Cow::Borrowed(line.trim_end_matches(' ')))
    }
}

/// Where the first line ends, of which `end` bytes fit: behind the last word, unless much of the line would stay blank.
fn break_before(text: &str, end: usize) -> usize {
    let Some(line) = text.get(..end) else { return end };
    if text.get(end..).is_some_and(|rest| rest.starts_with(' ')) {
        return end;
    }
    let least = end / 3;
    let after = |found: Option<(usize, &str)>, last: usize| {
        found.map(|(place, matched)| place + matched.len()).filter(|place| *place > least && *place <= last)
    };
    // A blank that is the last of what fits ends a word as well as any.
    let blank = after(line.rmatch_indices(' ').next(), end);
    let sign = || {
        after(
            line.rmatch_indices(['-', '_', '/', ',', ';', ':', '.', '&', '?', '|', '}', ']', ')']).next(),
            end.saturating_sub(1),
        )
    };
    blank.or_else(sign).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::widths::columns;

    fn lines(text: &str, width: usize, most: MostLines) -> Vec<String> {
        wrap(text, width, most).map(Cow::into_owned).collect()
    }

    #[test]
    fn breaks_at_words_then_at_signs_then_anywhere() {
        assert_eq!(lines("", 5, MostLines::Any), [""]);
        assert_eq!(lines("the quick brown fox", 9, MostLines::Any), ["the quick", "brown fox"]);
        assert_eq!(lines("the quick  brown", 11, MostLines::Any), ["the quick", "brown"]);
        assert_eq!(lines("{\"id\":12,\"name\":\"x\"}", 12, MostLines::Any), ["{\"id\":12,", "\"name\":\"x\"}"]);
        assert_eq!(lines("abcdefghij", 4, MostLines::Any), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("a bcdefghijkl", 9, MostLines::Any), ["a bcdefgh", "ijkl"]);
        assert_eq!(lines("ab,c d efgh", 7, MostLines::Any), ["ab,c d", "efgh"]);
    }

    #[test]
    fn too_many_lines_are_cut() {
        assert_eq!(lines("one two three four", 5, MostLines::Of(2)), ["one", "two …"]);
        assert_eq!(lines("one two", 5, MostLines::Of(2)), ["one", "two"]);
    }

    #[test]
    fn wide_and_joined_characters_stay_whole() {
        assert_eq!(lines("日本語日本語", 5, MostLines::Any), ["日本", "語日", "本語"]);
        assert_eq!(lines("日本", 1, MostLines::Any), ["…", "…"]);
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(lines(&family.repeat(3), 5, MostLines::Any), [family.repeat(2), family.to_owned()]);
        assert_eq!(lines(&"e\u{301}".repeat(5), 3, MostLines::Any), ["e\u{301}".repeat(3), "e\u{301}".repeat(2)]);
    }

    #[test]
    fn every_line_fits_and_nothing_is_lost() {
        let text = "Zażółć gęślą jaźń, 日本語のテキスト and https://example.com/a/b?c=d&e=f 👩\u{200d}💻🇵🇱 end";
        for width in 2..60 {
            let wrapped = lines(text, width, MostLines::Any);
            assert!(wrapped.iter().all(|line| columns(line) <= width), "{width}: {wrapped:?}");
            let blankless = |text: &str| text.replace(' ', "");
            assert_eq!(blankless(&wrapped.concat()), blankless(text), "{width}");
        }
    }
}
