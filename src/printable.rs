//! Text from data or from outside, made safe to show on a terminal.
//!
//! Owns which characters are shown escaped: those that move the cursor, start a terminal's escape
//! sequences or reorder a line. It must not print, and must not be used for data formats: CSV, JSON
//! and the others carry the bytes as they are.

use std::borrow::Cow;
use std::fmt::Write;

/// The text on one line: line breaks and tabs are escaped too (`\n`, `\t`, `\u{1b}`).
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |character| is_hostile(character) || matches!(character, '\n' | '\t'))
}

/// The text with its own line breaks and tabs; everything else that is hostile is escaped.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, is_hostile)
}

fn escape(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            character if !escaped(character) => shown.push(character),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Writing to a String cannot fail.
            character => drop(write!(shown, "\\u{{{:x}}}", u32::from(character))),
        }
    }
    Cow::Owned(shown)
}

/// Control characters except line feed and tab, and the Unicode characters that reorder or break a
/// line. The zero-width joiner stays: emoji are made with it.
fn is_hostile(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        character => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(one_line("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(one_line("\u{1b}[31mred\u{9b}"), "\\u{1b}[31mred\\u{9b}");
        assert_eq!(one_line("\u{202e}gpj.exe"), "\\u{202e}gpj.exe");
        assert_eq!(lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
    }

    #[test]
    fn leaves_ordinary_text_alone() {
        let text = "żółć 日本 👩\u{200d}💻";
        assert!(matches!(one_line(text), Cow::Borrowed(same) if same == text));
    }
}
