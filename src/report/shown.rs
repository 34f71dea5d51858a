//! Texts from data as pages and notices show them: on one line, nothing invisible in them, and not too long.
//!
//! Owns the cut. What is escaped is `printable`'s to say; HTML is escaped by the template.

use std::borrow::Cow;

use crate::printable;

/// The word for a value that is not there.
pub(super) const NULL: &str = "NULL";

/// The text in at most `most` characters; `…` is the last of them where it was cut.
pub(super) fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    // A text is rarely cut, and its bytes are known without counting.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let mut starts = text.char_indices().map(|(start, _)| start);
    let Some(last) = starts.nth(most.saturating_sub(1)) else {
        return Cow::Borrowed(text);
    };
    match starts.next() {
        Some(_) => Cow::Owned(format!("{}…", text.get(..last).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// A value on one line with what is invisible escaped, in at most `most` characters before that.
pub(super) fn value(value: Option<&str>, most: usize) -> String {
    match value {
        Some(text) => printable::one_line(&clipped(text, most)).into_owned(),
        None => NULL.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters_and_only_what_is_longer() {
        assert_eq!(clipped("żółć", 4), "żółć");
        assert_eq!(clipped("żółć", 3), "żó…");
        assert_eq!(clipped("żółć", 1), "…");
        assert_eq!(clipped("", 1), "");
        assert_eq!(value(Some("a\u{202e}b"), 9), "a\\u{202e}b");
        assert_eq!(value(None, 9), "NULL");
    }
}
