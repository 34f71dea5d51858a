//! Text in lines of a width, and the colours of what commands show.
//!
//! Owns the arithmetic in columns of the terminal, and that text from outside can't steer the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::printable;
use crate::ui::{Colour, Ui};

/// How wide text is drawn where no terminal says it.
const UNKNOWN_WIDTH: usize = 80;

/// What a piece of text is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Less than the rest.
    Dim,
    /// More than the rest.
    Bold,
    /// What to look at first.
    Striking,
}

/// How wide a screen is and whether it has colours.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Colours.
    pub colour: Colour,
}

impl Screen {
    /// The terminal's.
    pub fn of(ui: &Ui) -> Screen {
        let width = ui.screen_size().map_or(UNKNOWN_WIDTH, |size| size.width);
        Screen { width: width.max(20), colour: ui.options().colour }
    }

    /// The text in that look.
    pub fn paint(self, look: Look, text: &str) -> String {
        let code = match (self.colour, look) {
            (Colour::Never, _) => return text.to_owned(),
            (Colour::Always, Look::Dim) => "2",
            (Colour::Always, Look::Bold) => "1",
            (Colour::Always, Look::Striking) => "1;33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text in lines of at most `width` columns, cut between words, and within those that are longer. Its own line
/// ends count as blanks; there is always one line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = printable::one_line(word);
        let room = width.saturating_sub(line.width());
        if !line.is_empty() && word.width() < room {
            line.push(' ');
            line.push_str(&word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in one line of at most `width` columns; one that is longer ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    let text = printable::one_line(text);
    if text.width() <= width {
        return text.into_owned();
    }
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used < width
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width() {
        assert_eq!(wrap("to be or not to be", 8), ["to be or", "not to", "be"]);
        assert_eq!(wrap("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(wrap("a 日本語日本 b", 5), ["a", "日本", "語日", "本 b"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("a\u{1b}[2J", 40), ["a\\u{1b}[2J"]);
    }

    #[test]
    fn cuts() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("日本語日本語", 6), "日本…");
    }
}
