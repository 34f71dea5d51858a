//! The table of the commands.
//!
//! Owns their names, arguments and words. What they do is in a file each.

use super::{ArgumentKind, ArgumentSpec, Command, CommandSpec, Group, Presence, Reach};

const ON_OFF: &[&str] = &["on", "off"];

const fn required(shown: &'static str, kind: ArgumentKind) -> ArgumentSpec {
    ArgumentSpec { shown, kind, presence: Presence::Required }
}

const fn optional(shown: &'static str, kind: ArgumentKind) -> ArgumentSpec {
    ArgumentSpec { shown, kind, presence: Presence::Optional }
}

/// What hands type that know psql and its like, and the command that is meant.
pub const ALIASES: [(&str, &str); 9] = [
    ("G", "gx"),
    ("dt", "d"),
    ("dv", "d"),
    ("l", "d"),
    ("h", "df"),
    ("help", "?"),
    ("quit", "q"),
    ("exit", "q"),
    ("set", "param"),
];

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
        name: "g",
        arguments: &[],
        about: "run the statement that stands before it without `;`, or the last one again",
        group: Group::Running,
        example: "\\g",
        reach: Reach::Session,
        command: Command::Go,
    },
    CommandSpec {
        name: "gx",
        arguments: &[],
        about: "the same, records upright",
        group: Group::Running,
        example: "\\gx",
        reach: Reach::Session,
        command: Command::GoUpright,
    },
    CommandSpec {
        name: "r",
        arguments: &[],
        about: "give up the statement that is being typed",
        group: Group::Running,
        example: "\\r",
        reach: Reach::Session,
        command: Command::Reset,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_comes_before_what_it_holds() {
        let looking: Vec<&str> =
            COMMANDS.iter().filter(|spec| spec.group == Group::Looking).map(|spec| spec.name).collect();
        assert_eq!(looking, ["d", "df", "profile", "questions"]);
    }
}
