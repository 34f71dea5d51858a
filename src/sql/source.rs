//! SQL text with its name, and places in it.
//!
//! Owns lines, columns and the excerpt with carets. Lines and columns count from 1; columns are
//! characters, as the tokenizer counts them.

use std::ops::Range;
use std::str::Chars;
use std::sync::Arc;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::tokenizer::{Location, TokenWithSpan};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Heading;

/// Columns of an excerpt that are shown at most; a longer line is cut around the place.
const EXCERPT_COLUMNS: usize = 120;

/// A text of SQL and where it came from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The name for messages: a path, `-`, `<sql>`.
    pub origin: String,
    /// The text, without a byte-order mark.
    pub text: String,
}

/// A place in a source, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// One statement of a source. Plan `parsed`, never `text()`: reserved words are already mended in it,
/// and its spans count from the start of the source.
#[derive(Clone, Debug)]
pub struct SourceStatement {
    /// The text that it stands in.
    pub source: Arc<Source>,
    /// Which bytes of the source it is, without leading comments and the `;`.
    pub range: Range<usize>,
    /// Where its first token stands.
    pub start: Position,
    /// Its number in the source, from 1.
    pub number: usize,
    /// What its leading comments say.
    pub heading: Heading,
    /// The statement for the planner.
    pub parsed: Statement,
}

/// Finds the bytes of places that follow one another, in one walk over the text, however many they are.
pub(super) struct Walk<'a> {
    rest: Chars<'a>,
    offset: usize,
    at: Position,
}

impl SourceStatement {
    /// The statement's own text.
    pub fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether a token of its source is one of its own.
    pub(super) fn holds(&self, token: &TokenWithSpan) -> bool {
        let at = Position::from(token.span.start);
        at >= self.start && self.source.offset(at) < self.range.end
    }

    /// `origin:line:column` of its first token.
    pub fn place(&self) -> String {
        self.source.place(self.start)
    }
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        let number = |from: u64| usize::try_from(from).unwrap_or(usize::MAX);
        Position { line: number(location.line), column: number(location.column) }
    }
}

impl Walk<'_> {
    /// At the beginning of the text.
    pub fn over(text: &str) -> Walk<'_> {
        Walk { rest: text.chars(), offset: 0, at: Position { line: 1, column: 1 } }
    }

    /// As [`Source::offset`], for a place that is not before the last one.
    pub fn offset(&mut self, at: Position) -> usize {
        while self.at < at
            && let Some(character) = self.rest.next()
        {
            self.offset += character.len_utf8();
            self.at = match character {
                '\n' => Position { line: self.at.line + 1, column: 1 },
                _ => Position { line: self.at.line, column: self.at.column + 1 },
            };
        }
        self.offset
    }
}

impl Source {
    pub(super) fn place(&self, at: Position) -> String {
        format!("{}:{}:{}", self.origin, at.line, at.column)
    }

    /// The byte at which `at` stands; the end of its line or text where it lies beyond.
    pub(super) fn offset(&self, at: Position) -> usize {
        let mut start = 0;
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            if number + 1 == at.line {
                let within = line.char_indices().nth(at.column.saturating_sub(1));
                return start + within.map_or(line.len(), |(offset, _)| offset);
            }
            start += line.len();
        }
        self.text.len()
    }

    /// The line of `at` with carets below: under `width` characters, at least one.
    pub(super) fn excerpt(&self, at: Position, width: usize) -> String {
        let line = self.text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
        // One blank for one control character keeps the carets in their place.
        let mut line: Vec<char> = line.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        let mut column = at.column.saturating_sub(1).min(line.len());
        if line.len() > EXCERPT_COLUMNS {
            let from = column.saturating_sub(EXCERPT_COLUMNS / 2);
            let to = from.saturating_add(EXCERPT_COLUMNS).min(line.len());
            let cut_off = to < line.len();
            line = line.get(from..to).unwrap_or_default().to_vec();
            column -= from;
            match line.first_mut() {
                Some(first) if from > 0 => *first = '…',
                _ => {}
            }
            if cut_off {
                line.push('…');
            }
        }
        let columns = |characters: &[char]| -> usize { characters.iter().map(|one| one.width().unwrap_or(0)).sum() };
        let marked = line.get(column..column.saturating_add(width).min(line.len())).unwrap_or_default();
        let (before, carets) = (columns(line.get(..column).unwrap_or_default()), columns(marked).max(1));
        let number = at.line.to_string();
        let margin = " ".repeat(number.width());
        let line: String = line.into_iter().collect();
        format!("{margin} |\n{number} | {}\n{margin} | {}{}", line.trim_end(), " ".repeat(before), "^".repeat(carets))
    }
}
