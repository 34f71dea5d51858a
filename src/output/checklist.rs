//! A list of things that were checked, for people: a word for what came of each, what it is, and what to do.
//!
//! Owns the layout, which suits narrow terminals, too. It must not know what is checked.

use crate::printable;

use super::paint::{Look, Paint};
use super::wrapping::{MostLines, wrap};

/// What came of a check, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// All is well.
    Good,
    /// Worth a look.
    Doubtful,
    /// It does not work.
    Bad,
    /// It was left out.
    Left,
}

/// One check.
#[derive(Clone, Debug)]
pub struct ChecklistItem<'a> {
    /// What came of it.
    pub mark: Mark,
    /// The same as a word of at most seven letters.
    pub word: &'static str,
    /// What was checked, in at most thirteen letters.
    pub title: &'a str,
    /// What was found.
    pub text: &'a str,
    /// More of it, a paragraph each.
    pub details: &'a [String],
    /// What to do, a paragraph each.
    pub hints: &'a [String],
    /// Text whose lines stand as they are, below the hints.
    pub block: Option<String>,
}

/// Where texts begin beside word and title, and where they do on a terminal that is too narrow for that.
const BESIDE: usize = 24;
const BELOW: usize = 4;
/// A terminal narrower than this is too narrow.
const WIDE: usize = 76;
const WORD: usize = 9;

/// The lines of one check, no wider than `width`; where there is no terminal, a paragraph is one line, however long.
pub fn checklist_lines(item: &ChecklistItem<'_>, width: Option<usize>, is_coloured: bool) -> Vec<String> {
    let paint = if is_coloured { Paint::On } else { Paint::Off };
    let look = match item.mark {
        Mark::Good => Look::Good,
        Mark::Doubtful => Look::Doubtful,
        Mark::Bad => Look::Bad,
        Mark::Left => Look::Dim,
    };
    let is_beside = width.is_none_or(|width| width >= WIDE);
    let indent = if is_beside { BESIDE } else { BELOW };
    let room = width.map(|width| width.saturating_sub(indent).max(1));
    let mut head = String::new();
    paint.push(&mut head, item.word, look);
    head.push_str(&" ".repeat(WORD.saturating_sub(item.word.len())));
    paint.push(&mut head, item.title, Look::Bold);
    let mut lines = Vec::new();
    let mut text = paragraph(item.text, "", room).into_iter();
    if is_beside {
        head.push_str(&" ".repeat(BESIDE.saturating_sub(WORD).saturating_sub(item.title.len())));
        head.push_str(&text.next().unwrap_or_default());
    }
    lines.push(head);
    let mut push = |line: String, start: &str, start_look: Look| {
        let mut shown = " ".repeat(indent);
        match line.strip_prefix(start).filter(|_| !start.is_empty()) {
            Some(rest) => {
                paint.push(&mut shown, start, start_look);
                shown.push_str(rest);
            }
            None => shown.push_str(&line),
        }
        lines.push(shown);
    };
    text.for_each(|line| push(line, "", Look::Plain));
    for detail in item.details {
        paragraph(detail, "- ", room).into_iter().for_each(|line| push(line, "", Look::Plain));
    }
    for hint in item.hints {
        paragraph(hint, HINT, room).into_iter().for_each(|line| push(line, HINT, Look::Hint));
    }
    for line in item.block.iter().flat_map(|block| block.lines()) {
        push(printable::one_line(line).into_owned(), "", Look::Plain);
    }
    lines
}

const HINT: &str = "hint: ";

/// A paragraph behind `start`, whose further lines stand below the first one's text.
fn paragraph(text: &str, start: &str, room: Option<usize>) -> Vec<String> {
    let text = printable::one_line(text);
    let Some(room) = room else { return vec![format!("{start}{text}")] };
    let hanging = if start == HINT { "  " } else { start };
    let blank = " ".repeat(hanging.len());
    let whole = format!("{start}{text}");
    let mut lines = Vec::new();
    let mut rest = whole.as_str();
    // The first line may be longer than the others by what hangs over.
    if let Some(first) = wrap(rest, room, MostLines::Any).next() {
        rest = rest.get(first.len()..).unwrap_or_default().trim_start_matches(' ');
        lines.push(first.into_owned());
    }
    if !rest.is_empty() {
        let further = wrap(rest, room.saturating_sub(blank.len()).max(1), MostLines::Any);
        lines.extend(further.map(|line| format!("{blank}{line}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::widths::columns;

    fn item<'a>(details: &'a [String], hints: &'a [String]) -> ChecklistItem<'a> {
        ChecklistItem {
            mark: Mark::Bad,
            word: "failed",
            title: "list",
            text: "can not list `s3://landing/topics/`: access is denied",
            details,
            hints,
            block: None,
        }
    }

    #[test]
    fn lines_fit_and_hang() {
        let details = ["a detail that is so long that it has to be broken into several lines".to_owned()];
        let hints = ["do this, and then that, and after all of it once more the first thing".to_owned()];
        for width in [30, 50, 80, 120] {
            let lines = checklist_lines(&item(&details, &hints), Some(width), false);
            assert!(lines.iter().all(|line| columns(line) <= width), "{width}: {lines:#?}");
        }
        let narrow = checklist_lines(&item(&details, &[]), Some(50), false);
        assert_eq!(narrow[0], "failed   list");
        assert_eq!(narrow[1], "    can not list `s3://landing/topics/`: access is");
        assert!(narrow[3].starts_with("    - a detail") && narrow[4].starts_with("      "), "{narrow:#?}");
        let plain = checklist_lines(&item(&details, &hints), None, false);
        assert_eq!(plain.len(), 3);
        assert_eq!(plain[0], "failed   list           can not list `s3://landing/topics/`: access is denied");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let details = ["key \u{1b}[31m".to_owned()];
        let lines = checklist_lines(&item(&details, &[]), Some(80), true);
        assert!(lines.iter().any(|line| line.contains("\\u{1b}[31m")), "{lines:?}");
        assert!(lines[0].starts_with("\u{1b}[1;31mfailed\u{1b}[0m"), "{lines:?}");
    }
}
