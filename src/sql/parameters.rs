//! `$NAME` in statements and `NAME=VALUE` on the command line.
//!
//! Owns which parameters a statement has, how a value's text gets its type, and what happens where
//! one is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ops::ControlFlow;

use datafusion::common::{ParamValues, ScalarValue};
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{Value, ValueWithSpan, Visit, Visitor};

use super::SourceStatement;
use crate::error::{Error, Result};
use crate::spelling::nearest;

/// Values by name, without the `$`.
pub type Parameters = BTreeMap<String, ScalarValue>;

struct Placeholders(BTreeSet<String>);

impl Visitor for Placeholders {
    type Break = Infallible;

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Infallible> {
        if let Value::Placeholder(name) = &value.value {
            self.0.insert(name.trim_start_matches('$').to_owned());
        }
        ControlFlow::Continue(())
    }
}

/// The names of the `$NAME` placeholders of a statement, without the `$`.
pub fn parameters(statement: &Statement) -> BTreeSet<String> {
    let mut found = Placeholders(BTreeSet::new());
    collect(statement, &mut found);
    found.0
}

fn collect(statement: &Statement, found: &mut Placeholders) {
    let _infallible = match statement {
        Statement::Statement(statement) => statement.visit(found),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(found),
            CopyToSource::Relation(_) => return,
        },
        Statement::Explain(explain) => return collect(&explain.statement, found),
        Statement::CreateExternalTable(_) | Statement::Reset(_) => return,
    };
}

/// The values that `statement` needs out of `given`, for `with_param_values`; `None` where it has no
/// parameters. Those that it does not need are no error: another statement may.
///
/// # Errors
/// A usage error that names the missing ones and lists every parameter of `file`, the statements that
/// were read together with it.
pub fn bind(statement: &SourceStatement, file: &[SourceStatement], given: &Parameters) -> Result<Option<ParamValues>> {
    let needed = parameters(&statement.parsed);
    if needed.is_empty() {
        return Ok(None);
    }
    let missing: Vec<String> =
        needed.iter().filter(|name| !given.contains_key(*name)).map(|name| format!("`${name}`")).collect();
    if missing.is_empty() {
        let values = given.iter().filter(|(name, _)| needed.contains(*name));
        return Ok(Some(values.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>().into()));
    }
    let mut every: BTreeSet<String> = file.iter().flat_map(|other| parameters(&other.parsed)).collect();
    every.extend(needed);
    let every: Vec<String> = every.into_iter().map(|name| format!("`${name}`")).collect();
    let (origin, noun) = (&statement.source.origin, if missing.len() == 1 { "parameter" } else { "parameters" });
    Err(Error::usage(format!("{}: no value for the {noun} {}", statement.place(), missing.join(", ")))
        .hint(format!("`{origin}` has the parameters {}", every.join(", ")))
        .hint("give each one with `--param NAME=VALUE`"))
}

/// Refuses values that no statement asks for: a mistyped name would otherwise leave its statement without a value, or
/// be lost in silence.
///
/// # Errors
/// A usage error that names the first of them, and the one that may be meant.
pub fn refuse_unknown<'a>(given: &Parameters, statements: impl IntoIterator<Item = &'a SourceStatement>) -> Result<()> {
    let known: BTreeSet<String> = statements.into_iter().flat_map(|statement| parameters(&statement.parsed)).collect();
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let Some(unknown) = given.keys().find(|name| !known.contains(*name)) else { return Ok(()) };
    let error = Error::usage(format!("no statement has the parameter `${unknown}`"));
    Err(match (nearest(unknown, names.iter().copied()), names.is_empty()) {
        (_, true) => error.hint("write `$NAME` in a statement where the value belongs"),
        (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
        (None, _) => error.hint(format!("there are {}", names.join(", "))),
    })
}

/// Reads `NAME=VALUE`: `2020` is a BIGINT, `1.5` a DOUBLE, `true` and `false` are BOOLEAN, `null` is
/// NULL, `'2020'` and everything else is text. A `$` before the name is allowed.
///
/// # Errors
/// A usage error where there is no `=`, or no name before it.
pub fn parse_parameter(text: &str) -> Result<(String, ScalarValue)> {
    let refuse = || Error::usage(format!("`{text}` is not a parameter")).hint("write `--param NAME=VALUE`");
    let (name, value) = text.split_once('=').ok_or_else(refuse)?;
    let name = name.trim().trim_start_matches('$');
    if name.is_empty() || !name.chars().all(|one| one.is_alphanumeric() || one == '_') {
        return Err(refuse());
    }
    Ok((name.to_owned(), parse_value(value)))
}

/// The value that `text` writes, as [`parse_parameter`] reads it behind the `=`.
pub fn parse_value(text: &str) -> ScalarValue {
    let trimmed = text.trim();
    if let Some(quoted) = trimmed.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return ScalarValue::Utf8(Some(quoted.replace("''", "'")));
    }
    match trimmed.to_ascii_lowercase().as_str() {
        "null" => return ScalarValue::Null,
        "true" => return ScalarValue::Boolean(Some(true)),
        "false" => return ScalarValue::Boolean(Some(false)),
        _ => {}
    }
    // Rust also reads `inf` and `nan` as numbers; a value of that spelling is meant as text. So is
    // `007`, whose zeros would be lost.
    let digits = trimmed.trim_start_matches(['-', '+']);
    let looks_like_a_number = digits.starts_with(|one: char| one.is_ascii_digit() || one == '.')
        && !(digits.len() > 1 && digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit));
    if looks_like_a_number {
        if let Ok(integer) = trimmed.parse() {
            return ScalarValue::Int64(Some(integer));
        }
        if let Ok(double) = trimmed.parse::<f64>()
            && double.is_finite()
        {
            return ScalarValue::Float64(Some(double));
        }
    }
    ScalarValue::Utf8(Some(text.to_owned()))
}
