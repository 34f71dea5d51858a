//! FILE arguments: a file, a folder of `.sql` files, or `-`.

use std::io::Read;
use std::path::Path;

use crate::config::Environment;
use crate::error::{Error, Result};
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
            let bytes = read.map_err(|error| unreadable("-", error))?;
            inputs.push(Input::of_text("stdin", &text(bytes, "-")?, "-"));
            continue;
        }
        let path = environment.resolve(file);
        if path.is_dir() {
            read_folder(file, &path, &mut inputs)?;
        } else {
            inputs.push(read_file(file, &path)?);
        }
    }
    Ok(inputs)
}

fn read_folder(shown: &str, folder: &Path, inputs: &mut Vec<Input>) -> Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(shown, error))? {
        let path = entry.map_err(|error| unreadable(shown, error))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") && path.is_file() {
            names.push(path);
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("the folder `{shown}` holds no `.sql` file")));
    }
    names.sort();
    for path in names {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        inputs.push(read_file(&format!("{}/{name}", shown.trim_end_matches('/')), &path)?);
    }
    Ok(())
}

fn read_file(shown: &str, path: &Path) -> Result<Input> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(shown, error))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Input::of_text(&name, &text(bytes, shown)?, shown))
}

fn text(bytes: Vec<u8>, shown: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| Error::usage(format!("`{shown}` is not UTF-8 text")).because(error))
}

fn unreadable(shown: &str, error: std::io::Error) -> Error {
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    let message = if missing { format!("there is no file `{shown}`") } else { format!("`{shown}` could not be read") };
    let error = if missing { Error::usage(message) } else { Error::usage(message).because(error) };
    if missing && shown.contains('*') {
        return error.hint("no file fits the pattern, so the shell passed it on as it is");
    }
    if missing { error.hint("`pinq run --questions` runs the questions that are built in") } else { error }
}
