//! What is wrong with a statement before it is planned, in the words of the prompt.
//!
//! The engine refuses the same things; its hints are for a command line.

use super::commands::Reach;
use super::session::Session;
use crate::engine::Access;
use crate::error::{Error, Result};
use crate::sql::{self, SourceStatement};

/// Refuses a statement that lacks a parameter, or writes where it must not.
pub fn check(session: &Session<'_>, statement: &SourceStatement) -> Result<()> {
    let place = statement.place();
    let missing: Vec<String> = sql::parameters(&statement.parsed)
        .into_iter()
        .filter(|name| !session.parameters.contains_key(name))
        .map(|name| format!("`${name}`"))
        .collect();
    if !missing.is_empty() {
        let noun = if missing.len() == 1 { "parameter" } else { "parameters" };
        return Err(Error::usage(format!("{place}: no value for the {noun} {}", missing.join(", ")))
            .hint("give it one with `\\param NAME VALUE`"));
    }
    let Some(writes) = sql::writes(&statement.parsed) else { return Ok(()) };
    if session.access == Access::Write && session.furthest() == Reach::Session {
        return Err(Error::statement(format!("{place}: `{writes}` is refused in a project's own script"))
            .hint("it writes or reaches beyond the configured tables; type it, or put it into your own `init.sql`"));
    }
    if session.access == Access::ReadOnly {
        return Err(Error::statement(format!(
            "{place}: `{writes}` is refused, because it writes or reaches beyond the configured tables"
        ))
        .hint("open the prompt with `pinq repl --allow-write` to allow it")
        .hint("to keep an answer, use `\\copy FILE`"));
    }
    Ok(())
}
