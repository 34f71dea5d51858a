//! What to do about mistakes that the engine only describes: wrong arguments, texts that are no numbers, columns
//! outside GROUP BY, a misspelled clause, a missing comma.
//!
//! Owns the reading of the engine's own sentences, where these are all that it gives. Placing and showing is
//! `diagnose`'s.

use datafusion::common::utils::quote_identifier;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use crate::spelling::nearest;

/// Ways to call a function that a hint lists at most.
const LISTED: usize = 6;

/// Letters of a text from the data that a message shows.
const MOST_SHOWN: usize = 60;

/// The words that clauses begin with, as somebody may misspell them.
const CLAUSES: &[&str] = &[
    "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "UNION", "OFFSET", "SELECT", "BETWEEN", "USING",
];

/// The names of Arrow's types, and what SQL calls them.
const TYPES: &[(&str, &str)] = &[
    ("Utf8View", "VARCHAR"),
    ("LargeUtf8", "VARCHAR"),
    ("Utf8", "VARCHAR"),
    ("String", "VARCHAR"),
    ("Int8", "TINYINT"),
    ("Int16", "SMALLINT"),
    ("Int32", "INT"),
    ("Int64", "BIGINT"),
    ("UInt64", "BIGINT UNSIGNED"),
    ("Float32", "FLOAT"),
    ("Float64", "DOUBLE"),
    ("Boolean", "BOOLEAN"),
    ("Date32", "DATE"),
    ("Decimal", "DECIMAL"),
    ("Float", "FLOAT"),
];

/// A mistake in plain words.
pub(super) struct Advice {
    pub(super) message: String,
    /// The word that it is about, as the statement has it.
    pub(super) word: Option<String>,
    /// The text of a literal that it is about.
    pub(super) literal: Option<String>,
    pub(super) hints: Vec<String>,
}

impl Advice {
    fn new(message: String, hint: String) -> Self {
        Advice { message, word: None, literal: None, hints: vec![hint] }
    }
}

/// What a sentence of the engine means, where it is one of those that need saying otherwise.
pub(super) fn advise(said: &str) -> Option<Advice> {
    let readings = [wrong_arguments, not_grouped, no_number, no_timestamp, no_operator, aggregate_in_where, no_limit];
    readings.into_iter().find_map(|reading| reading(said))
}

/// `No function matches the given name and argument types 'sum(Utf8View)'`, and a list of those that would.
fn wrong_arguments(said: &str) -> Option<Advice> {
    let (_, rest) = said.split_once("given name and argument types '")?;
    let (call, rest) = rest.split_once("'.")?;
    let (name, arguments) = call.split_once('(')?;
    let mut ways: Vec<String> = Vec::new();
    for way in rest.lines().map(str::trim).filter(|way| way.starts_with(name) && way.ends_with(')')) {
        let way = format!("`{}`", sql_types(way));
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.truncate(LISTED);
    let mut advice = Advice::new(
        format!("`{name}` does not take ({}", sql_types(arguments)),
        match ways.is_empty() {
            true => "`SHOW FUNCTIONS` says what it takes".to_owned(),
            false => format!("it is called as {}", ways.join(", ")),
        },
    );
    let is_as_many = |way: &&String| way.matches(',').count() == arguments.matches(',').count();
    if sql_types(arguments).contains("VARCHAR")
        && ways.iter().filter(is_as_many).any(|way| way.contains("BIGINT") || way.contains("DOUBLE"))
    {
        advice.hints.push(
            "a text becomes a number by `cast(... as bigint)`, a count such as `9k` by `parse_count(...)`".to_owned(),
        );
    }
    advice.word = Some(name.to_owned());
    Some(advice)
}

/// `Column in SELECT must be in GROUP BY or an aggregate function: While expanding wildcard, column "pin.x" must ...`
fn not_grouped(said: &str) -> Option<Advice> {
    let (clause, rest) = said.split_once(" must be in GROUP BY or an aggregate function")?;
    let (_, rest) = rest.split_once("column \"")?;
    let (column, _) = rest.split_once("\" must appear")?;
    let clause = clause.rsplit_once(" in ").map_or("SELECT", |(_, clause)| clause);
    let mut advice = Advice::new(
        format!("the column `{column}` of {clause} is neither in GROUP BY nor in an aggregate function"),
        format!("add `{column}` to GROUP BY, or take one value of each group: `min({column})`"),
    );
    advice.word = Some(column.rsplit('.').next().unwrap_or(column).to_owned());
    Some(advice)
}

/// `Cannot cast string 'many' to value of Int64 type`
fn no_number(said: &str) -> Option<Advice> {
    let (_, rest) = said.split_once("annot cast string '")?;
    let (text, rest) = rest.rsplit_once("' to value of ")?;
    let kind = sql_types(rest.trim_end_matches('.').trim_end_matches(" type"));
    let mut advice = Advice::new(
        format!("the text `{}` is no {kind}", shortened(text)),
        format!("`try_cast(... as {})` gives NULL for such a text", kind.to_lowercase()),
    );
    advice.literal = Some(text.to_owned());
    Some(advice)
}

/// `Error parsing timestamp from 'many': timestamp must contain at least 10 characters`
fn no_timestamp(said: &str) -> Option<Advice> {
    let (_, rest) = said.split_once("rror parsing timestamp from '")?;
    let (text, _) = rest.rsplit_once("': ")?;
    Some(Advice::new(
        format!("the text `{}` is no TIMESTAMP", shortened(text)),
        "`parse_timestamp(...)` reads the formats of landed records, and gives NULL for what is none".to_owned(),
    ))
}

/// `Aggregate functions are not allowed in the WHERE clause. Consider using HAVING instead`
fn aggregate_in_where(said: &str) -> Option<Advice> {
    said.contains("ggregate functions are not allowed in the WHERE clause").then(|| {
        let hint = "a condition on an aggregate goes into HAVING, behind GROUP BY";
        let mut advice = Advice::new("WHERE can't use aggregate functions".to_owned(), hint.to_owned());
        advice.word = Some("where".to_owned());
        advice
    })
}

/// `Expected LIMIT to be an integer or null, but got Utf8`
fn no_limit(said: &str) -> Option<Advice> {
    let (_, kind) = said.split_once("xpected LIMIT to be an integer or null, but got ")?;
    let message = format!("LIMIT takes a number, not {}", sql_types(kind.trim_end_matches('.')));
    let mut advice = Advice::new(message, "write `limit 10`".to_owned());
    advice.word = Some("limit".to_owned());
    Some(advice)
}

/// `Cannot coerce arithmetic expression Utf8View + Int64 to valid types`, and the like of comparisons.
fn no_operator(said: &str) -> Option<Advice> {
    let (_, rest) = said.split_once("annot coerce arithmetic expression ")?;
    let (expression, _) = rest.split_once(" to valid types")?;
    let expression = sql_types(expression);
    Some(Advice::new(
        format!("there is no `{expression}`"),
        "make both sides one type by `cast(... as ...)`; a count such as `9k` becomes a number by `parse_count(...)`"
            .to_owned(),
    ))
}

/// The text in one line, and of a long one the beginning.
fn shortened(text: &str) -> String {
    let shown = crate::printable::one_line(text);
    match shown.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}...", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}

/// The text with SQL's names for Arrow's types.
fn sql_types(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|one: char| !one.is_alphanumeric() && one != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(if end == 0 { first.len_utf8() } else { end });
        named.push_str(TYPES.iter().find(|(arrow, _)| *arrow == word).map_or(word, |(_, sql)| sql));
        rest = after;
    }
    named
}

/// What to do where the parser stopped at `found`: a clause that is misspelled there or just before, or a comma.
pub(super) fn advise_syntax(tokens: &[&TokenWithSpan], found: usize) -> Option<String> {
    let Token::Word(word) = &tokens.get(found)?.token else { return None };
    let before = found.checked_sub(1).and_then(|before| tokens.get(before)).map(|token| &token.token);
    match word.keyword {
        Keyword::GROUP | Keyword::ORDER | Keyword::PARTITION => {
            return Some(format!("write `{} BY`", word.value.to_uppercase()));
        }
        Keyword::WHERE | Keyword::FROM => return None,
        _ => {}
    }
    if let Some(clause) = misspelled(word) {
        return Some(format!("did you mean `{clause}`?"));
    }
    let Some(Token::Word(before)) = before else { return None };
    if let Some(clause) = misspelled(before) {
        return Some(format!("did you mean `{clause}` where `{}` stands?", before.value));
    }
    let is_list = tokens.iter().take(found).any(|token| is_keyword(&token.token, Keyword::SELECT))
        && !tokens.iter().take(found).any(|token| is_keyword(&token.token, Keyword::FROM));
    is_list.then(|| format!("is a comma missing before `{}`?", word.value))
}

fn misspelled(word: &Word) -> Option<&'static str> {
    let is_right = CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(&word.value));
    if word.quote_style.is_some() || is_right || word.value.len() < 4 {
        return None;
    }
    nearest(&word.value, CLAUSES.iter().copied())
}

fn is_keyword(token: &Token, keyword: Keyword) -> bool {
    matches!(token, Token::Word(word) if word.keyword == keyword && word.quote_style.is_none())
}

/// What to do about a name that is no column: `tokens` are those of its statement.
pub(super) fn advise_column(name: &str, tokens: &[&TokenWithSpan], has_columns: bool) -> Option<String> {
    let words: Vec<&Word> = tokens
        .iter()
        .filter_map(|token| match &token.token {
            Token::Word(word) => Some(word),
            _ => None,
        })
        .collect();
    let named_here = words.windows(2).any(|pair| {
        matches!(pair, [before, after] if before.keyword == Keyword::AS && after.value.eq_ignore_ascii_case(name))
    });
    if named_here {
        let name = quote_identifier(name);
        return Some(format!(
            "`{name}` is the name of a column of the answer, which WHERE and ON can't use: repeat what it stands for"
        ));
    }
    if words.iter().any(|word| word.quote_style.is_some() && word.value == name) {
        return Some(format!("double quotes are for names; a text is `'{}'`", name.replace('\'', "''")));
    }
    if !has_columns && !words.iter().any(|word| word.keyword == Keyword::FROM) {
        return Some("the statement has no FROM: write `from` and the table".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_sql_names_them() {
        assert_eq!(sql_types("sum(Utf8View, List(Int64)) é Utf8s"), "sum(VARCHAR, List(BIGINT)) é Utf8s");
    }

    #[test]
    fn other_sentences_are_left_alone() {
        for said in ["", "Invalid function 'x'", "argument types '", "Cannot cast string 'x", "expected LIMIT"] {
            assert!(advise(said).is_none(), "{said}");
        }
    }
}
