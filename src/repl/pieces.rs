//! A submitted text into statements and commands.
//!
//! Owns where a command may stand: on a line of its own, outside quotes and comments; `\\g` and its like also behind a
//! statement. It must not look for `;` itself: `sql` knows what ends a statement.

use crate::sql;

/// What begins a command.
pub const COMMAND_MARK: char = '\\';

/// Commands that can stand behind a statement, and end it.
const ENDS: [&str; 3] = [r"\gx", r"\g", r"\G"];
/// What somebody types who does not know the commands yet, alone on a line.
const WORDS: [(&str, &str); 3] = [("help", r"\?"), ("quit", r"\q"), ("exit", r"\q")];

/// A part of a text that is run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// One line, which begins with the mark.
    Command(&'a str),
    /// Lines of SQL: none, one or several statements.
    Statements(&'a str),
    /// The same, but the last statement has no end yet: the command that follows may be about it.
    Open(&'a str),
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
        let begun = text.get(start..at).unwrap_or_default();
        let command = command_of(line, begun.trim().is_empty());
        // What stands before it on its line belongs to the statement.
        let mark = command.map_or(at, |(_, offset)| at + offset);
        let before = text.get(start..mark).unwrap_or_default();
        let is_whole = sql::is_complete(before);
        if let Some((command, _)) = command
            && (is_whole || sql::is_complete(&format!("{before};")))
        {
            push(&mut found, start_line, before, if is_whole { Piece::Statements } else { Piece::Open });
            found.push(PlacedPiece { lines_before: number, piece: Piece::Command(command) });
            start = at + line.len();
            start_line = number + 1;
        }
        at += line.len();
    }
    push(&mut found, start_line, text.get(start..).unwrap_or_default(), Piece::Statements);
    found
}

/// The command on a line and where it begins: the whole line, or one of those that end a statement behind it. `is_first`
/// where no statement has begun before it.
fn command_of(line: &str, is_first: bool) -> Option<(&str, usize)> {
    let typed = line.trim();
    if is_command(line) {
        return Some((typed, 0));
    }
    if is_first
        && let Some((_, command)) = WORDS.iter().find(|(word, _)| *word == typed.trim_end_matches(';').trim_end())
    {
        return Some((command, 0));
    }
    let statement = ENDS.iter().find_map(|end| line.trim_end().strip_suffix(end))?;
    let command = line.get(statement.len()..)?.trim();
    Some((command, statement.len()))
}

/// The first command of a text and its line, counted from 1.
pub fn first_command(text: &str) -> Option<(usize, &str)> {
    placed(text).into_iter().find_map(|placed| match placed.piece {
        Piece::Command(line) => Some((placed.lines_before + 1, line)),
        Piece::Statements(_) | Piece::Open(_) => None,
    })
}

/// Whether a prompt may submit `text` as it stands.
pub fn is_complete(text: &str) -> bool {
    match pieces(text).last() {
        Some(Piece::Statements(rest) | Piece::Open(rest)) => sql::is_complete(rest),
        Some(Piece::Command(_)) | None => true,
    }
}

/// Whether a line is a command where no statement is open.
pub fn is_command(line: &str) -> bool {
    line.trim_start().starts_with(COMMAND_MARK)
}

fn push<'a>(found: &mut Vec<PlacedPiece<'a>>, lines_before: usize, text: &'a str, piece: fn(&'a str) -> Piece<'a>) {
    if !text.trim().is_empty() {
        found.push(PlacedPiece { lines_before, piece: piece(text) });
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
    fn commands_about_an_open_statement() {
        let go = [Piece::Open("select 1\n"), Piece::Command("\\g")];
        assert_eq!(pieces("select 1\n\\g"), go);
        assert_eq!(pieces("select 1 \\gx\n"), [Piece::Open("select 1 "), Piece::Command("\\gx")]);
        assert_eq!(pieces("select 1; \\G"), [Piece::Statements("select 1; "), Piece::Command("\\G")]);
        let quoted = "select '\\g\n\\r\n' -- \\g";
        assert_eq!(pieces(quoted), [Piece::Statements(quoted)]);
        assert!(is_complete("select 1\n\\r") && !is_complete("select '\n\\r"));
    }

    #[test]
    fn words_of_newcomers() {
        assert_eq!(pieces("help"), [Piece::Command("\\?")]);
        assert_eq!(pieces("  exit ;\n"), [Piece::Command("\\q")]);
        assert_eq!(pieces("select\nhelp"), [Piece::Statements("select\nhelp")]);
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
