//! `\?`: the commands, from their table.

use std::io::Write;

use super::call::{Call, usage};
use super::{COMMANDS, CommandSpec};
use crate::error::{Error, Result};
use crate::repl::session::Session;

/// Shows every command, or the one that was asked for.
pub fn show(session: &Session<'_>, call: &Call) -> Result<()> {
    let asked = call.argument(0).map(|name| name.trim_start_matches('\\'));
    let shown: Vec<&CommandSpec> =
        COMMANDS.iter().filter(|spec| asked.is_none_or(|asked| asked == spec.name)).collect();
    if let (true, Some(asked)) = (shown.is_empty(), asked) {
        return Err(Error::usage(format!("there is no command `\\{asked}`")).hint("`\\?` shows all commands"));
    }
    let width = shown.iter().map(|spec| usage(spec).len()).max().unwrap_or(0);
    let mut stdout = session.ui().stdout();
    for spec in shown {
        writeln!(stdout, "{:width$}  {}", usage(spec), spec.about)?;
    }
    stdout.flush()?;
    Ok(())
}
