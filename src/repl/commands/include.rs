//! Files of statements and commands: `\i`, and the scripts that run before the first prompt.

use super::call::Call;
use super::{Reach, perform};
use crate::error::{Error, Kind, Result};
use crate::repl::pieces::{self, Piece};
use crate::repl::running;
use crate::repl::session::{Flow, Session};
use crate::repl::{ScriptOwner, StartScript};

/// How deep files may include each other.
const DEEPEST: usize = 16;

/// `\i FILE`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<Flow> {
    let shown = call.required(0)?;
    let path = session.path(shown);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::usage(format!("`{shown}` could not be read")).because(error))?;
    run_file(session, &text, shown, Reach::Beyond).await
}

/// Runs a script that may be there; what is wrong in it is told and keeps nobody from the prompt.
pub async fn run_start_script(session: &mut Session<'_>, script: &StartScript) -> Result<Flow> {
    let text = match std::fs::read_to_string(&script.path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Flow::Continue),
        Err(error) => {
            let unreadable = Error::usage(format!("`{}` could not be read", script.path.display())).because(error);
            session.ui().print_error(&unreadable);
            return Ok(Flow::Continue);
        }
    };
    let furthest = match script.owner {
        ScriptOwner::User => Reach::Beyond,
        ScriptOwner::Project => Reach::Session,
    };
    let ran = run_file(session, &text, &script.path.display().to_string(), furthest).await;
    ran.or_else(|error| {
        if error.kind() == Kind::Bug {
            return Err(error);
        }
        session.ui().print_error(&error);
        Ok(Flow::Continue)
    })
}

async fn run_file(session: &mut Session<'_>, text: &str, origin: &str, furthest: Reach) -> Result<Flow> {
    if session.depth >= DEEPEST {
        return Err(Error::usage(format!("`{origin}`: files include each other too deeply")));
    }
    session.depth += 1;
    let outcome = run_pieces(session, text, origin, furthest).await;
    session.depth -= 1;
    outcome
}

async fn run_pieces(session: &mut Session<'_>, text: &str, origin: &str, furthest: Reach) -> Result<Flow> {
    for piece in pieces::pieces(text) {
        match piece {
            Piece::Statements(text) => running::run_statements(session, text, origin).await?,
            Piece::Command(line) => {
                let call = Call::parse(line).map_err(|error| error.within(origin))?;
                if call.spec.reach == Reach::Beyond && furthest == Reach::Session {
                    return Err(Error::usage(format!("{origin}: `{line}` is refused in a project's own script"))
                        .hint("it writes files or runs programs; type it, or put it into your own `init.sql`"));
                }
                if Box::pin(perform(session, &call)).await? == Flow::Leave {
                    return Ok(Flow::Leave);
                }
            }
        }
    }
    Ok(Flow::Continue)
}
