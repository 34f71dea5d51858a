//! Commands about the statement that is being typed: `\g`, `\gx`, `\r`.

use crate::error::{Error, Result};
use crate::output::Upright;
use crate::repl::running;
use crate::repl::session::Session;

/// `\g`: runs the statement that has no end yet, or else the last one again.
pub async fn run(session: &mut Session<'_>) -> Result<()> {
    if let Some((text, lines_before)) = session.open.take() {
        return running::run_statements(session, &text, "<prompt>", lines_before).await;
    }
    let Some(latest) = session.latest.clone() else {
        return Err(Error::usage("there is no statement that could be run again").hint(r"type one, and `\g` behind it"));
    };
    running::run_statements(session, &latest.text, "<prompt>", 0).await
}

/// `\gx`: the same, records upright.
pub async fn upright(session: &mut Session<'_>) -> Result<()> {
    let before = std::mem::replace(&mut session.settings.upright, Upright::Always);
    let ran = run(session).await;
    session.settings.upright = before;
    ran
}

/// `\r`: gives the statement up.
pub fn reset(session: &mut Session<'_>) {
    session.open = None;
}
