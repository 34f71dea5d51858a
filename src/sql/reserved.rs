//! Words that the parser takes for functions, and that people use as the names of tables.
//!
//! Owns the one rewriting of tokens before parsing: an unquoted `user` becomes the identifier
//! `"user"`, because a landing has a table of that name and the engine has no such function. Text is
//! never rewritten, so that every span stays true.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::split::is_blank;

pub(super) fn mend(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut mended = Vec::with_capacity(tokens.len());
    let mut before = None;
    for (position, token) in tokens.iter().enumerate() {
        let mut token = token.clone();
        let after = tokens.iter().skip(position + 1).find(|next| !is_blank(next)).map(|next| &next.token);
        if let Token::Word(word) = &mut token.token
            && is_name(word, before, after)
        {
            // A quoted identifier keeps its letters, an unquoted one is lower case for the engine.
            *word = Word { value: word.value.to_lowercase(), quote_style: Some('"'), keyword: Keyword::NoKeyword };
        }
        if !is_blank(&token) {
            before = tokens.get(position).map(|token| &token.token);
        }
        mended.push(token);
    }
    mended
}

/// Whether the word stands for a table or column. `CURRENT_USER` and its like do only as `word.column`.
fn is_name(word: &Word, before: Option<&Token>, after: Option<&Token>) -> bool {
    if word.quote_style.is_some() {
        return false;
    }
    match word.keyword {
        Keyword::USER => !matches!(after, Some(Token::LParen)) && !is_command(before),
        Keyword::CURRENT_USER | Keyword::SESSION_USER | Keyword::CURRENT_CATALOG => {
            matches!(after, Some(Token::Period))
        }
        _ => false,
    }
}

/// `CREATE USER` and its like mean the keyword.
fn is_command(before: Option<&Token>) -> bool {
    let Some(Token::Word(word)) = before else { return false };
    matches!(word.keyword, Keyword::CREATE | Keyword::DROP | Keyword::ALTER | Keyword::REPLACE)
}
