//! Tokens with the bytes that they stand in, also of a text that is not finished.
//!
//! Owns the way from the tokenizer's lines and columns to bytes. It must not judge what a token means.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use datafusion::sql::sqlparser::tokenizer::{Location, Token, Whitespace};

use super::split::tokenize;

/// A token and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lexed {
    pub(super) token: Token,
    /// The bytes of the text that it stands in.
    pub(super) range: Range<usize>,
}

/// The tokens of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct LexedText {
    /// In the order of the text, blanks and comments among them.
    pub(super) tokens: Vec<Lexed>,
    /// The byte at which something begins that the tokenizer can't read to its end, an open quote most often.
    pub(super) unfinished: Option<usize>,
}

impl Lexed {
    /// Whether it is a blank or a comment.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.token, Token::Whitespace(_) | Token::EOF)
    }

    /// Whether it is a comment.
    pub(super) fn is_comment(&self) -> bool {
        use Whitespace::{MultiLineComment, SingleLineComment};
        matches!(self.token, Token::Whitespace(SingleLineComment { .. } | MultiLineComment(_)))
    }
}

/// The tokens of `text`; their ranges ascend, never overlap, and end at boundaries of characters.
pub(super) fn lex(text: &str) -> LexedText {
    let (tokens, failure) = tokenize(text);
    let mut walk = Walk { text, rest: text.char_indices().peekable(), line: 1, column: 1 };
    let mut lexed = Vec::with_capacity(tokens.len());
    for token in tokens {
        let start = walk.to(token.span.start);
        // What stands in `/*! ... */` comes as tokens of its own, whose places are not true.
        let rest = text.get(start..).unwrap_or_default();
        if let Some(end) =
            rest.strip_prefix("/*!").map(|rest| rest.find("*/").map_or(text.len(), |end| start + end + 5))
        {
            let comment = Whitespace::MultiLineComment(String::new());
            lexed.push(Lexed { token: Token::Whitespace(comment), range: start..end });
            walk.skip(end);
            continue;
        }
        let end = walk.to(token.span.end);
        if start < end {
            lexed.push(Lexed { token: token.token, range: start..end });
        }
    }
    let end = lexed.last().map_or(0, |last| last.range.end);
    LexedText { tokens: lexed, unfinished: failure.map(|_| end).filter(|end| *end < text.len()) }
}

/// One way through the text for all tokens: each is sought from the one before.
struct Walk<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    line: u64,
    column: u64,
}

impl Walk<'_> {
    /// Goes on to that byte.
    fn skip(&mut self, end: usize) {
        while let Some((_, letter)) = self.rest.next_if(|(offset, _)| *offset < end) {
            (self.line, self.column) = if letter == '\n' {
                (self.line.saturating_add(1), 1)
            } else {
                (self.line, self.column.saturating_add(1))
            };
        }
    }

    /// The byte at `place`; the place where the walk stands, if that lies behind.
    fn to(&mut self, place: Location) -> usize {
        while (self.line, self.column) < (place.line, place.column) {
            match self.rest.next() {
                Some((_, '\n')) => (self.line, self.column) = (self.line.saturating_add(1), 1),
                Some(_) => self.column = self.column.saturating_add(1),
                None => break,
            }
        }
        self.rest.peek().map_or(self.text.len(), |(offset, _)| *offset)
    }
}
