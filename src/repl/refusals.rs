//! What is wrong with a statement before it is planned, in the words of the prompt.
//!
//! The engine refuses the same; its hints are for a command line. What a statement may reach is the engine's to say.

use super::session::Session;
use crate::error::{Error, Result};
use crate::sql::{self, SourceStatement};

/// Refuses a statement that lacks a parameter.
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
    Ok(())
}
