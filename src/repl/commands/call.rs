//! A command's line: which one it is, and its arguments.
//!
//! Owns the form: words between blanks, `'...'` with `''` for a quote where a word holds blanks.

use super::{ALIASES, ArgumentKind, COMMANDS, CommandSpec, Presence};
use crate::error::{Error, Result};
use crate::repl::pieces::COMMAND_MARK;
use crate::spelling::nearest;

/// A command with its arguments.
pub struct Call {
    /// Which one.
    pub spec: &'static CommandSpec,
    arguments: Vec<String>,
}

impl Call {
    /// Reads a line.
    ///
    /// # Errors
    /// There is no such command, or it takes other arguments.
    pub fn parse(line: &str) -> Result<Call> {
        let line = line.trim().trim_start_matches(COMMAND_MARK);
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        // Whoever comes from psql ends a command as a statement.
        let (name, rest) = match rest.is_empty() {
            true => (name.trim_end_matches(';'), rest),
            false => (name, rest.trim().trim_end_matches(';')),
        };
        let spec = find(name)?;
        let arguments = arguments(spec, rest)?;
        Ok(Call { spec, arguments })
    }

    /// The argument of that place, from 0, if it was given.
    pub fn argument(&self, place: usize) -> Option<&str> {
        self.arguments.get(place).map(String::as_str)
    }

    /// The argument of that place, which the table says is required.
    pub fn required(&self, place: usize) -> Result<&str> {
        self.argument(place).ok_or_else(|| Error::bug("a command was run without an argument that it needs"))
    }
}

/// `\name ARGUMENT [ARGUMENT]`.
pub fn usage(spec: &CommandSpec) -> String {
    let mut text = format!("{COMMAND_MARK}{}", spec.name);
    for argument in spec.arguments {
        let shown = argument.shown;
        text.push_str(&match argument.presence {
            Presence::Required => format!(" {shown}"),
            Presence::Optional => format!(" [{shown}]"),
        });
    }
    text
}

/// The command of that name, without its mark.
pub fn find(name: &str) -> Result<&'static CommandSpec> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, meant)| meant);
    if let Some(spec) = COMMANDS.iter().find(|spec| spec.name == name) {
        return Ok(spec);
    }
    let error = Error::usage(format!("there is no command `{COMMAND_MARK}{name}`"));
    let names: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
    let error = match nearest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{COMMAND_MARK}{near}`?")),
        None => error,
    };
    Err(error.hint(format!("`{COMMAND_MARK}?` shows all commands")))
}

fn arguments(spec: &CommandSpec, text: &str) -> Result<Vec<String>> {
    let wrong = |what: String| {
        Error::usage(format!("`{COMMAND_MARK}{}`: {what}", spec.name)).hint(format!("write `{}`", usage(spec)))
    };
    let mut found = Vec::new();
    let mut rest = text.trim();
    for argument in spec.arguments {
        if rest.is_empty() {
            if argument.presence == Presence::Required {
                return Err(wrong(format!("{} is missing", argument.shown)));
            }
            break;
        }
        if argument.kind.takes_the_rest() {
            found.push(rest.to_owned());
            rest = "";
            break;
        }
        let (word, left) = word(rest).ok_or_else(|| wrong("a quote is not closed".to_owned()))?;
        if let ArgumentKind::Choice(words) = argument.kind
            && !words.contains(&word.as_str())
        {
            return Err(wrong(format!("`{word}` is none of {}", words.join(", "))));
        }
        found.push(word);
        rest = left.trim_start();
    }
    if rest.is_empty() { Ok(found) } else { Err(wrong(format!("`{rest}` is too much"))) }
}

/// The first word of `text` without its quotes, and what follows; none where a quote is open.
fn word(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        return Some((word.to_owned(), rest));
    };
    let mut word = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                word.push('\'');
                rest = more;
            }
            None => return Some((word, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (&'static str, Vec<String>) {
        let call = Call::parse(line).unwrap();
        (call.spec.name, call.arguments)
    }

    fn refused(line: &str) -> String {
        Call::parse(line).err().unwrap().render()
    }

    #[test]
    fn words_and_quotes() {
        assert_eq!(parsed("\\i 'a file''s name.sql'"), ("i", vec!["a file's name.sql".to_owned()]));
        assert_eq!(
            parsed("\\param year 2020 and more"),
            ("param", vec!["year".to_owned(), "2020 and more".to_owned()])
        );
        assert_eq!(parsed("\\q;"), ("q", vec![]));
        assert_eq!(parsed("  \\x  auto ;"), ("x", vec!["auto".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(refused("\\tming").contains("did you mean `\\timing`?"));
        assert!(refused("\\i").contains("FILE is missing\nhint: write `\\i FILE`"), "{}", refused("\\i"));
        assert!(refused("\\x maybe").contains("`maybe` is none of on, off, auto"));
        assert!(refused("\\q now").contains("`now` is too much"));
        assert!(refused("\\i 'a").contains("a quote is not closed"));
    }

    #[test]
    fn other_names_are_of_commands_and_no_commands_themselves() {
        for (alias, meant) in ALIASES {
            assert_eq!(find(alias).ok().map(|spec| spec.name), Some(meant), "{alias}");
            assert!(COMMANDS.iter().all(|spec| spec.name != alias), "{alias}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COMMANDS.len());
    }
}
