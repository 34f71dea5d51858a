//! The engine's errors in pinq's words: the place in the statement, what is wrong, what was meant.
//!
//! Owns the way from a `DataFusionError` to an [`Error`], syntax errors included. It must not lose an
//! error of pinq's own that travelled through the engine: that one comes out as it went in.

use std::error::Error as StdError;

use datafusion::common::utils::quote_identifier;
use datafusion::common::{Column, DataFusionError, Diagnostic, SchemaError, Span};
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::advice::{self, Advice};
use super::settings::{self, NoSetting};
use super::source::{Position, Source, SourceStatement};
use super::split::{is_blank, tokenize};
use crate::error::Error;
use crate::printable;
use crate::spelling::nearest;

/// Names that a hint lists at most.
const LISTED: usize = 20;

/// The words that statements begin with.
const OPENINGS: &[&str] = &[
    "SELECT", "WITH", "VALUES", "EXPLAIN", "DESCRIBE", "SHOW", "CREATE", "DROP", "SET", "INSERT", "COPY", "PREPARE",
    "EXECUTE",
];

/// A finding before it is placed: what is wrong, the word that it is about, what to do next.
struct Finding {
    message: String,
    word: Option<String>,
    /// The text of a literal that it is about.
    literal: Option<String>,
    hints: Vec<String>,
}

/// The names to suggest where one does not exist.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Tables and views as SQL says them: `pin`, `raw.pin`.
    pub tables: Vec<String>,
    /// Functions of every kind.
    pub functions: Vec<String>,
    /// Settings of the session, in full: `datafusion.execution.batch_size`.
    pub settings: Vec<String>,
}

/// What the engine's `error` means for whoever wrote `statement`, with a suggestion out of `names`
/// for what does not exist.
///
/// An [`Error`] found inside is kept: kind, message, causes and hints.
pub fn diagnose(error: &DataFusionError, statement: &SourceStatement, names: &Names) -> Error {
    if let Some(own) = own_error(error) {
        return own;
    }
    let root = error.find_root();
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    if let Some(NoSetting { name, span, hint }) = settings::missing(&root.message(), statement, &names.settings) {
        return Finding::new(format!("no setting `{name}`")).hint(hint).placed(span, statement);
    }
    let advised = match root {
        DataFusionError::SQL(..) | DataFusionError::SchemaError(..) | DataFusionError::ResourcesExhausted(_) => None,
        other => advice::advise(&other.message()),
    };
    if let Some(Advice { message, word, literal, hints }) = advised {
        return Finding { message, word, literal, hints }.placed(span, statement);
    }
    let finding = match root {
        DataFusionError::SQL(parser, _) => {
            let last = tokenize(&statement.source.text).0.into_iter().last();
            return syntax_error(parser, &statement.source, statement.start, statement.number, last.as_ref());
        }
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => missing_column(field, valid_fields, statement),
            other => Finding::new(other.to_string()),
        },
        DataFusionError::Plan(message) => missing_table(message, span, statement, &names.tables)
            .or_else(|| missing_function(message, &names.functions))
            .unwrap_or_else(|| Finding::new(message.clone())),
        DataFusionError::ResourcesExhausted(message) => {
            // The engine may say more around it, about settings that are not there to be set.
            let said = message.find("the memory limit").and_then(|at| message.get(at..)).map(str::to_owned);
            Finding::new(said.unwrap_or_else(|| format!("the memory limit is reached: {}", lowercase_first(message))))
                .hint("raise `memory_limit` under `[session]`, or ask for fewer rows or columns at once")
        }
        DataFusionError::NotImplemented(message) => Finding::new(format!("not supported: {message}")),
        // Its own text asks the user to report a bug of DataFusion; the cause alone is of use here.
        DataFusionError::Internal(message) => Finding::new(message.clone()),
        other => Finding::new(other.message().into_owned()),
    };
    let finding = match error.diagnostic() {
        Some(diagnostic) if finding.hints.is_empty() => finding.with_notes(diagnostic),
        _ => finding,
    };
    finding.placed(span, statement)
}

/// Messages are fragments; a word in capitals (`ORDER BY ...`) stays.
pub(super) fn lowercase_first(message: &str) -> String {
    let mut characters = message.trim().trim_end_matches('.').chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => message.trim().trim_end_matches('.').to_owned(),
    }
}

/// The error of a statement that does not parse.
pub(super) fn syntax(
    error: &DataFusionError,
    source: &Source,
    start: Position,
    number: usize,
    last: &TokenWithSpan,
) -> Error {
    match error.find_root() {
        DataFusionError::SQL(parser, _) => syntax_error(parser, source, start, number, Some(last)),
        other => {
            let what = lowercase_first(&other.message());
            Error::statement(format!("{}: statement {number}: {what}", source.place(start)))
        }
    }
}

fn syntax_error(
    error: &ParserError,
    source: &Source,
    start: Position,
    number: usize,
    last: Option<&TokenWithSpan>,
) -> Error {
    let said = match error {
        ParserError::ParserError(said) | ParserError::TokenizerError(said) => said.as_str(),
        ParserError::RecursionLimitExceeded => {
            return Error::statement(format!("{}: statement {number} is nested too deeply", source.place(start)));
        }
    };
    let (said, at) = match said.rsplit_once(" at Line: ") {
        Some((said, place)) => (said, read_place(place)),
        None => (said, None),
    };
    // The end of the text has no place of its own: point behind the last token.
    let at = at.or_else(|| last.map(|token| token.span.end.into())).unwrap_or(start);
    let mut width = 1;
    let mut meant = None;
    let what = match said.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: ")) {
        Some((expected, "EOF")) => format!("expected {}, found the end of the statement", quoted(expected)),
        Some((expected, found)) => {
            width = found.chars().count();
            meant = nearest(found, OPENINGS.iter().copied()).filter(|_| expected == "an SQL statement");
            format!("expected {}, found `{found}`", quoted(expected))
        }
        None => lowercase_first(said),
    };
    // A token may have lines, and what steers a terminal.
    let what = printable::one_line(&what);
    let place = source.place(at);
    let advice = said.contains("nd of statement, found").then(|| advise_syntax(source, start, at)).flatten();
    let error =
        Error::statement(format!("{place}: syntax error in statement {number}: {what}\n{}", source.excerpt(at, width)));
    match meant {
        Some(word) => error.hint(format!("did you mean `{word}`?")),
        None => advice.into_iter().fold(error, Error::hint),
    }
}

fn advise_syntax(source: &Source, start: Position, at: Position) -> Option<String> {
    let tokens = tokenize(&source.text).0;
    let own: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| Position::from(token.span.start) >= start && !is_blank(token)).collect();
    let found = own.iter().position(|token| Position::from(token.span.start) == at)?;
    advice::advise_syntax(&own, found)
}

/// A token that was expected stands in backticks, words about it do not.
fn quoted(expected: &str) -> String {
    let is_token = expected.chars().all(|one| one.is_ascii_punctuation() || one.is_ascii_uppercase());
    if is_token { format!("`{expected}`") } else { expected.to_owned() }
}

fn read_place(text: &str) -> Option<Position> {
    let (line, column) = text.split_once(", Column: ")?;
    let column: String = column.chars().take_while(char::is_ascii_digit).collect();
    Some(Position { line: line.parse().ok()?, column: column.parse().ok()? })
}

fn missing_column(field: &Column, valid: &[Column], statement: &SourceStatement) -> Finding {
    let spelled = |column: &Column| match field.relation {
        Some(_) => column.quoted_flat_name(),
        None => quote_identifier(&column.name).into_owned(),
    };
    let finding = Finding::new(format!("no column `{}`", field.quoted_flat_name())).about(&field.name);
    let near = nearest(&field.name, valid.iter().map(|column| column.name.as_str()));
    if let Some(column) = near.and_then(|name| valid.iter().find(|column| column.name == name)) {
        let hint = format!("did you mean `{}`?", spelled(column));
        let only_case = column.name != field.name && column.name.eq_ignore_ascii_case(&field.name);
        return finding.hint(if only_case { hint + " Without quotes, names are lower case." } else { hint });
    }
    let tokens = tokenize(&statement.source.text).0;
    let own: Vec<&TokenWithSpan> = tokens.iter().filter(|token| statement.holds(token)).collect();
    let finding = match advice::advise_column(&field.name, &own, !valid.is_empty()) {
        Some(advice) => finding.hint(advice),
        None => finding,
    };
    if valid.is_empty() {
        return finding;
    }
    finding.hint(format!("the columns are {}", listed(valid.iter().map(spelled))))
}

fn missing_table(message: &str, span: Option<Span>, statement: &SourceStatement, tables: &[String]) -> Option<Finding> {
    let full = message.strip_prefix("table '")?.strip_suffix("' not found")?;
    // The engine says its full name; what was written is what the reader knows.
    let written = span.and_then(|span| {
        let source = &statement.source;
        source.text.get(source.offset(place_of(span.start))..source.offset(place_of(span.end)))
    });
    let bare = full.rsplit('.').next().unwrap_or(full);
    let name = written.filter(|written| !written.is_empty()).unwrap_or(bare);
    let finding = Finding::new(format!("no table `{name}`")).about(bare);
    let last = |table: &str| table.rsplit('.').next().unwrap_or(table).to_owned();
    // A table of the same name in another schema is what was meant; else a similar name.
    let same = tables.iter().find(|table| last(table) == bare).map(String::as_str);
    let near = same.or_else(|| nearest(name, tables.iter().map(String::as_str))).or_else(|| {
        let bares: Vec<String> = tables.iter().map(|table| last(table)).collect();
        let near = nearest(bare, bares.iter().map(String::as_str))?.to_owned();
        tables.iter().find(|table| last(table) == near).map(String::as_str)
    });
    Some(match near {
        Some(table) => finding.hint(format!("did you mean `{table}`?")),
        None if tables.is_empty() => finding,
        None => finding.hint(format!("the tables are {}", listed(tables.iter().cloned()))),
    })
}

fn missing_function(message: &str, functions: &[String]) -> Option<Finding> {
    let (name, _) = message.strip_prefix("Invalid function '")?.split_once('\'')?;
    let finding = Finding::new(format!("no function `{name}`")).about(name);
    // The engine's own suggestion differs from run to run, and is made however far it is.
    Some(match nearest(name, functions.iter().map(String::as_str)) {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding.hint("`SHOW FUNCTIONS` lists every function"),
    })
}

fn listed(all: impl Iterator<Item = String>) -> String {
    // Joins and sorts bring one column more than once.
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(LISTED);
    let mut text = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn place_of(location: datafusion::common::Location) -> Position {
    let number = |from: u64| usize::try_from(from).unwrap_or(usize::MAX);
    Position { line: number(location.line), column: number(location.column) }
}

impl Finding {
    fn new(message: impl Into<String>) -> Self {
        Finding { message: message.into(), word: None, literal: None, hints: Vec::new() }
    }

    fn about(mut self, word: &str) -> Self {
        self.word = Some(word.to_owned());
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Helps say what to do; notes say more about what is wrong, except those that name candidates.
    fn with_notes(mut self, diagnostic: &Diagnostic) -> Self {
        self.hints.extend(diagnostic.helps.iter().map(|help| lowercase_first(&help.message)));
        let notes = diagnostic.notes.iter().map(|note| note.message.as_str());
        let (candidates, others): (Vec<&str>, Vec<&str>) = notes.partition(|note| note.starts_with("possible column "));
        if !others.is_empty() {
            self.message = format!("{} ({})", lowercase_first(&self.message), others.join("; "));
        }
        if !candidates.is_empty() {
            let names = candidates.iter().map(|note| format!("`{}`", note.trim_start_matches("possible column ")));
            self.hints.push(format!("write {}", names.collect::<Vec<_>>().join(" or ")));
        }
        self
    }

    fn placed(self, span: Option<Span>, statement: &SourceStatement) -> Error {
        let source = &statement.source;
        let message = lowercase_first(&self.message);
        let spanned = span.map(|span| {
            let (start, end) = (place_of(span.start), place_of(span.end));
            // What goes on over lines is marked to the end of its first one.
            let width = if start.line == end.line { end.column.saturating_sub(start.column) } else { usize::MAX };
            (start, width)
        });
        let inside = |(start, _): &(Position, usize)| {
            statement.range.contains(&source.offset(*start)) && *start >= statement.start
        };
        let place = spanned
            .filter(inside)
            .or_else(|| find_word(statement, self.word.as_deref()?))
            .or_else(|| find_literal(statement, self.literal.as_deref()?));
        let error = match place {
            Some((at, width)) => {
                Error::statement(format!("{}: {message}\n{}", source.place(at), source.excerpt(at, width)))
            }
            None => Error::statement(message).within(statement.place()),
        };
        self.hints.into_iter().fold(error, Error::hint)
    }
}

/// Where a name stands in the statement, for errors that come without a span.
fn find_word(statement: &SourceStatement, word: &str) -> Option<(Position, usize)> {
    let (tokens, _) = tokenize(&statement.source.text);
    tokens.iter().find_map(|token| {
        let Token::Word(found) = &token.token else { return None };
        let here = found.value.eq_ignore_ascii_case(word) && statement.holds(token);
        here.then(|| (Position::from(token.span.start), found.to_string().chars().count()))
    })
}

/// Where a text stands in the statement as a literal, if it does.
fn find_literal(statement: &SourceStatement, text: &str) -> Option<(Position, usize)> {
    let (tokens, _) = tokenize(&statement.source.text);
    tokens.iter().find_map(|token| {
        let Token::SingleQuotedString(found) = &token.token else { return None };
        let here = found == text && statement.holds(token);
        here.then(|| (Position::from(token.span.start), token.token.to_string().chars().count()))
    })
}

/// An error of pinq's own somewhere in the chain, copied: the engine may share it between streams.
pub fn own_error(error: &DataFusionError) -> Option<Error> {
    let mut current: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(link) = current {
        if let Some(own) = link.downcast_ref::<Error>() {
            return Some(own.again());
        }
        current = link.source();
    }
    None
}
