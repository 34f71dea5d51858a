//! What a line that begins with `\` does.
//!
//! Owns the one table of commands: parsing, help and completion read it, and nothing else lists them. Each command
//! that does more than set something is a file beside it.

mod call;
mod chart;
mod complete;
mod copy;
mod describe;
mod edit;
mod explain;
mod functions;
mod help;
mod include;
mod paths;
mod questions;
mod save;
mod settings;
mod watch;

pub use complete::complete;
pub use copy::close as close_answers_file;
pub use include::run_start_script;

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

const ON_OFF: &[&str] = &["on", "off"];

const fn required(shown: &'static str, kind: ArgumentKind) -> ArgumentSpec {
    ArgumentSpec { shown, kind, presence: Presence::Required }
}

const fn optional(shown: &'static str, kind: ArgumentKind) -> ArgumentSpec {
    ArgumentSpec { shown, kind, presence: Presence::Optional }
}

/// Every command, in the order of the help.
pub static COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        name: "?",
        arguments: &[optional("COMMAND", ArgumentKind::Command)],
        about: "what commands there are, or what one does",
        group: Group::General,
        example: "\\? chart",
        reach: Reach::Session,
        command: Command::Help,
    },
    CommandSpec {
        name: "q",
        arguments: &[],
        about: "leave, or end the file that holds it",
        group: Group::General,
        example: "\\q",
        reach: Reach::Session,
        command: Command::Quit,
    },
    CommandSpec {
        name: "profile",
        arguments: &[required("TABLE", ArgumentKind::Table)],
        about: "what the values of each column are; it reads every record",
        group: Group::Looking,
        example: "\\profile pin",
        reach: Reach::Session,
        command: Command::Profile,
    },
    CommandSpec {
        name: "questions",
        arguments: &[],
        about: "the questions of the project, and those that are built in",
        group: Group::Looking,
        example: "\\questions",
        reach: Reach::Session,
        command: Command::Questions,
    },
    CommandSpec {
        name: "chart",
        arguments: &[optional("SPEC", ArgumentKind::Chart)],
        about: "a plot of the last answer",
        group: Group::Answers,
        example: "\\chart bar x=country y=posts",
        reach: Reach::Session,
        command: Command::Chart,
    },
    CommandSpec {
        name: "save",
        arguments: &[required("NAME", ArgumentKind::Word)],
        about: "keep the last statement as a question of the project",
        group: Group::Answers,
        example: "\\save posts_by_country",
        reach: Reach::Beyond,
        command: Command::Save,
    },
    CommandSpec {
        name: "save!",
        arguments: &[required("NAME", ArgumentKind::Question)],
        about: "the same, over a question that is there",
        group: Group::Answers,
        example: "\\save! posts_by_country",
        reach: Reach::Beyond,
        command: Command::SaveOver,
    },
    CommandSpec {
        name: "e",
        arguments: &[optional("FILE", ArgumentKind::Script)],
        about: "edit the last statement, or a file, and run what was saved",
        group: Group::Running,
        example: "\\e",
        reach: Reach::Beyond,
        command: Command::Edit,
    },
    CommandSpec {
        name: "d",
        arguments: &[optional("NAME", ArgumentKind::Table)],
        about: "tables and views, or the columns of one; `*` stands for any letters",
        group: Group::Looking,
        example: "\\d pin",
        reach: Reach::Session,
        command: Command::Describe,
    },
    CommandSpec {
        name: "df",
        arguments: &[optional("PATTERN", ArgumentKind::Function)],
        about: "functions, or all that is written of one",
        group: Group::Looking,
        example: "\\df date*",
        reach: Reach::Session,
        command: Command::Functions,
    },
    CommandSpec {
        name: "explain",
        arguments: &[],
        about: "run the last statement again and show what each step costs",
        group: Group::Answers,
        example: "\\explain",
        reach: Reach::Session,
        command: Command::Explain,
    },
    CommandSpec {
        name: "watch",
        arguments: &[required("SECONDS", ArgumentKind::Word)],
        about: "run the last statement again and again, and show what changed",
        group: Group::Running,
        example: "\\watch 5",
        reach: Reach::Session,
        command: Command::Watch,
    },
    CommandSpec {
        name: "copy",
        arguments: &[required("FILE", ArgumentKind::File)],
        about: "the last answer into a file, in the format that its name ends in",
        group: Group::Answers,
        example: "\\copy answer.csv",
        reach: Reach::Beyond,
        command: Command::Copy,
    },
    CommandSpec {
        name: "o",
        arguments: &[optional("FILE", ArgumentKind::File)],
        about: "the answers that follow into a file, until `\\o` alone",
        group: Group::Answers,
        example: "\\o answers.csv",
        reach: Reach::Beyond,
        command: Command::Output,
    },
    CommandSpec {
        name: "i",
        arguments: &[required("FILE", ArgumentKind::Script)],
        about: "run the statements and commands of a file",
        group: Group::Running,
        example: "\\i setup.sql",
        reach: Reach::Session,
        command: Command::Include,
    },
    CommandSpec {
        name: "run",
        arguments: &[required("NAME", ArgumentKind::Question)],
        about: "run a question by its name, its number or how it begins",
        group: Group::Running,
        example: "\\run 07",
        reach: Reach::Session,
        command: Command::RunQuestion,
    },
    CommandSpec {
        name: "param",
        arguments: &[optional("NAME", ArgumentKind::Parameter), optional("VALUE", ArgumentKind::Rest)],
        about: "give `$NAME` a value, take it back, or show those that are set",
        group: Group::Settings,
        example: "\\param country Albania",
        reach: Reach::Session,
        command: Command::Parameter,
    },
    CommandSpec {
        name: "snapshot",
        arguments: &[optional("on|off", ArgumentKind::Choice(ON_OFF))],
        about: "let all statements see the objects that are there now, or each its own",
        group: Group::Settings,
        example: "\\snapshot on",
        reach: Reach::Session,
        command: Command::Snapshot,
    },
    CommandSpec {
        name: "refresh",
        arguments: &[],
        about: "list everything anew, and look at the columns again",
        group: Group::Settings,
        example: "\\refresh",
        reach: Reach::Session,
        command: Command::Refresh,
    },
    CommandSpec {
        name: "format",
        arguments: &[optional("NAME", ArgumentKind::Format)],
        about: "how answers are written",
        group: Group::Settings,
        example: "\\format csv",
        reach: Reach::Session,
        command: Command::Format,
    },
    CommandSpec {
        name: "x",
        arguments: &[optional("on|off|auto", ArgumentKind::Choice(&["on", "off", "auto"]))],
        about: "records upright: always, never, or where they do not fit",
        group: Group::Settings,
        example: "\\x auto",
        reach: Reach::Session,
        command: Command::Upright,
    },
    CommandSpec {
        name: "timing",
        arguments: &[optional("on|off", ArgumentKind::Choice(ON_OFF))],
        about: "rows, time and origin under each answer",
        group: Group::Settings,
        example: "\\timing off",
        reach: Reach::Session,
        command: Command::Timing,
    },
    CommandSpec {
        name: "pager",
        arguments: &[optional("on|off", ArgumentKind::Choice(ON_OFF))],
        about: "long answers through the pager",
        group: Group::Settings,
        example: "\\pager off",
        reach: Reach::Session,
        command: Command::Pager,
    },
    CommandSpec {
        name: "keys",
        arguments: &[optional("emacs|vi", ArgumentKind::Choice(&["emacs", "vi"]))],
        about: "how keys are read",
        group: Group::Settings,
        example: "\\keys vi",
        reach: Reach::Session,
        command: Command::Keys,
    },
];

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
