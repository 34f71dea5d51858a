//! A text into its statements, by the tokenizer.
//!
//! Owns where a statement begins and ends, and syntax errors. Nothing else may look for `;`.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

use super::reserved;
use super::source::{Position, Source, SourceStatement, Walk};
use super::{Heading, depth, diagnose};
use crate::error::{Error, Result};
use crate::printable;

/// The dialect in which DataFusion reads SQL unless it is told otherwise.
static DIALECT: GenericDialect = GenericDialect {};

/// Deep enough for any statement that a person writes, shallow enough for the stack of a thread. It counts brackets; what
/// is long without them is `depth`'s.
const NESTING: usize = 50;

/// The statements of `text`, in order; empty ones (comments, `;;`) are left out.
///
/// # Errors
/// The first syntax error, with `origin:line:column`, the statement's number, the line and a caret.
pub fn split(text: &str, origin: &str) -> Result<Vec<SourceStatement>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Arc::new(Source { origin: origin.to_owned(), text: text.to_owned() });
    let (tokens, failure) = tokenize(&source.text);
    if let Some(failure) = failure {
        let before: Vec<&[TokenWithSpan]> = pieces(&tokens).filter(|piece| !is_empty(piece)).collect();
        let ended =
            tokens.iter().rev().find(|token| !is_blank(token)).is_none_or(|token| token.token == Token::SemiColon);
        let number = if ended { before.len() + 1 } else { before.len() };
        return Err(unreadable(&source, number, &failure));
    }
    let (mut statements, mut walk) = (Vec::new(), Walk::over(&source.text));
    for piece in pieces(&tokens).filter(|piece| !is_empty(piece)) {
        statements.push(statement(&source, piece, statements.len() + 1, &mut walk)?);
    }
    Ok(statements)
}

/// Whether a prompt may submit `text`: its last statement is ended by `;`, or there is none. A text
/// that no continuation can mend is complete too, so that its error is shown.
pub fn is_complete(text: &str) -> bool {
    let (tokens, failure) = tokenize(text);
    match failure {
        Some(failure) => !is_open(&failure.message),
        None => tokens.iter().rev().find(|token| !is_blank(token)).is_none_or(|token| token.token == Token::SemiColon),
    }
}

/// The tokens of `text`, up to the error that ended them if there was one.
pub(super) fn tokenize(text: &str) -> (Vec<TokenWithSpan>, Option<TokenizerError>) {
    let mut tokens = Vec::new();
    let failure = Tokenizer::new(&DIALECT, text).tokenize_with_location_into_buf(&mut tokens).err();
    (tokens, failure)
}

pub(super) fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

fn pieces(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &[TokenWithSpan]> {
    tokens.split(|token| token.token == Token::SemiColon)
}

fn is_empty(piece: &[TokenWithSpan]) -> bool {
    piece.iter().all(is_blank)
}

fn statement(
    source: &Arc<Source>,
    piece: &[TokenWithSpan],
    number: usize,
    walk: &mut Walk<'_>,
) -> Result<SourceStatement> {
    let first = piece.iter().position(|token| !is_blank(token)).unwrap_or(0);
    let last = piece.iter().rposition(|token| !is_blank(token)).unwrap_or(0);
    let (leading, body) = (piece.get(..first).unwrap_or_default(), piece.get(first..=last).unwrap_or_default());
    let (Some(opening), Some(closing)) = (body.first(), body.last()) else {
        return Err(Error::bug("a statement without tokens reached the parser"));
    };
    let start = Position::from(opening.span.start);
    let range = walk.offset(start)..walk.offset(closing.span.end.into());
    if let Some(token) = depth::too_deep(body) {
        return Err(too_deep(source, number, token));
    }
    let parsed =
        parse(reserved::mend(body)).map_err(|error| diagnose::syntax(&error, source, start, number, closing))?;
    Ok(SourceStatement { source: source.clone(), range, start, number, heading: Heading::read(leading), parsed })
}

fn parse(tokens: Vec<TokenWithSpan>) -> Result<Statement, DataFusionError> {
    let mut parser = DFParserBuilder::new(tokens).with_dialect(&DIALECT).with_recursion_limit(NESTING).build()?;
    // Of the two ways to parse, this one refuses tokens that are left over.
    let mut statements = parser.parse_statements()?;
    statements.pop_front().ok_or_else(|| DataFusionError::Plan("the statement is empty".to_owned()))
}

fn too_deep(source: &Source, number: usize, token: &TokenWithSpan) -> Error {
    let at = Position::from(token.span.start);
    let what = format!("is nested too deeply: more than {} operators build on each other", depth::MOST);
    Error::statement(format!("{}: statement {number} {what}\n{}", source.place(at), source.excerpt(at, 1)))
        .hint("write `IN (...)` for many `OR`, `VALUES` for many `UNION ALL`, or fewer terms")
}

fn unreadable(source: &Source, number: usize, failure: &TokenizerError) -> Error {
    let at = Position::from(failure.location);
    let what = diagnose::lowercase_first(&failure.message);
    let what = printable::one_line(&what);
    let error =
        Error::statement(format!("{}: statement {number}: {what}\n{}", source.place(at), source.excerpt(at, 1)));
    if is_open(&failure.message) { error.hint("close the quote or comment that begins there") } else { error }
}

/// Whether the tokenizer only missed an end that may still come.
fn is_open(message: &str) -> bool {
    ["Unterminated", "Unexpected EOF", "before EOF", "or EOF after"].iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_thousand_statements_are_split_in_one_walk() {
        // Looking for each from the start took minutes.
        for separator in [";", ";\n"] {
            let statements = split(&format!("select 'é'{separator}").repeat(20_000), "q.sql").unwrap();
            assert_eq!(statements.len(), 20_000);
            assert!(statements.iter().all(|statement| statement.text() == "select 'é'"));
        }
    }

    #[test]
    fn an_error_is_one_line_and_an_excerpt_whatever_the_text_holds() {
        for text in ["select 5 from t \"a\n$a=\0\u{1b}[2J\" b c", "select '\u{1b}[2J\n", "select \u{202e} \0"] {
            let error = split(text, "q.sql").unwrap_err();
            assert_eq!(error.message().lines().count(), 4, "{error}");
            assert!(!error.message().contains(['\u{1b}', '\0']), "{error}");
        }
    }

    #[test]
    fn places_are_found_wherever_the_lines_end() {
        let statements = split("\r\nselect 1 ;\n\n/* é */ select 'ü\n' -- x\n; select\r3", "q.sql").unwrap();
        let texts: Vec<&str> = statements.iter().map(SourceStatement::text).collect();
        assert_eq!(texts, ["select 1", "select 'ü\n'", "select\r3"]);
        for statement in &statements {
            assert_eq!(statement.source.offset(statement.start), statement.range.start);
        }
    }
}
