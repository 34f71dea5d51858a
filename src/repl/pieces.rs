//! A submitted text into statements and commands.
//!
//! Owns where a command may stand: on a line of its own, while no statement is open. It must not look for `;` itself:
//! `sql` knows what ends a statement.

use crate::sql;

/// What begins a command.
pub const COMMAND_MARK: char = '\\';

/// A part of a text that is run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One line, which begins with the mark.
    Command(&'a str),
    /// Lines of SQL: none, one or several statements.
    Statements(&'a str),
}

/// A piece and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedPiece<'a> {
    /// How many lines of the text stand before its first.
    pub lines_before: usize,
    /// The piece.
    pub piece: Piece<'a>,
}

/// The pieces of `text` in their order; blank ones are left out.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    placed(text).into_iter().map(|placed| placed.piece).collect()
}

/// The pieces of `text` in their order with their places; blank ones are left out.
pub fn placed(text: &str) -> Vec<PlacedPiece<'_>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut start_line = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let before = text.get(start..at).unwrap_or_default();
        if is_command(line) && sql::is_complete(before) {
            push_statements(&mut found, start_line, before);
            found.push(PlacedPiece { lines_before: number, piece: Piece::Command(line.trim()) });
            start = at + line.len();
            start_line = number + 1;
        }
        at += line.len();
    }
    push_statements(&mut found, start_line, text.get(start..).unwrap_or_default());
    found
}

/// The first command of a text and its line, counted from 1.
pub fn first_command(text: &str) -> Option<(usize, &str)> {
    placed(text).into_iter().find_map(|placed| match placed.piece {
        Piece::Command(line) => Some((placed.lines_before + 1, line)),
        Piece::Statements(_) => None,
    })
}

/// Whether a prompt may submit `text` as it stands.
pub fn is_complete(text: &str) -> bool {
    match pieces(text).last() {
        Some(Piece::Statements(rest)) => sql::is_complete(rest),
        Some(Piece::Command(_)) | None => true,
    }
}

/// Whether a line is a command where no statement is open.
pub fn is_command(line: &str) -> bool {
    line.trim_start().starts_with(COMMAND_MARK)
}

fn push_statements<'a>(found: &mut Vec<PlacedPiece<'a>>, lines_before: usize, text: &'a str) {
    if !text.trim().is_empty() {
        found.push(PlacedPiece { lines_before, piece: Piece::Statements(text) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_on_lines_of_their_own() {
        let found = pieces("\\x on\nselect 1;\nselect\n 2;\n  \\timing\n\\q");
        let expected = [
            Piece::Command("\\x on"),
            Piece::Statements("select 1;\nselect\n 2;\n"),
            Piece::Command("\\timing"),
            Piece::Command("\\q"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_inside_a_statement_is_no_command() {
        let text = "select 'a\n\\q\n';";
        assert_eq!(pieces(text), [Piece::Statements(text)]);
        let dollars = "select $$\n\\q\n$$;";
        assert_eq!(pieces(dollars), [Piece::Statements(dollars)]);
    }

    #[test]
    fn pieces_know_their_lines() {
        let found = placed("\n\\x on\n\nselect 1;\n\\q\nselect 2;\n");
        let lines: Vec<usize> = found.iter().map(|placed| placed.lines_before).collect();
        assert_eq!(lines, [1, 2, 4, 5]);
        assert_eq!(found.first().map(|placed| placed.piece), Some(Piece::Command("\\x on")));
    }

    #[test]
    fn what_may_be_submitted() {
        for text in ["", "  \n", "\\d pin", "select 1;", "select 1; -- done", "\\x\nselect 1;", "select ';';"] {
            assert!(is_complete(text), "{text}");
        }
        for text in ["select 1", "select ';", "select 1 -- ;", "\\x\nselect 1", "select $$;", "select 1; select 2"] {
            assert!(!is_complete(text), "{text}");
        }
    }
}
