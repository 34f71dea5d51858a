//! Files of statements and commands: `\i`, and the scripts that run before the first prompt.
//!
//! Owns what holds while a file is run: where the files that it names are, how far its commands reach, and that its
//! errors name it with the line.

use std::path::Path;

use super::call::Call;
use super::{Command, Reach, perform};
use crate::error::{Error, Kind, Result};
use crate::repl::pieces::{self, Piece};
use crate::repl::running;
use crate::repl::session::{Flow, RunningFile, Session};
use crate::repl::{ScriptOwner, StartScript};

/// How deep files may include each other.
const DEEPEST: usize = 16;

/// `\i FILE`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<Flow> {
    let shown = call.required(0)?;
    let path = session.script_path(shown);
    let text = std::fs::read(&path).map_err(|error| unreadable(shown, &path, session, error))?;
    // It reaches no farther than the file that includes it.
    let furthest = session.furthest();
    run_file(session, &decoded(text, shown)?, &path, shown, furthest).await?;
    Ok(Flow::Continue)
}

/// Runs a script that may be there; what is wrong in it is told and keeps nobody from the prompt.
pub async fn run_start_script(session: &mut Session<'_>, script: &StartScript) -> Result<Flow> {
    let shown = script.path.display().to_string();
    let text = match std::fs::read(&script.path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Flow::Continue),
        Err(error) => {
            session.ui().print_error(&Error::usage(format!("`{shown}` could not be read")).because(error));
            return Ok(Flow::Continue);
        }
    };
    let furthest = match script.owner {
        ScriptOwner::User => Reach::Beyond,
        ScriptOwner::Project => Reach::Session,
    };
    let ran = match decoded(text, &shown) {
        Ok(text) => run_file(session, &text, &script.path, &shown, furthest).await,
        Err(error) => Err(error),
    };
    match ran {
        Err(error) if error.kind() == Kind::Bug => return Err(error),
        Err(error) => session.ui().print_error(&error.hint("`pinq repl --no-init` runs no `init.sql`")),
        Ok(()) => {}
    }
    Ok(Flow::Continue)
}

/// Runs the pieces of a file until one fails or says `\q`, which ends the file and not the session.
pub async fn run_file(session: &mut Session<'_>, text: &str, path: &Path, origin: &str, furthest: Reach) -> Result<()> {
    if session.files.len() >= DEEPEST {
        return Err(Error::usage(format!("`{origin}`: files include each other too deeply")));
    }
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    session.files.push(RunningFile { folder, furthest });
    let outcome = run_pieces(session, text, origin).await;
    session.files.pop();
    outcome
}

async fn run_pieces(session: &mut Session<'_>, text: &str, origin: &str) -> Result<()> {
    for placed in pieces::placed(text) {
        match placed.piece {
            Piece::Statements(text) => {
                running::run_statements(session, text, origin, placed.lines_before).await?;
            }
            Piece::Command(line) => {
                let place = format!("{origin}:{}", placed.lines_before + 1);
                let call = Call::parse(line).map_err(|error| error.within(&place))?;
                if call.spec.reach == Reach::Beyond && session.furthest() == Reach::Session {
                    return Err(Error::usage(format!("{place}: `{line}` is refused in a project's own script"))
                        .hint("it writes files or runs programs; type it, or put it into your own `init.sql`"));
                }
                // A file that is included names its own lines.
                let names_its_place = matches!(call.spec.command, Command::Include | Command::RunQuestion);
                let outcome = Box::pin(perform(session, &call)).await;
                let is_quiet = |error: &Error| matches!(error.kind(), Kind::ClosedPipe | Kind::Interrupted);
                match outcome {
                    Ok(Flow::Leave) => return Ok(()),
                    Ok(Flow::Continue) => {}
                    Err(error) if names_its_place || is_quiet(&error) => return Err(error),
                    Err(error) => return Err(error.within(&place)),
                }
            }
        }
    }
    Ok(())
}

/// A file's text without its byte-order mark.
fn decoded(bytes: Vec<u8>, shown: &str) -> Result<String> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::usage(format!("`{shown}` is not UTF-8 text")).because(error.utf8_error()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(shown: &str, path: &Path, session: &Session<'_>, error: std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::NotFound {
        return Error::usage(format!("`{shown}` could not be read")).because(error);
    }
    let missing = Error::usage(format!("there is no file `{shown}`"));
    match session.files.last() {
        Some(_) => missing.hint(format!("it was looked for as `{}`", path.display())),
        None => missing,
    }
}
