//! Lines of a terminal that can't be painted on.

use std::io::{self, BufRead, Write};

use super::Line;
use super::prompt::{FIRST, NEXT};
use crate::error::{Error, Result};
use crate::repl::pieces;

/// Reads line by line until a statement is complete.
#[derive(Debug, Default)]
pub struct PlainLines;

impl PlainLines {
    /// Waits for the rest of `draft`, or for a whole statement or a command.
    pub fn read(&mut self, draft: Option<&str>) -> Result<Line> {
        let failed = |error| Error::statement("the terminal can't be read").because(error);
        let mut text = draft.map(|draft| format!("{draft}\n")).unwrap_or_default();
        write!(io::stderr(), "{text}").map_err(failed)?;
        loop {
            let shown = if text.is_empty() { FIRST } else { NEXT };
            let mut stderr = io::stderr();
            write!(stderr, "{shown}").and_then(|()| stderr.flush()).map_err(failed)?;
            if io::stdin().lock().read_line(&mut text).map_err(failed)? == 0 {
                return Ok(if text.trim().is_empty() { Line::End } else { Line::Text(text) });
            }
            if pieces::is_complete(&text) {
                return Ok(Line::Text(text));
            }
        }
    }
}
