//! What a line that begins with `\` does.
//!
//! Owns the form of the one table of commands: parsing, help and completion read it, and nothing else lists them.
//! Each command that does more than set something is a file beside it.

mod call;
mod chart;
mod complete;
mod copy;
mod describe;
mod edit;
mod explain;
mod functions;
mod go;
mod help;
mod include;
mod last_rows;
mod paths;
mod questions;
mod save;
mod script_text;
mod settings;
mod table;
mod watch;

pub use complete::complete;
pub use copy::close_at_exit as close_answers_file_at_exit;
pub use include::run_start_script;
pub use table::{ALIASES, COMMANDS};

use super::session::{Flow, Session};
use crate::error::Result;
use call::Call;

/// A command as it is typed and told of.
pub struct CommandSpec {
    /// Its name without the mark.
    pub name: &'static str,
    /// What may follow it.
    pub arguments: &'static [ArgumentSpec],
    /// What it does, in one line.
    pub about: &'static str,
    /// Where help shows it.
    pub group: Group,
    /// A line that can be typed as it stands.
    pub example: &'static str,
    /// How far it reaches.
    pub reach: Reach,
    /// Which one it is.
    pub command: Command,
}

/// Where help shows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Help, leaving, files.
    General,
    /// What there is to ask for.
    Looking,
    /// What is done with an answer.
    Answers,
    /// What runs statements.
    Running,
    /// What lasts for the session.
    Settings,
}

/// Something that follows a command.
pub struct ArgumentSpec {
    /// As help shows it: `NAME`.
    pub shown: &'static str,
    /// What can stand there.
    pub kind: ArgumentKind,
    /// Whether it can be left out.
    pub presence: Presence,
}

/// What can stand as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// A table or a view.
    Table,
    /// A function, or a pattern of its name.
    Function,
    /// A command, with its mark or without.
    Command,
    /// A path.
    File,
    /// A path of SQL.
    Script,
    /// A question of the project, or one that is built in.
    Question,
    /// An output format.
    Format,
    /// A parameter that is set.
    Parameter,
    /// What a chart shows, on the rest of the line.
    Chart,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Anything in one word.
    Word,
    /// The rest of the line.
    Rest,
}

impl ArgumentKind {
    /// Whether it is all that is left of the line.
    pub fn takes_the_rest(self) -> bool {
        matches!(self, ArgumentKind::Rest | ArgumentKind::Chart)
    }
}

/// Whether an argument can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It can't.
    Required,
    /// It can.
    Optional,
}

/// How far a command reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It changes the session or shows something.
    Session,
    /// It writes files or runs programs: a project's own script must not.
    Beyond,
}

/// The commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Quit,
    Include,
    Go,
    GoUpright,
    Reset,
    Edit,
    Save,
    SaveOver,
    Questions,
    RunQuestion,
    Chart,
    Profile,
    Describe,
    Functions,
    Explain,
    Watch,
    Copy,
    Output,
    Format,
    Upright,
    Timing,
    Pager,
    Parameter,
    Snapshot,
    Refresh,
    Keys,
}

/// Does what the line says.
///
/// # Errors
/// There is no such command, its arguments are wrong, or what it does fails.
pub async fn run(session: &mut Session<'_>, line: &str) -> Result<Flow> {
    let call = Call::parse(line)?;
    perform(session, &call).await
}

async fn perform(session: &mut Session<'_>, call: &Call) -> Result<Flow> {
    match call.spec.command {
        Command::Quit => return Ok(Flow::Leave),
        Command::Help => help::show(session, call)?,
        Command::Include => return include::run(session, call).await,
        Command::Go => go::run(session).await?,
        Command::GoUpright => go::upright(session).await?,
        Command::Reset => go::reset(session),
        Command::Edit => return edit::run(session, call).await,
        Command::Save => save::run(session, call, save::Existing::Stays)?,
        Command::SaveOver => save::run(session, call, save::Existing::Goes)?,
        Command::Chart => chart::chart(session, call).await?,
        Command::Profile => chart::profile(session, call).await?,
        Command::Questions => questions::show(session)?,
        Command::RunQuestion => questions::run(session, call).await?,
        Command::Describe => describe::run(session, call).await?,
        Command::Functions => functions::run(session, call)?,
        Command::Explain => explain::run(session).await?,
        Command::Watch => watch::run(session, call).await?,
        Command::Copy => copy::copy(session, call).await?,
        Command::Output => copy::output(session, call).await?,
        Command::Format => settings::format(session, call)?,
        Command::Upright => settings::upright(session, call)?,
        Command::Timing => settings::timing(session, call)?,
        Command::Pager => settings::pager(session, call)?,
        Command::Parameter => settings::parameter(session, call)?,
        Command::Snapshot => settings::snapshot(session, call)?,
        Command::Refresh => settings::refresh(session),
        Command::Keys => settings::keys(session, call)?,
    }
    Ok(Flow::Continue)
}
