//! FILE arguments: a file, a folder of `.sql` files, or `-`.

use std::io::Read;

use crate::config::Environment;
use crate::error::{Error, Result};
use crate::questions;
use crate::repl;
use crate::sql::{self, SourceStatement};

/// The statements of one file, and the name that its answers get.
#[derive(Debug)]
pub struct Input {
    /// The file's name without folder and extension.
    pub name: String,
    /// What it holds, or why it could not be split.
    pub statements: Result<Vec<SourceStatement>>,
}

impl Input {
    /// The statements of `text`.
    pub fn of_text(name: &str, text: &str, origin: &str) -> Input {
        let statements = match repl::first_command(text) {
            Some((line, command)) => Err(Error::statement(format!(
                "{origin}:{line}: `{command}` is a command of the prompt"
            ))
            .hint("commands work where `pinq` is a prompt, on a terminal; `\\i FILE` runs a file of them there")),
            None => sql::split(text, origin),
        };
        Input { name: name.to_owned(), statements }
    }
}

/// Reads FILE arguments in the order given; a folder's files in the order of their names.
pub async fn read(files: &[String], environment: &Environment) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for file in files {
        if file == "-" {
            // On a thread of its own, so that waiting for a writer can be interrupted.
            let reading = tokio::task::spawn_blocking(|| {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
            });
            let read = reading.await.map_err(|error| Error::bug("reading standard input failed").because(error))?;
            let bytes = read.map_err(|error| questions::unreadable("-", error))?;
            inputs.push(Input::of_text("stdin", &questions::text(bytes, "-")?, "-"));
            continue;
        }
        let path = environment.resolve(file);
        let read = questions::read(file, &path).map_err(|error| match (path.exists(), file.contains('*')) {
            (true, _) => error,
            (false, true) => error.hint("no file fits the pattern, so the shell passed it on as it is"),
            (false, false) => error.hint("`pinq run --questions` runs the questions that are built in"),
        })?;
        inputs.extend(read.iter().map(|file| Input::of_text(&file.name, &file.text, &file.origin)));
    }
    Ok(inputs)
}
