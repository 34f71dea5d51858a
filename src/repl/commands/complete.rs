//! Completion of commands and their arguments, from the table.

use std::ops::Range;

use super::{ArgumentKind, COMMANDS, CommandSpec};
use crate::engine::Vocabulary;
use crate::output::Format;
use crate::repl::completion::Candidate;
use crate::repl::pieces::COMMAND_MARK;

/// What can stand at `cursor` in the line of a command.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Vec<Candidate> {
    let before = text.get(..cursor).unwrap_or(text);
    let line = before.trim_start();
    let begins = before.len() - line.len();
    let Some(line) = line.strip_prefix(COMMAND_MARK) else { return Vec::new() };
    let Some((name, rest)) = line.split_once(char::is_whitespace) else {
        let matching = COMMANDS.iter().filter(|spec| spec.name.starts_with(line));
        return matching.map(|spec| named(spec, begins..cursor)).collect();
    };
    let Some(spec) = COMMANDS.iter().find(|spec| spec.name == name) else { return Vec::new() };
    let word = rest.rsplit(char::is_whitespace).next().unwrap_or_default();
    let place = rest.split_whitespace().count().saturating_sub(usize::from(!word.is_empty()));
    let Some(argument) = spec.arguments.get(place) else { return Vec::new() };
    let from = cursor - word.len();
    let fitting = choices(argument.kind, vocabulary).into_iter().filter(|choice| choice.starts_with(word));
    let candidate = |text| Candidate { text, description: None, replaces: from..cursor, appends_blank: false };
    fitting.map(candidate).collect()
}

fn named(spec: &CommandSpec, replaces: Range<usize>) -> Candidate {
    Candidate {
        text: format!("{COMMAND_MARK}{}", spec.name),
        description: Some(spec.about.to_owned()),
        replaces,
        appends_blank: !spec.arguments.is_empty(),
    }
}

fn choices(kind: ArgumentKind, vocabulary: &Vocabulary) -> Vec<String> {
    match kind {
        ArgumentKind::Choice(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        ArgumentKind::Format => Format::ALL.iter().map(ToString::to_string).collect(),
        ArgumentKind::Table => vocabulary.table_names(),
        _ => Vec::new(),
    }
}
