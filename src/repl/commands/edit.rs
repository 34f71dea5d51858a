//! `\e`: the last statement, or a file, in the user's editor; what was saved is run.
//!
//! Owns what is edited and what becomes of it. Starting the editor is `program`'s.

use std::io::{self, Write};

use super::call::Call;
use super::include;
use super::script_text;
use crate::error::{Error, Result};
use crate::repl::editor::PRIVATE_MARK;
use crate::repl::pieces;
use crate::repl::program;
use crate::repl::session::{Flow, Privacy, Session};

/// `\e`, `\e FILE`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<Flow> {
    match call.argument(0) {
        Some(named) => edit_file(session, named).await,
        None => edit_statement(session).await,
    }
}

async fn edit_file(session: &mut Session<'_>, named: &str) -> Result<Flow> {
    let path = session.path(named);
    let before = match script_text::text(&path) {
        Ok(text) => text,
        // The editor makes it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::usage(format!("`{named}` could not be read")).because(error)),
    };
    program::edit(session, &path).await?;
    let after = match script_text::text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::statement(format!("`{named}` could not be read again")).because(error)),
    };
    if is_left_alone(session, &before, &after) {
        return Ok(Flow::Continue);
    }
    let furthest = session.furthest();
    include::run_file(session, &after, &path, named, furthest).await?;
    Ok(Flow::Continue)
}

async fn edit_statement(session: &mut Session<'_>) -> Result<Flow> {
    let before = session.latest.as_ref().map(|latest| format!("{}\n", latest.text)).unwrap_or_default();
    let failed = |error: io::Error| Error::statement("the text to edit could not be written").because(error);
    // Made with mode 0600: a statement may hold what nobody else should read.
    let mut file = tempfile::Builder::new().prefix("pinq-").suffix(".sql").tempfile().map_err(failed)?;
    file.write_all(before.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    program::edit(session, file.path()).await?;
    // By its name: many editors write another file and let it take the place of the first.
    let after = script_text::text(file.path())
        .map_err(|error| Error::statement("the edited text could not be read").because(error))?;
    if is_left_alone(session, &before, &after) {
        return Ok(Flow::Continue);
    }
    let text = after.trim_end();
    // What is made of a private statement is private, and so is what runs next.
    let of_latest = session.latest.as_ref().map(|latest| latest.privacy);
    if of_latest == Some(Privacy::Private) || Privacy::of(text) == Privacy::Private {
        session.line_privacy = Privacy::Private;
    }
    let privacy = session.line_privacy;
    if !pieces::is_complete(text) {
        session.ui().status("the statement has no end yet: go on with it, or drop it with Ctrl-C");
        let mark = match privacy {
            Privacy::Private if !text.starts_with(PRIVATE_MARK) => PRIVATE_MARK.to_string(),
            _ => String::new(),
        };
        session.left_behind.draft = Some(format!("{mark}{text}"));
        return Ok(Flow::Continue);
    }
    session.left_behind.entry = (privacy == Privacy::Recorded).then(|| text.to_owned());
    // What is run should stand above its answer.
    session.ui().status(text);
    let (working_folder, furthest) = (session.places.working_folder.join("<editor>"), session.furthest());
    include::run_file(session, text, &working_folder, "<editor>", furthest).await?;
    Ok(Flow::Continue)
}

/// Whether there is nothing to run, which is said.
fn is_left_alone(session: &Session<'_>, before: &str, after: &str) -> bool {
    if after.trim().is_empty() {
        session.ui().status("nothing was saved, so nothing is run");
    } else if before.trim_end() == after.trim_end() {
        session.ui().status("nothing was changed, so nothing is run");
    } else {
        return false;
    }
    true
}
