//! Text in terminal columns, and its colours.
//!
//! Owns cutting and padding by display width, and the ANSI codes. Text that comes here is escaped already.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Where a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns; no line is wider.
    pub width: usize,
    /// Lines that a chart should not exceed. A chart of bars leaves rows out, and says so.
    pub height: usize,
    /// Whether lines and groups are coloured.
    pub paint: Paint,
}

/// Whether ANSI colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Characters alone tell things apart.
    #[default]
    Plain,
    /// Colours help.
    Ansi,
}

/// A role of text on a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Axes, NULL, notes.
    Faint,
    /// Headings.
    Strong,
    /// The group or line of this number.
    Series(usize),
}

/// How many lines are told apart by colour.
pub(super) const COLOURS: usize = 6;

impl Paint {
    /// The text in its role's colour.
    pub(super) fn ink(self, ink: Ink, text: &str) -> String {
        if self == Paint::Plain || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Faint => "2",
            Ink::Strong => "1",
            Ink::Series(number) => ["36", "33", "35", "32", "34", "31"].get(number % COLOURS).copied().unwrap_or("36"),
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text in at most `width` columns; one that is longer ends in `…`.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= room
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

/// The text in exactly `width` columns, from the left.
pub(super) fn left(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let blanks = width.saturating_sub(text.width());
    text + &" ".repeat(blanks)
}

/// The text in exactly `width` columns, to the right.
pub(super) fn right(text: &str, width: usize) -> String {
    let text = cut(text, width);
    " ".repeat(width.saturating_sub(text.width())) + &text
}

/// The widest of the texts.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(|text| text.width()).max().unwrap_or(0)
}

/// The parts on lines of at most `width` columns, two blanks between them. Each part is its text and how it is
/// painted; one that is wider than a line is cut.
pub(super) fn flow(parts: &[(String, Option<Ink>)], width: usize, paint: Paint) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0_usize);
    for (text, ink) in parts {
        let text = cut(text, width);
        let columns = text.width();
        if used > 0 && used + 2 + columns > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push_str("  ");
            used += 2;
        }
        used += columns;
        line.push_str(&ink.map_or_else(|| text.clone(), |ink| paint.ink(ink, &text)));
    }
    if used > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_two() {
        assert_eq!(cut("日本語日本語", 6), "日本…");
        assert_eq!(left("日本", 5), "日本 ");
        assert_eq!(right("abcdef", 4), "abc…");
        assert_eq!(cut("abc", 0), "");
        let parts = ["aaaa", "bbb", "cc"].map(|text| (text.to_owned(), None));
        assert_eq!(flow(&parts, 9, Paint::Plain), ["aaaa  bbb", "cc"]);
    }
}
