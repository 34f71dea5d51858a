//! What commands show on the screen: lines that stand already.
//!
//! Owns that they go through the pager where they are too many, as answers do.

use std::io::Write;

use super::running;
use super::session::Session;
use crate::error::{Error, Result};

/// Shows lines, each without its end.
///
/// # Errors
/// The screen can't be written to. That the reader left the pager is none.
pub fn show_lines(session: &Session<'_>, lines: &[String]) -> Result<()> {
    let paged = session.paged();
    let mut sink = std::io::BufWriter::new(paged.clone());
    let written = lines.iter().try_for_each(|line| writeln!(sink, "{line}")).and_then(|()| sink.flush());
    drop(sink);
    running::end_paged(session, &paged, written.map_err(Error::from))
}
