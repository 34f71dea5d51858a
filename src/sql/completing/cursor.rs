//! Where the cursor stands: in which word of which statement, or in a string or comment.
//!
//! Owns the way from a byte to a word and its qualifier. It must not look at what the other words mean.

use std::ops::Range;

use datafusion::sql::sqlparser::tokenizer::{Token, Whitespace};

use super::{Letters, Quoting};
use crate::sql::lexed::{Lexed, lex};

/// Where the cursor stands.
pub(super) enum Standing {
    /// In a string, a number or a comment.
    Nowhere,
    /// In a `$NAME`.
    Parameter { replaces: Range<usize>, word: String },
    /// In a word, or where one may begin.
    Word(WordAtCursor),
}

/// The word at the cursor and the statement about it.
pub(super) struct WordAtCursor {
    pub(super) replaces: Range<usize>,
    pub(super) typed: String,
    pub(super) quoting: Quoting,
    pub(super) letters: Letters,
    pub(super) qualifier: Vec<String>,
    /// The byte at which the first name of the qualifier begins.
    pub(super) qualified_from: usize,
    /// The statement's tokens without blanks, without the word and its qualifier.
    pub(super) tokens: Vec<Lexed>,
    /// Before which of them the word stands.
    pub(super) place: usize,
}

/// A word that was found at the cursor.
struct Found {
    replaces: Range<usize>,
    /// The end of the whole word, some of which may stand behind the cursor.
    end: usize,
    typed: String,
    quoting: Quoting,
}

pub(super) fn standing(text: &str, cursor: usize) -> Standing {
    let mut lexed = lex(text);
    let mut found = None;
    if let Some(open) = lexed.unfinished.filter(|open| *open < cursor) {
        let Some(typed) = text.get(open..cursor).and_then(|rest| rest.strip_prefix('"')) else {
            return Standing::Nowhere;
        };
        // What an open quote swallows behind the cursor may be the rest of the statement: it is read without the quote.
        let rest = lex(text.get(cursor..).unwrap_or_default()).tokens.into_iter();
        let moved = |token: Lexed| Lexed { range: token.range.start + cursor..token.range.end + cursor, ..token };
        lexed.tokens.extend(rest.map(moved));
        let typed = typed.replace("\"\"", "\"");
        found = Some(Found { replaces: open..cursor, end: cursor, typed, quoting: Quoting::Quoted });
    } else if let Some(token) = lexed.tokens.iter().find(|token| holds(token, cursor, text)) {
        let replaces = token.range.start..cursor;
        let typed = text.get(replaces.clone()).unwrap_or_default();
        match &token.token {
            Token::Word(word) if word.quote_style.is_none() => {
                let (typed, end) = (typed.to_owned(), token.range.end);
                found = Some(Found { replaces, end, typed, quoting: Quoting::Plain });
            }
            Token::Word(word) => {
                let is_whole = cursor == token.range.end;
                let typed = if is_whole { word.value.clone() } else { typed.chars().skip(1).collect() };
                // Without its closing quote, the rest of the word would be what is open.
                let (replaces, end) = (token.range.clone(), token.range.end);
                found = Some(Found { replaces, end, typed, quoting: Quoting::Quoted });
            }
            Token::Placeholder(name) if name.starts_with('$') => {
                return Standing::Parameter {
                    replaces: replaces.start + 1..cursor,
                    word: typed.chars().skip(1).collect(),
                };
            }
            _ => return Standing::Nowhere,
        }
    }
    if found.is_none() && text.get(..cursor).is_some_and(|before| before.ends_with('$')) {
        return Standing::Parameter { replaces: cursor..cursor, word: String::new() };
    }
    let nothing = Found { replaces: cursor..cursor, end: cursor, typed: String::new(), quoting: Quoting::Plain };
    Standing::Word(statement_about(found.unwrap_or(nothing), lexed.tokens))
}

/// Whether the cursor is in a token whose text it continues. It stands behind a comma, but in a word that it ends.
fn holds(token: &Lexed, cursor: usize, text: &str) -> bool {
    let Range { start, end } = token.range;
    let is_inside = start < cursor && cursor < end;
    let is_at_end = start < cursor && cursor == end;
    match &token.token {
        Token::Whitespace(Whitespace::SingleLineComment { .. }) => {
            is_inside || (is_at_end && text.get(..end).is_some_and(|before| !before.ends_with('\n')))
        }
        Token::Whitespace(Whitespace::MultiLineComment(_)) => is_inside,
        Token::Word(_) | Token::Number(..) | Token::Placeholder(_) => is_inside || is_at_end,
        // An operator of several characters has no room for a word; behind it one may begin.
        _ => (is_inside || is_at_end) && is_text(&token.token),
    }
}

fn is_text(token: &Token) -> bool {
    let shown = token.to_string();
    shown.ends_with(['\'', '"', '$']) && shown.len() > 1
}

fn statement_about(found: Found, tokens: Vec<Lexed>) -> WordAtCursor {
    let solid: Vec<Lexed> = tokens.into_iter().filter(|token| !token.is_blank()).collect();
    let is_end = |token: &Lexed| token.token == Token::SemiColon;
    let before = |token: &Lexed| token.range.end <= found.replaces.start;
    let from = solid.iter().rposition(|token| is_end(token) && before(token)).map_or(0, |end| end + 1);
    let mut here: Vec<Lexed> = solid.into_iter().skip(from).collect();
    let behind = |token: &Lexed| token.range.start >= found.end;
    if let Some(end) = here.iter().position(|token| is_end(token) && behind(token)) {
        here.truncate(end);
    }
    let letters = letters(&found, &here);
    let first_behind = here.iter().position(behind).unwrap_or(here.len());
    let rest = here.split_off(first_behind);
    here.retain(before);
    let (mut qualifier, mut qualified_from) = (Vec::new(), found.replaces.start);
    while let [.., Lexed { token: Token::Word(word), range }, Lexed { token: Token::Period, .. }] = here.as_slice() {
        qualifier.push(if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() });
        qualified_from = range.start;
        here.truncate(here.len().saturating_sub(2));
    }
    qualifier.reverse();
    let place = here.len();
    here.extend(rest);
    let Found { replaces, typed, quoting, .. } = found;
    WordAtCursor { replaces, typed, quoting, letters, qualifier, qualified_from, tokens: here, place }
}

/// The letters of the word itself; where it has none, those of the statement's first word.
fn letters(found: &Found, statement: &[Lexed]) -> Letters {
    let first = statement.iter().find_map(|token| match &token.token {
        Token::Word(word) => Some(word.value.as_str()),
        _ => None,
    });
    let sample = Some(found.typed.as_str()).filter(|typed| !typed.is_empty()).or(first).unwrap_or_default();
    match sample.chars().find(|one| one.is_alphabetic()) {
        Some(letter) if letter.is_uppercase() => Letters::Capital,
        _ => Letters::Small,
    }
}
