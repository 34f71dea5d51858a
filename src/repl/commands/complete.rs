//! Completion of commands and their arguments, from the table.
//!
//! Owns which word of the line is being typed, and what can stand there. It must not touch the network: files are
//! looked for in one folder, and names are those that are known.

use std::ops::Range;

use super::paths::{self, QuoteEnd, Wanted, quoted};
use super::{ArgumentKind, COMMANDS, CommandSpec, questions};
use crate::engine::Vocabulary;
use crate::output::Format;
use crate::repl::completion::Candidate;
use crate::repl::pieces::COMMAND_MARK;
use crate::repl::session::Surroundings;

/// Questions whose titles are read.
const MOST_TITLES: usize = 40;

/// What can stand at `cursor` in the line of a command.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary, surroundings: &Surroundings) -> Vec<Candidate> {
    let before = text.get(..cursor).unwrap_or(text);
    let line = before.trim_start();
    let begins = before.len() - line.len();
    let Some(line) = line.strip_prefix(COMMAND_MARK) else { return Vec::new() };
    let Some((name, rest)) = line.split_once(char::is_whitespace) else {
        let matching = COMMANDS.iter().filter(|spec| spec.name.starts_with(line));
        return matching.map(|spec| named(spec, begins..cursor)).collect();
    };
    let Some(spec) = COMMANDS.iter().find(|spec| spec.name == name) else { return Vec::new() };
    let Some(word) = word_at_end(rest) else { return Vec::new() };
    let last = spec.arguments.last().filter(|last| last.kind.takes_the_rest());
    let Some(argument) = spec.arguments.get(word.place).or(last) else { return Vec::new() };
    let replaces = before.len() - rest.len() + word.start..before.len();
    let more_follows = spec.arguments.len() > word.place + 1;
    let choices = choices(argument.kind, &word, vocabulary, surroundings);
    let candidate = |choice: Choice| Candidate {
        text: match argument.kind.takes_the_rest() {
            // The rest of a line is read as it stands.
            true => choice.text,
            false => quoted(&choice.text, choice.end, word.is_quoted),
        },
        description: choice.description,
        replaces: replaces.clone(),
        appends_blank: more_follows && choice.end == QuoteEnd::Closed,
    };
    choices.into_iter().map(candidate).collect()
}

/// The word that is being typed.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    /// Which argument it is, from 0.
    place: usize,
    /// The byte at which it begins, its quote included.
    start: usize,
    /// What it says, without quotes.
    value: String,
    is_quoted: bool,
}

/// Something that a word can become.
struct Choice {
    text: String,
    description: Option<String>,
    end: QuoteEnd,
}

impl Choice {
    fn plain(text: impl Into<String>) -> Choice {
        Choice { text: text.into(), description: None, end: QuoteEnd::Closed }
    }
}

/// The word at the end of `text`, empty after a blank; none right behind a quote that is closed.
fn word_at_end(text: &str) -> Option<Word> {
    let mut place = 0;
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let word = rest.trim_start();
        let start = at + rest.len() - word.len();
        let Some(inside) = word.strip_prefix('\'') else {
            let Some(end) = word.find(char::is_whitespace) else {
                return Some(Word { place, start, value: word.to_owned(), is_quoted: false });
            };
            at = start + end;
            place += 1;
            continue;
        };
        let mut end = None;
        let mut letters = inside.char_indices().peekable();
        while let Some((offset, letter)) = letters.next() {
            if letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_none() {
                end = Some(offset);
                break;
            }
        }
        let Some(end) = end else {
            return Some(Word { place, start, value: inside.replace("''", "'"), is_quoted: true });
        };
        at = start + end + 2;
        place += 1;
        if at >= text.len() {
            return None;
        }
    }
}

fn named(spec: &CommandSpec, replaces: Range<usize>) -> Candidate {
    Candidate {
        text: format!("{COMMAND_MARK}{}", spec.name),
        description: Some(spec.about.to_owned()),
        replaces,
        appends_blank: !spec.arguments.is_empty(),
    }
}

fn choices(kind: ArgumentKind, word: &Word, vocabulary: &Vocabulary, surroundings: &Surroundings) -> Vec<Choice> {
    let typed = word.value.as_str();
    let fitting = |names: Vec<String>| -> Vec<Choice> {
        names.into_iter().filter(|name| name.starts_with(typed)).map(Choice::plain).collect()
    };
    match kind {
        ArgumentKind::Choice(words) => fitting(words.iter().map(|word| (*word).to_owned()).collect()),
        ArgumentKind::Format => fitting(Format::ALL.iter().map(ToString::to_string).collect()),
        ArgumentKind::Table => fitting(vocabulary.table_names()),
        ArgumentKind::Function => functions(typed, vocabulary),
        ArgumentKind::Parameter => fitting(surroundings.parameters.clone()),
        ArgumentKind::Command => commands(typed),
        ArgumentKind::Question => of_questions(typed, surroundings),
        ArgumentKind::File => files(typed, surroundings, Wanted::Everything),
        ArgumentKind::Script => files(typed, surroundings, Wanted::Scripts),
        ArgumentKind::Chart => chart(word, surroundings),
        ArgumentKind::Word | ArgumentKind::Rest => Vec::new(),
    }
}

fn functions(typed: &str, vocabulary: &Vocabulary) -> Vec<Choice> {
    let fitting = vocabulary.functions.iter().filter(|function| function.name.starts_with(typed));
    fitting
        .map(|function| Choice {
            description: Some(function.signature.clone()),
            ..Choice::plain(function.name.as_str())
        })
        .collect()
}

fn commands(typed: &str) -> Vec<Choice> {
    let mark = if typed.starts_with(COMMAND_MARK) { COMMAND_MARK.to_string() } else { String::new() };
    let choice = |spec: &CommandSpec| Choice {
        text: format!("{mark}{}", spec.name),
        description: Some(spec.about.to_owned()),
        end: QuoteEnd::Closed,
    };
    COMMANDS.iter().map(choice).filter(|choice| choice.text.starts_with(typed)).collect()
}

/// A kind of chart as the first word, then what shows which column.
fn chart(word: &Word, surroundings: &Surroundings) -> Vec<Choice> {
    const KINDS: [&str; 4] = ["bar", "line", "hist", "auto"];
    const SHOWN: [&str; 3] = ["x=", "y=", "color="];
    let typed = word.value.as_str();
    let Some((key, _)) = typed.split_once('=') else {
        let kinds = KINDS.iter().filter(|_| word.place == 0).map(|kind| Choice::plain(*kind));
        let shown = SHOWN.iter().map(|key| Choice { end: QuoteEnd::Open, ..Choice::plain(*key) });
        return kinds.chain(shown).filter(|choice| choice.text.starts_with(typed)).collect();
    };
    // Of several columns the last one is being typed.
    let before = typed.rfind(',').map_or(key.len() + 1, |comma| comma + 1);
    let before = typed.get(..before).unwrap_or_default();
    let named = |column: &String| {
        let plain = column.chars().all(|one| one.is_alphanumeric() || one == '_');
        let column = if plain { column.clone() } else { format!("\"{column}\"") };
        Choice::plain(format!("{before}{column}"))
    };
    surroundings.columns.iter().map(named).filter(|choice| choice.text.starts_with(typed)).collect()
}

fn of_questions(typed: &str, surroundings: &Surroundings) -> Vec<Choice> {
    let mut known = questions::known(&surroundings.places);
    known.retain(|question| question.name.starts_with(typed));
    let choice = |(number, question): (usize, questions::Question)| Choice {
        description: if number < MOST_TITLES { question.title() } else { None },
        text: question.name,
        end: QuoteEnd::Closed,
    };
    known.into_iter().enumerate().map(choice).collect()
}

fn files(typed: &str, surroundings: &Surroundings, wanted: Wanted) -> Vec<Choice> {
    let choice = |offered: paths::OfferedPath| Choice {
        text: offered.path,
        description: None,
        end: if offered.is_folder { QuoteEnd::Open } else { QuoteEnd::Closed },
    };
    paths::offered(typed, &surroundings.places, wanted).into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::repl::session::Places;

    fn surroundings(folder: &Path) -> Surroundings {
        let places = Places { working_folder: folder.to_path_buf(), home: None, questions: folder.join("queries") };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Surroundings { places, parameters: names(&["country", "year"]), columns: names(&["post_year", "two words"]) }
    }

    /// The line after each candidate was taken, with the cursor at its end.
    fn completed(line: &str, folder: &Path) -> Vec<String> {
        let found = complete(line, line.len(), &Vocabulary::default(), &surroundings(folder));
        found.into_iter().map(|it| format!("{}{}", &line[..it.replaces.start], it.text)).collect()
    }

    #[test]
    fn the_word_that_is_typed() {
        let word = |text: &str| word_at_end(text).map(|word| (word.place, word.start, word.value));
        assert_eq!(word(""), Some((0, 0, String::new())));
        assert_eq!(word("ab"), Some((0, 0, "ab".to_owned())));
        assert_eq!(word("ab "), Some((1, 3, String::new())));
        assert_eq!(word("'a b"), Some((0, 0, "a b".to_owned())));
        assert_eq!(word("x 'it''s a"), Some((1, 2, "it's a".to_owned())));
        assert_eq!(word("'a b'"), None);
        assert_eq!(word("'a b' c"), Some((1, 6, "c".to_owned())));
        assert_eq!(word("'ä' ö"), Some((1, 5, "ö".to_owned())));
    }

    #[test]
    fn commands_and_choices() {
        let nowhere = Path::new("/nowhere");
        assert_eq!(completed("\\ti", nowhere), ["\\timing"]);
        assert_eq!(completed("  \\ti", nowhere), ["  \\timing"]);
        assert_eq!(completed("\\timing o", nowhere), ["\\timing on", "\\timing off"]);
        assert_eq!(completed("\\format nd", nowhere), ["\\format ndjson"]);
        assert_eq!(completed("\\format ND", nowhere), Vec::<String>::new());
        assert_eq!(completed("\\param y", nowhere), ["\\param year"]);
        assert_eq!(completed("\\param year 20", nowhere), Vec::<String>::new());
        assert_eq!(completed("\\? tim", nowhere), ["\\? timing"]);
        assert_eq!(completed("\\? \\tim", nowhere), ["\\? \\timing"]);
        assert_eq!(completed("\\run 07", nowhere), ["\\run 07_users_joined_by_year"]);
        assert_eq!(completed("\\nothing a", nowhere), Vec::<String>::new());
    }

    #[test]
    fn charts_of_the_last_answer() {
        let nowhere = Path::new("/nowhere");
        assert_eq!(completed("\\chart b", nowhere), ["\\chart bar"]);
        assert_eq!(completed("\\chart bar ", nowhere), ["\\chart bar x=", "\\chart bar y=", "\\chart bar color="]);
        assert_eq!(completed("\\chart bar x=p", nowhere), ["\\chart bar x=post_year"]);
        assert_eq!(completed("\\chart y=post_year,", nowhere).last().unwrap(), "\\chart y=post_year,\"two words\"");
    }

    #[test]
    fn files_are_quoted_as_the_command_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("my files")).unwrap();
        std::fs::write(folder.path().join("my files/it's.sql"), "").unwrap();
        assert_eq!(completed("\\i my", folder.path()), ["\\i 'my files/"]);
        assert_eq!(completed("\\i 'my files/", folder.path()), ["\\i 'my files/it''s.sql'"]);
        let line = "\\i 'my files/it''s.sql'";
        assert_eq!(super::super::call::Call::parse(line).unwrap().argument(0), Some("my files/it's.sql"));
    }
}
