//! SET, SHOW and RESET of a setting that does not exist.
//!
//! Owns what the engine says of one, where its name stands, and which setting was meant.

use datafusion::common::Span;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::source::SourceStatement;
use super::split::{is_blank, tokenize};
use crate::spelling::nearest;

/// A name that is no setting's.
pub(super) struct NoSetting {
    pub(super) name: String,
    pub(super) span: Option<Span>,
    pub(super) hint: String,
}

/// The setting that is missing, if that is what the engine's sentence is about.
pub(super) fn missing(said: &str, statement: &SourceStatement, settings: &[String]) -> Option<NoSetting> {
    let said = said.to_ascii_lowercase();
    let is_about_settings = said.contains("config value \"") && said.contains("\" not found on ")
        || said.contains("could not find config namespace")
        || said.contains("is not a variable which can be viewed with 'show'");
    if !is_about_settings {
        return None;
    }
    let tokens = tokenize(&statement.source.text).0;
    let mut own = tokens.iter().filter(|token| statement.holds(token) && !is_blank(token));
    let is_asking = |token: &TokenWithSpan| match &token.token {
        Token::Word(word) => matches!(word.keyword, Keyword::SET | Keyword::SHOW | Keyword::RESET),
        _ => false,
    };
    own.find(|token| is_asking(token))?;
    let named: Vec<&TokenWithSpan> =
        own.take_while(|token| matches!(token.token, Token::Word(_) | Token::Period)).collect();
    let (first, last) = (named.first()?, named.last()?);
    let name: String = named.iter().map(|token| token.token.to_string()).collect();
    let hint = match meant(&name, settings) {
        Some(setting) => format!("did you mean `{setting}`?"),
        None => "`SHOW ALL` lists every setting".to_owned(),
    };
    let span = Span::try_from_sqlparser_span(first.span.union(&last.span));
    Some(NoSetting { name, span, hint })
}

/// Settings of one group share most of their letters, so the last part of a name is compared alone: in its own group,
/// then in every group.
fn meant<'a>(name: &str, settings: &'a [String]) -> Option<&'a str> {
    let split = |name: &'a str| name.rsplit_once('.').unwrap_or(("", name));
    let (group, last) = name.rsplit_once('.').unwrap_or(("", name));
    let own = settings.iter().map(|setting| split(setting)).filter(|(of, _)| of.eq_ignore_ascii_case(group));
    let near = nearest(last, own.map(|(_, last)| last));
    let is_near = |(of, own_last): (&str, &str), near| of.eq_ignore_ascii_case(group) && own_last == near;
    if let Some(near) = near {
        return settings.iter().map(String::as_str).find(|setting| is_near(split(setting), near));
    }
    let near = nearest(last, settings.iter().map(|setting| split(setting).1))?;
    let same: Vec<&str> = settings.iter().map(String::as_str).filter(|setting| split(setting).1 == near).collect();
    nearest(name, same.iter().copied()).or_else(|| same.first().copied())
}
