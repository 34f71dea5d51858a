//! Tokens with their brackets matched, as far as there are any.
//!
//! Owns what a bracket that is still open reaches over: a subquery to the end, the arguments of a function only up to
//! the next clause, so that `select count(| from pin` still has its table.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::Token;

use crate::sql::lexed::Lexed;

/// Brackets beyond this depth are left as tokens: nobody writes them, and no stack has to hold them.
const DEEPEST: usize = 50;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// A token that is no round bracket.
    Token(Token),
    /// The word at the cursor.
    Cursor,
    /// What stands between round brackets.
    Group(Vec<Item>),
}

impl Item {
    /// The keyword that it is, unless it is quoted.
    pub(super) fn keyword(&self) -> Option<Keyword> {
        match self {
            Item::Token(Token::Word(word)) if word.quote_style.is_none() => Some(word.keyword),
            _ => None,
        }
    }

    /// The name that it is: lower case unless it is quoted.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Item::Token(Token::Word(word)) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
            Item::Token(Token::Word(word)) => Some(word.value.clone()),
            _ => None,
        }
    }

    pub(super) fn is(&self, token: &Token) -> bool {
        matches!(self, Item::Token(own) if own == token)
    }

    /// Whether the cursor is it, or in it.
    pub(super) fn has_cursor(&self) -> bool {
        match self {
            Item::Cursor => true,
            Item::Group(items) => items.iter().any(Item::has_cursor),
            Item::Token(_) => false,
        }
    }
}

/// Whether these are a query, rather than arguments.
pub(super) fn is_query(items: &[Item]) -> bool {
    let first = items.iter().find(|item| !matches!(item, Item::Cursor)).and_then(Item::keyword);
    matches!(first, Some(Keyword::SELECT | Keyword::WITH | Keyword::VALUES))
}

/// The tokens with their brackets matched; the cursor stands before the token of that number.
pub(super) fn nest(tokens: Vec<Lexed>, cursor: usize) -> Vec<Item> {
    let mut levels: Vec<Vec<Item>> = vec![Vec::new()];
    let count = tokens.len();
    for (number, token) in tokens.into_iter().enumerate() {
        if number == cursor {
            push(&mut levels, Item::Cursor);
        }
        match token.token {
            Token::LParen if levels.len() < DEEPEST => levels.push(Vec::new()),
            Token::RParen if levels.len() > 1 => close(&mut levels),
            token => push(&mut levels, Item::Token(token)),
        }
    }
    if cursor == count {
        push(&mut levels, Item::Cursor);
    }
    while levels.len() > 1 {
        let group = levels.pop().unwrap_or_default();
        let (kept, rest) = cut(group);
        push(&mut levels, Item::Group(kept));
        rest.into_iter().for_each(|item| push(&mut levels, item));
    }
    levels.pop().unwrap_or_default()
}

fn push(levels: &mut [Vec<Item>], item: Item) {
    if let Some(level) = levels.last_mut() {
        level.push(item);
    }
}

fn close(levels: &mut Vec<Vec<Item>>) {
    let group = levels.pop().unwrap_or_default();
    let is_typed_in = group.contains(&Item::Cursor) && levels.len() > 1;
    if !is_typed_in {
        push(levels, Item::Group(group));
        return;
    }
    // The bracket at the cursor may be the one that is still open: then this one closes the query about it.
    let (kept, rest) = cut(group);
    push(levels, Item::Group(kept));
    if !rest.is_empty() {
        rest.into_iter().for_each(|item| push(levels, item));
        let query = levels.pop().unwrap_or_default();
        push(levels, Item::Group(query));
    }
}

/// Arguments end before the clause that follows the cursor; without the cursor, before any clause.
fn cut(mut group: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    if is_query(&group) {
        return (group, Vec::new());
    }
    let from = group.iter().position(|item| *item == Item::Cursor).unwrap_or(0);
    let is_clause = |item: &Item| {
        matches!(
            item.keyword(),
            Some(Keyword::FROM | Keyword::WHERE | Keyword::GROUP | Keyword::HAVING | Keyword::LIMIT | Keyword::UNION)
        )
    };
    match group.iter().skip(from).position(is_clause) {
        Some(at) => {
            let rest = group.split_off(from + at);
            (group, rest)
        }
        None => (group, Vec::new()),
    }
}
