//! The prompt: an interactive session over one landing.
//!
//! Owns what a line means, the session's settings and the loop. It must not decode, plan or list by itself (the
//! engine does), nor know what was on the command line.

mod answers_file;
mod changes;
mod commands;
mod completion;
mod editor;
mod interrupt;
mod pattern;
mod pieces;
mod plan_tree;
mod program;
mod refusals;
mod running;
mod session;
mod showing;
#[cfg(test)]
mod tests;
mod wrapping;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::output::{Format, Formulas};
use crate::sql::Parameters;
use crate::ui::{TypedAhead, Ui};

use editor::{Editor, Line};
pub use editor::{EditorOptions, Keys, Surface, leave_line};
use pieces::Piece;
pub use pieces::first_command;
use session::{Flow, LeftBehind, Privacy, Session};
pub use session::{Places, Programs};

/// What a prompt is opened with.
pub struct ReplOptions {
    /// The first values of `$NAME`.
    pub parameters: Parameters,
    /// How answers are written; a table where it is not said.
    pub format: Option<Format>,
    /// What becomes of cells of csv and tsv that a spreadsheet would compute.
    pub formulas: Formulas,
    /// How lines are read.
    pub editor: EditorOptions,
    /// Files that are run before the first prompt, where they exist, and what each may do.
    pub scripts: Vec<StartScript>,
    /// Folders that commands know.
    pub places: Places,
    /// Programs that commands start.
    pub programs: Programs,
    /// When the process began, in seconds since 1970, UTC.
    pub began: Option<i64>,
}

/// A file that is run before the first prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartScript {
    /// Where it may be.
    pub path: PathBuf,
    /// Whose it is.
    pub owner: ScriptOwner,
}

/// Whose a script is that runs by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptOwner {
    /// The user's own: it may do what the user may.
    User,
    /// The folder's: whoever made the folder must not reach beyond the session.
    Project,
}

/// Reads lines and does what they say until the user leaves.
///
/// # Errors
/// The terminal fails. What a line does wrong is told and ends nothing.
pub async fn run(ui: &Ui, engine: Engine, options: ReplOptions) -> Result<()> {
    let ReplOptions { parameters, format, formulas, editor, scripts, places, programs, began } = options;
    // Between lines keys wait for the next one, where lines are read key by key.
    let _typed_ahead = (editor.surface == Surface::Painted).then(TypedAhead::keep);
    let mut session = Session::new(ui, Arc::new(engine), parameters, places, programs);
    session.surface = editor.surface;
    session.settings.format = format.unwrap_or(session.settings.format);
    session.settings.formulas = formulas;
    session.began = began.map(|began| (began, Instant::now()));
    converse(&mut session, editor, &scripts).await?;
    commands::close_answers_file_at_exit(&mut session).await
}

/// Runs the scripts, then what is typed.
async fn converse(session: &mut Session<'_>, editor: EditorOptions, scripts: &[StartScript]) -> Result<()> {
    for script in scripts {
        if commands::run_start_script(session, script).await? == Flow::Leave {
            return Ok(());
        }
    }
    let (mut editor, trouble) = Editor::open(editor, session.vocabulary(), session.surroundings());
    if let Some(trouble) = trouble {
        let cause = std::error::Error::source(&trouble).map(|cause| format!(": {cause}")).unwrap_or_default();
        session.ui().warning(&format!("{trouble}{cause}; lines are kept for this session only"));
    }
    session.learn_names();
    loop {
        session.update_surroundings();
        let left_behind = std::mem::take(&mut session.left_behind);
        let (back, line) = read(session.ui(), editor, session.keys(), left_behind).await?;
        editor = back;
        let text = match line {
            Line::Text(text) => text,
            Line::Cleared => continue,
            Line::End => return Ok(()),
        };
        if run_text(session, &text).await? == Flow::Leave {
            return Ok(());
        }
    }
}

/// Does what `text` says, piece by piece; the first that fails is told and ends it.
async fn run_text(session: &mut Session<'_>, text: &str) -> Result<Flow> {
    session.line_privacy = Privacy::of(text);
    for placed in pieces::placed(text) {
        let outcome = match placed.piece {
            Piece::Command(line) => commands::run(session, line).await,
            Piece::Open(text) => {
                session.open = Some((text.to_owned(), placed.lines_before));
                Ok(Flow::Continue)
            }
            Piece::Statements(text) => {
                let ran = running::run_statements(session, text, "<prompt>", placed.lines_before).await;
                ran.map(|()| Flow::Continue)
            }
        };
        match outcome {
            Ok(Flow::Continue) => {}
            Ok(Flow::Leave) => return Ok(Flow::Leave),
            Err(error) if error.kind() == Kind::ClosedPipe && session.output_is_lost() => return Err(error),
            Err(error) => {
                session.ui().print_error(&error);
                break;
            }
        }
    }
    // A command that was not about the statement before it leaves that to be gone on with.
    session.left_behind.draft =
        session.open.take().map(|(text, _)| text.trim_end().to_owned()).or(session.left_behind.draft.take());
    Ok(Flow::Continue)
}

/// Waits for a line on a thread of its own, where waiting blocks nobody.
async fn read(ui: &Ui, mut editor: Editor, keys: Keys, left_behind: LeftBehind) -> Result<(Editor, Line)> {
    // Whoever was told to end while a pager or an editor had this thread does so here, before the terminal is taken again.
    tokio::task::yield_now().await;
    let giving_up = editor.giving_up();
    let mut reading = tokio::task::spawn_blocking(move || {
        editor.use_keys(keys);
        left_behind.entry.iter().for_each(|text| editor.remember(text));
        let line = editor.read(left_behind.draft.as_deref());
        (editor, line)
    });
    let read = loop {
        tokio::select! {
            read = &mut reading => break read,
            received = tokio::signal::ctrl_c(), if giving_up.is_some() => {
                if let (Ok(()), Some(giving_up)) = (received, &giving_up) {
                    giving_up.store(true, Ordering::Relaxed);
                    ui.prompt_again(editor::FIRST);
                }
            }
        }
    };
    let (editor, line) = read.map_err(|error| Error::bug("reading a line failed").because(error))?;
    Ok((editor, line?))
}
