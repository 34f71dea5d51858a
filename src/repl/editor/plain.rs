//! Lines of a terminal that can't be painted on.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Line;
use super::prompt::{FIRST, NEXT};
use crate::error::{Error, Result};
use crate::repl::pieces;

/// Reads line by line until a statement is complete.
///
/// The terminal keeps lines to itself until they end, so that Ctrl-C reaches the process as a signal: whoever hears it
/// says so by a flag.
#[derive(Debug, Default)]
pub struct PlainLines {
    is_given_up: Arc<AtomicBool>,
}

impl PlainLines {
    /// Set where Ctrl-C was pressed: what was typed before it counts no more.
    pub fn given_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_given_up)
    }

    /// Waits for the rest of `draft`, or for a whole statement or a command.
    pub fn read(&mut self, draft: Option<&str>) -> Result<Line> {
        let failed = |error| Error::statement("the terminal can't be read").because(error);
        let mut text = draft.map(|draft| format!("{draft}\n")).unwrap_or_default();
        write!(io::stderr(), "{text}").map_err(failed)?;
        self.is_given_up.store(false, Ordering::Relaxed);
        loop {
            let shown = if text.is_empty() { FIRST } else { NEXT };
            let mut stderr = io::stderr();
            write!(stderr, "{shown}").and_then(|()| stderr.flush()).map_err(failed)?;
            let before = text.len();
            let read = io::stdin().lock().read_line(&mut text).map_err(failed)?;
            if self.is_given_up.swap(false, Ordering::Relaxed) {
                text.drain(..before);
            }
            if read == 0 {
                return Ok(if text.trim().is_empty() { Line::End } else { Line::Text(text) });
            }
            if pieces::is_complete(&text) {
                return Ok(Line::Text(text));
            }
        }
    }
}
