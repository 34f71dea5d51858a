//! `\?`: the commands, from their table.
//!
//! Owns how they are laid out. It must not know any command.

use unicode_width::UnicodeWidthStr;

use super::call::{Call, find, usage};
use super::{ArgumentKind, ArgumentSpec, COMMANDS, CommandSpec, Group, Reach};
use crate::error::Result;
use crate::repl::pieces::COMMAND_MARK;
use crate::repl::session::Session;
use crate::repl::showing::show_lines;

/// Columns where there is no terminal.
const USUAL_WIDTH: usize = 80;
/// What stands before a command below its group.
const INDENT: usize = 2;
/// What a command's text is indented by where it stands below the command.
const BELOW: usize = 6;
/// Usages that are longer stand on a line of their own.
const LONGEST_USAGE: usize = 24;

const GROUPS: [(Group, &str); 5] = [
    (Group::General, "General"),
    (Group::Looking, "Looking"),
    (Group::Answers, "Answers"),
    (Group::Running, "Running"),
    (Group::Settings, "Settings"),
];

/// Shows every command, or the one that was asked for.
pub fn show(session: &Session<'_>, call: &Call) -> Result<()> {
    let width = session.ui().screen_size().map_or(USUAL_WIDTH, |size| size.width);
    let lines = match call.argument(0) {
        Some(name) => one(find(name.trim_start_matches(COMMAND_MARK))?, width),
        None => all(COMMANDS, width),
    };
    show_lines(session, &lines)
}

/// Every command below its group, in `width` columns.
fn all(commands: &[CommandSpec], width: usize) -> Vec<String> {
    let usages = commands.iter().map(|spec| usage(spec).width()).filter(|columns| *columns <= LONGEST_USAGE);
    let column = INDENT + usages.max().unwrap_or(0) + 2;
    // Beside its usage a text needs room for some words in each line.
    let has_room = width >= column + 30;
    let mut lines = Vec::new();
    for (group, heading) in GROUPS {
        let of_group: Vec<&CommandSpec> = commands.iter().filter(|spec| spec.group == group).collect();
        if of_group.is_empty() {
            continue;
        }
        lines.push(heading.to_owned());
        for spec in of_group {
            let usage = usage(spec);
            let indent = if has_room { column } else { BELOW };
            let mut about = wrapped(spec.about, width.saturating_sub(indent)).into_iter();
            if has_room && INDENT + usage.width() + 2 <= column {
                let gap = " ".repeat(column.saturating_sub(INDENT + usage.width()));
                lines.push(format!("{:INDENT$}{usage}{gap}{}", "", about.next().unwrap_or_default()));
            } else {
                lines.push(format!("{:INDENT$}{usage}", ""));
            }
            lines.extend(about.map(|line| format!("{:indent$}{line}", "")));
        }
        lines.push(String::new());
    }
    let last = format!("Statements end with `;`. `{COMMAND_MARK}? NAME` tells more of one command.");
    lines.extend(wrapped(&last, width));
    lines
}

/// One command with what can follow it and an example.
fn one(spec: &CommandSpec, width: usize) -> Vec<String> {
    let mut lines = vec![usage(spec)];
    let mut say = |text: &str| {
        lines.extend(
            wrapped(text, width.saturating_sub(INDENT)).into_iter().map(|line| format!("{:INDENT$}{line}", "")),
        );
    };
    say(spec.about);
    for argument in spec.arguments {
        if let Some(what) = stands_for(argument) {
            say(&format!("{}: {what}", argument.shown));
        }
    }
    if spec.reach == Reach::Beyond {
        say("It is refused in the `init.sql` of a project, because it writes files or runs programs.");
    }
    say(&format!("for example: {}", spec.example));
    lines
}

/// What can stand as an argument whose name does not say it all.
fn stands_for(argument: &ArgumentSpec) -> Option<&'static str> {
    match argument.kind {
        ArgumentKind::Table => Some("a table or a view"),
        ArgumentKind::Function => Some("a function, or a part of its name"),
        ArgumentKind::Command => Some("a command, with its mark or without"),
        ArgumentKind::File => Some("a path, in '...' where it holds blanks; `~/` is your home"),
        ArgumentKind::Script => Some("a file of SQL, in '...' where its path holds blanks; `~/` is your home"),
        ArgumentKind::Question => Some("a question, as `\\questions` shows them"),
        ArgumentKind::Format => Some("a format, as for `--format`"),
        ArgumentKind::Chart => Some("`bar`, `line`, `hist` or `auto`, then `x=`, `y=` and `color=` with columns"),
        ArgumentKind::Parameter => Some("a parameter, without its `$`"),
        ArgumentKind::Choice(_) | ArgumentKind::Word | ArgumentKind::Rest => None,
    }
}

/// Words in lines of at most `width` columns; a longer word has a line to itself.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_told_of_in_narrow_and_wide_terminals() {
        for width in [40, 80, 200] {
            let lines = all(COMMANDS, width);
            for line in &lines {
                assert!(line.width() <= width, "{width}: {line}");
            }
            let text = lines.join("\n");
            for spec in COMMANDS {
                assert!(text.contains(&usage(spec)), "{width}: {}", spec.name);
            }
            let headings: Vec<&str> = lines.iter().map(String::as_str).filter(|line| is_heading(line)).collect();
            assert_eq!(headings, ["General", "Looking", "Answers", "Running", "Settings"]);
        }
    }

    fn is_heading(line: &str) -> bool {
        GROUPS.iter().any(|(_, heading)| *heading == line)
    }

    #[test]
    fn examples_can_be_typed() {
        for spec in COMMANDS {
            let call = Call::parse(spec.example).unwrap_or_else(|error| panic!("{}: {}", spec.name, error.render()));
            assert_eq!(call.spec.name, spec.name, "{}", spec.example);
        }
    }

    #[test]
    fn one_command_with_an_example() {
        let run = COMMANDS.iter().find(|spec| spec.name == "run").unwrap();
        let expected = [
            "\\run NAME",
            "  run a question by its name, its number",
            "  or how it begins",
            "  NAME: a question, as `\\questions`",
            "  shows them",
            "  for example: \\run 07",
        ];
        assert_eq!(one(run, 40), expected);
    }
}
