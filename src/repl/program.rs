//! Programs of the user that take the terminal over for a while.
//!
//! Owns that they get the terminal as it is, and that it is right again when they have gone, whatever they did to it.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::session::Session;
use crate::error::{Error, Result};
use crate::ui::{Programs, TerminalState};

/// Lets the user edit a file, and waits until that is done.
///
/// # Errors
/// There is no such editor, or it failed: then the user did not mean what stands in the file.
pub async fn edit(session: &Session<'_>, path: &Path) -> Result<()> {
    let editor = session.programs.editor.clone();
    let file = path.to_str().ok_or_else(|| Error::usage(format!("`{}` is no text", path.display())))?;
    let line = format!("{editor} {}", shell_word(file));
    // Where answers go to a file, the editor still is for the screen.
    let is_answers_screen = session.ui().options().width.is_some();
    let programs = session.ui().programs().clone();
    let running = tokio::task::spawn_blocking(move || run(&line, is_answers_screen, &programs));
    let ended = running.await.map_err(|error| Error::bug("waiting for the editor failed").because(error))?;
    let status = ended.map_err(|error| Error::statement(format!("`{editor}` could not be started")).because(error))?;
    if status.success() {
        return Ok(());
    }
    let error = Error::statement(format!("the editor `{editor}` failed, so nothing is run: {status}"));
    // What shells say of a command that is not there.
    Err(match status.code() {
        Some(126 | 127) => error.hint("name another one with the variable `EDITOR`, such as `EDITOR=nano`"),
        _ => error,
    })
}

/// A word that a shell reads as `text`.
fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(unix)]
fn run(line: &str, is_answers_screen: bool, programs: &Programs) -> std::io::Result<ExitStatus> {
    use std::os::fd::AsFd;

    let before = TerminalState::read();
    before.lend();
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    if !is_answers_screen {
        command.stdout(Stdio::from(std::io::stderr().as_fd().try_clone_to_owned()?));
    }
    let ended = command.spawn().and_then(|mut child| {
        // Until the terminal is right again.
        let has_terminal = programs.note(&child);
        child.wait().map(|status| (status, has_terminal))
    });
    // That it can't be put right is what the next line finds out.
    let _unheard = before.put_back();
    ended.map(|(status, _has_terminal)| status)
}

#[cfg(not(unix))]
fn run(line: &str, _is_answers_screen: bool, _programs: &Programs) -> std::io::Result<ExitStatus> {
    Command::new("cmd").arg("/C").arg(line).stdin(Stdio::inherit()).status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_word_as_it_is() {
        for text in ["plain", "two words", "it's", "$HOME `id` \"x\"", "a\\b"] {
            let shown = Command::new("sh").arg("-c").arg(format!("printf %s {}", shell_word(text))).output().unwrap();
            assert_eq!(String::from_utf8(shown.stdout).unwrap(), text);
        }
    }
}
