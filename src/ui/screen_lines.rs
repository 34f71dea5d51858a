//! How many lines of a screen a text takes, whose own lines may be longer than the screen is wide.
//!
//! Owns the counting as text comes in pieces. Escape sequences that colour take no room.

use unicode_width::UnicodeWidthStr;

/// The lines up to now, and how many there may be.
#[derive(Debug)]
pub(super) struct ScreenLines {
    width: usize,
    most: usize,
    lines: usize,
    shown: usize,
    /// The line that has not ended.
    tail: Vec<u8>,
}

impl ScreenLines {
    /// For a screen of that width, of which a text may take so many lines.
    pub(super) fn new(width: usize, most: usize) -> ScreenLines {
        ScreenLines { width: width.max(1), most, lines: 0, shown: 0, tail: Vec::new() }
    }

    /// Adds text.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.are_too_many() {
                // Nobody asks how many too many.
                return;
            }
            self.tail.extend_from_slice(piece);
            if self.tail.ends_with(b"\n") {
                let columns = visible(&String::from_utf8_lossy(&self.tail));
                self.lines = self.lines.saturating_add(columns.div_ceil(self.width).max(1));
                self.tail.clear();
            }
        }
    }

    /// Whether there are more than there may be.
    pub(super) fn are_too_many(&self) -> bool {
        self.lines > self.most
    }

    /// Bytes of the line that has not ended.
    pub(super) fn unfinished(&self) -> usize {
        self.tail.len()
    }

    /// Says that all of it is on the screen.
    pub(super) fn mark_shown(&mut self) {
        self.shown = self.lines;
    }

    /// Lines that are on the screen.
    pub(super) fn shown(&self) -> usize {
        self.shown
    }
}

/// Columns of a line without its end and without what only colours it.
fn visible(line: &str) -> usize {
    let mut columns = 0_usize;
    let mut parts = line.trim_end_matches('\n').split("\u{1b}[");
    columns += parts.next().map_or(0, UnicodeWidthStr::width);
    for part in parts {
        let text = part.find(|character: char| character.is_ascii_alphabetic()).and_then(|end| part.get(end + 1..));
        columns = columns.saturating_add(text.map_or(0, UnicodeWidthStr::width));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(width: usize, pieces: &[&str]) -> usize {
        let mut lines = ScreenLines::new(width, 1_000);
        for piece in pieces {
            lines.add(piece.as_bytes());
        }
        lines.lines
    }

    #[test]
    fn long_lines_take_several() {
        assert_eq!(lines(4, &["abcd\n", "abcde\n", "\n"]), 4);
        assert_eq!(lines(4, &["日本語\n"]), 2);
        assert_eq!(lines(4, &["ab", "cd", "ef", "\nx"]), 2);
        assert_eq!(lines(4, &["\u{1b}[1mab\u{1b}[0mcd\n"]), 1);
    }

    #[test]
    fn more_than_there_is_room_for_are_too_many() {
        let mut lines = ScreenLines::new(10, 2);
        lines.add(b"a\nb\n");
        assert!(!lines.are_too_many());
        lines.add(b"c");
        assert!(!lines.are_too_many() && lines.unfinished() == 1);
        lines.add(b"\n");
        assert!(lines.are_too_many());
    }
}
