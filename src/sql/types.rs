//! SQL type names, as `columns` in the configuration and `--column` have them.
//!
//! Owns every spelling that pinq accepts for a [`ColumnType`]. What `ColumnType` displays reads back.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::split::{is_blank, tokenize};
use crate::column::{Column, ColumnType};
use crate::error::{Error, Result};

/// The spellings that the hint of an unknown type lists.
const NAMES: &[&str] = &[
    "bigint",
    "int",
    "integer",
    "smallint",
    "tinyint",
    "double",
    "float",
    "real",
    "decimal",
    "numeric",
    "boolean",
    "bool",
    "varchar",
    "text",
    "string",
    "date",
    "timestamp",
    "datetime",
    "array",
    "struct",
    "map",
    "long",
    "char",
];

/// Types within types that are read; deeper ones would only exhaust the stack.
const DEEPEST: usize = 32;

/// Reads a SQL type: `bigint`, `DOUBLE PRECISION`, `decimal(10, 2)`, `ARRAY<varchar>`, `bigint[]`,
/// `STRUCT<a BIGINT, "b c" VARCHAR>`, `MAP<VARCHAR, DOUBLE>`; names in any case.
///
/// # Errors
/// A usage error with what was probably meant, or the names there are.
pub fn parse_type(text: &str) -> Result<ColumnType> {
    let (tokens, failure) = tokenize(text);
    if let Some(failure) = failure {
        return Err(Error::usage(format!("`{text}` is not a type")).because(failure));
    }
    let mut reader = Reader { text, tokens: expand(tokens), next: 0 };
    let kind = reader.kind(0)?;
    if reader.peek().is_some() {
        return Err(reader.refuse());
    }
    Ok(kind)
}

/// Without blanks, and `>>` as two brackets: the tokenizer takes it for a shift.
fn expand(tokens: Vec<TokenWithSpan>) -> Vec<Token> {
    let mut expanded = Vec::with_capacity(tokens.len());
    for token in tokens.into_iter().filter(|token| !is_blank(token)) {
        match token.token {
            Token::ShiftRight => expanded.extend([Token::Gt, Token::Gt]),
            other => expanded.push(other),
        }
    }
    expanded
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn accept(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<()> {
        if self.accept(token) { Ok(()) } else { Err(self.refuse().hint(format!("a `{token}` is missing"))) }
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next.value.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn refuse(&self) -> Error {
        Error::usage(format!("`{}` is not a type", self.text))
    }

    fn kind(&mut self, depth: usize) -> Result<ColumnType> {
        if depth > DEEPEST {
            return Err(self.refuse().hint(format!("types may stand in one another {DEEPEST} deep")));
        }
        let Some(Token::Word(word)) = self.take() else { return Err(self.refuse()) };
        let name = word.value.to_ascii_lowercase();
        let mut kind = match name.as_str() {
            "bigint" | "long" | "int8" => ColumnType::BigInt,
            "int" | "integer" | "smallint" | "tinyint" | "int4" | "int2" => ColumnType::Int,
            "double" => {
                self.accept_word("precision");
                ColumnType::Double
            }
            "float8" => ColumnType::Double,
            "float" | "real" | "float4" => ColumnType::Float,
            "boolean" | "bool" => ColumnType::Boolean,
            "varchar" | "text" | "string" | "char" => {
                // A length is a promise that landed JSON does not keep; it is read and not enforced.
                if self.accept(&Token::LParen) {
                    self.number::<u32>()?;
                    self.expect(&Token::RParen)?;
                }
                ColumnType::Varchar
            }
            "decimal" | "numeric" => self.decimal()?,
            "date" => ColumnType::Date,
            "timestamp" | "datetime" => ColumnType::Timestamp,
            "array" | "list" => {
                self.expect(&Token::Lt)?;
                let item = self.kind(depth + 1)?;
                self.expect(&Token::Gt)?;
                ColumnType::List(Box::new(item))
            }
            "struct" => self.structure(depth)?,
            "map" => self.map(depth)?,
            _ => return Err(unknown(self.text, &word.value)),
        };
        while self.accept(&Token::LBracket) {
            self.expect(&Token::RBracket)?;
            kind = ColumnType::List(Box::new(kind));
        }
        Ok(kind)
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        match self.take() {
            Some(Token::Number(digits, _)) => digits.parse().map_err(|_| self.refuse()),
            _ => Err(self.refuse()),
        }
    }

    fn decimal(&mut self) -> Result<ColumnType> {
        // What Arrow and DataFusion take for a bare DECIMAL.
        let (mut precision, mut scale) = (38_u8, 10_i8);
        if self.accept(&Token::LParen) {
            precision = self.number()?;
            scale = if self.accept(&Token::Comma) { self.number()? } else { 0 };
            self.expect(&Token::RParen)?;
        }
        if !(1..=38).contains(&precision) || i16::from(scale) > i16::from(precision) {
            return Err(self.refuse().hint("a precision is 1 to 38, a scale is 0 up to the precision"));
        }
        Ok(ColumnType::Decimal(precision, scale))
    }

    fn structure(&mut self, depth: usize) -> Result<ColumnType> {
        self.expect(&Token::Lt)?;
        let mut columns: Vec<Column> = Vec::new();
        while !self.accept(&Token::Gt) {
            if !columns.is_empty() {
                self.expect(&Token::Comma)?;
            }
            let name = match self.take() {
                Some(Token::Word(word)) => word.value,
                _ => return Err(self.refuse().hint("a field of a STRUCT is a name and a type")),
            };
            self.accept(&Token::Colon);
            if columns.iter().any(|column| column.name == name) {
                return Err(self.refuse().hint(format!("the field `{name}` is there twice")));
            }
            columns.push(Column::new(name, self.kind(depth + 1)?));
        }
        if columns.is_empty() {
            return Err(self.refuse().hint("a STRUCT has at least one field"));
        }
        Ok(ColumnType::Struct(columns))
    }

    fn map(&mut self, depth: usize) -> Result<ColumnType> {
        self.expect(&Token::Lt)?;
        if self.kind(depth + 1)? != ColumnType::Varchar {
            return Err(self.refuse().hint("the keys of a MAP are VARCHAR, as the keys of JSON objects are"));
        }
        self.expect(&Token::Comma)?;
        let value = self.kind(depth + 1)?;
        self.expect(&Token::Gt)?;
        Ok(ColumnType::Map(Box::new(value)))
    }
}

fn unknown(text: &str, word: &str) -> Error {
    let error = match text == word {
        true => Error::usage(format!("`{text}` is not a type")),
        false => Error::usage(format!("`{word}` in `{text}` is not a type")),
    };
    match crate::spelling::nearest(word, NAMES.iter().copied()) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("the types are {}", NAMES.join(", "))),
    }
}
