//! Files of statements and commands: `\i`, and the scripts that run before the first prompt.
//!
//! Owns what holds while a file is run: where the files that it names are, how far its commands reach, and that its
//! errors name it with the line.

use std::path::Path;

use super::call::Call;
use super::script_text;
use super::{Command, Reach, perform};
use crate::error::{Error, Kind, Result};
use crate::repl::pieces::{self, Piece};
use crate::repl::running;
use crate::repl::session::{Flow, RunningFile, Session};
use crate::repl::{ScriptOwner, StartScript};

/// How deep files may include each other.
const DEEPEST: usize = 16;

/// `\i FILE`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<Flow> {
    let shown = call.required(0)?;
    let path = session.script_path(shown);
    let text = script_text::bytes(&path).map_err(|error| unreadable(shown, &path, session, error))?;
    // It reaches no farther than the file that includes it.
    let furthest = session.furthest();
    run_file(session, &decoded(text, shown)?, &path, shown, furthest).await?;
    Ok(Flow::Continue)
}

/// Runs a script that may be there; what is wrong in it is told and keeps nobody from the prompt.
pub async fn run_start_script(session: &mut Session<'_>, script: &StartScript) -> Result<Flow> {
    let shown = script.path.display().to_string();
    let text = match script_text::bytes(&script.path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Flow::Continue),
        Err(error) => {
            session.ui().print_error(&Error::usage(format!("`{shown}` could not be read")).because(error));
            return Ok(Flow::Continue);
        }
    };
    let furthest = match script.owner {
        ScriptOwner::User => Reach::Beyond,
        ScriptOwner::Project => Reach::Session,
    };
    let ran = match decoded(text, &shown) {
        Ok(text) => run_file(session, &text, &script.path, &shown, furthest).await,
        Err(error) => Err(error),
    };
    match ran {
        Err(error) if error.kind() == Kind::Bug => return Err(error),
        Err(error) => session.ui().print_error(&error.hint("`pinq repl --no-init` runs no `init.sql`")),
        Ok(()) => {}
    }
    Ok(Flow::Continue)
}

/// Runs the pieces of a file until one fails or says `\q`, which ends the file and not the session.
pub async fn run_file(session: &mut Session<'_>, text: &str, path: &Path, origin: &str, furthest: Reach) -> Result<()> {
    if session.files.len() >= DEEPEST {
        return Err(Error::usage(format!("`{origin}`: files include each other too deeply")));
    }
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    session.files.push(RunningFile { folder, furthest });
    let outcome = run_pieces(session, text, origin).await;
    session.files.pop();
    outcome
}

async fn run_pieces(session: &mut Session<'_>, text: &str, origin: &str) -> Result<()> {
    for placed in pieces::placed(text) {
        match placed.piece {
            Piece::Open(text) => session.open = Some((text.to_owned(), placed.lines_before)),
            Piece::Statements(text) => {
                running::run_statements(session, text, origin, placed.lines_before).await?;
            }
            Piece::Command(line) => {
                let place = format!("{origin}:{}", placed.lines_before + 1);
                let call = Call::parse(line).map_err(|error| error.within(&place))?;
                if call.spec.reach == Reach::Beyond && session.furthest() == Reach::Session {
                    return Err(Error::usage(format!("{place}: `{line}` is refused in a project's own script"))
                        .hint("it writes files or runs programs; type it, or put it into your own `init.sql`"));
                }
                // A file that is included names its own lines.
                let names_its_place = matches!(call.spec.command, Command::Include | Command::RunQuestion);
                let outcome = Box::pin(perform(session, &call)).await;
                let is_quiet = |error: &Error| matches!(error.kind(), Kind::ClosedPipe | Kind::Interrupted);
                match outcome {
                    Ok(Flow::Leave) => return Ok(()),
                    Ok(Flow::Continue) => {}
                    Err(error) if names_its_place || is_quiet(&error) => return Err(error),
                    Err(error) => return Err(error.within(&place)),
                }
            }
        }
    }
    match session.open.take() {
        // Its own error says what is missing, if anything is.
        Some((text, lines_before)) => running::run_statements(session, &text, origin, lines_before).await,
        None => Ok(()),
    }
}

fn decoded(bytes: Vec<u8>, shown: &str) -> Result<String> {
    script_text::decoded(bytes).map_err(|error| Error::usage(format!("`{shown}` is not UTF-8 text")).because(error))
}

fn unreadable(shown: &str, path: &Path, session: &Session<'_>, error: std::io::Error) -> Error {
    if error.kind() != std::io::ErrorKind::NotFound {
        return Error::usage(format!("`{shown}` could not be read")).because(error);
    }
    let missing = Error::usage(format!("there is no file `{shown}`"));
    match session.files.last() {
        Some(_) => missing.hint(format!("it was looked for as `{}`", path.display())),
        None => missing,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;
    use crate::config::{Config, Environment, Overrides};
    use crate::engine::Engine;
    use crate::repl::session::{Places, Programs};
    use crate::sql::{Parameters, parse_type};
    use crate::ui::{Pager, Ui, UiOptions};

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<u8>>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is told when the script `init.sql` among `files` runs as one of `owner`, and the parameters that it set.
    async fn told(files: &[(&str, &str)], owner: ScriptOwner) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir_all(at.join("topics")).unwrap();
        for (name, text) in files {
            fs::create_dir_all(at.join(name).parent().unwrap()).unwrap();
            fs::write(at.join(name), text).unwrap();
        }
        let environment = Environment::empty(at);
        let overrides = Overrides { landing: Some("topics/".to_owned()), ..Overrides::default() };
        let config = Config::load(&overrides, &environment, &parse_type).unwrap();
        let engine = Arc::new(Engine::open(&config, &environment).unwrap());
        let told = Told::default();
        let ui = Ui::with_stderr(UiOptions::default(), Box::new(told.clone()));
        let places = Places { working_folder: at.to_path_buf(), home: None, questions: at.join("queries") };
        let programs = Programs { pager: Pager::Off, editor: "touch edited; false".to_owned() };
        let mut session = Session::new(&ui, engine, Parameters::new(), places, programs);
        let script = StartScript { path: at.join("init.sql"), owner };
        assert_eq!(run_start_script(&mut session, &script).await.unwrap(), Flow::Continue);
        assert!(session.files.is_empty(), "whatever fails, no file is left under way");
        assert!(!at.join("out.csv").exists(), "nothing was written");
        let told = String::from_utf8(told.0.lock().clone()).unwrap().replace(&at.display().to_string(), "[ROOT]");
        (told, session.parameters.keys().cloned().collect())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_project_s_script_does_not_reach_beyond_the_session() {
        let copies = "\n\ncopy (select 1 as n) to 'out.csv' stored as csv;";
        for (beyond, place) in
            [("\\param a 1\n\\e", "[ROOT]/init.sql:2"), ("\\param a 1\n\n\\save x", "[ROOT]/init.sql:3")]
        {
            let (told, parameters) = told(&[("init.sql", beyond)], ScriptOwner::Project).await;
            assert!(told.contains(&format!("error: {place}: `")), "{told}");
            assert!(told.contains("is refused in a project's own script"), "{told}");
            assert_eq!(parameters, ["a"], "what stands before it is done");
        }
        let nested = [("init.sql", "\\i sub/evil.sql"), ("sub/evil.sql", "\n\\save evil")];
        let (refused, _) = told(&nested, ScriptOwner::Project).await;
        assert!(refused.contains("error: sub/evil.sql:2: `\\save evil` is refused"), "{refused}");
        let (refused, _) = told(&[("init.sql", copies)], ScriptOwner::Project).await;
        assert!(refused.contains("init.sql:3:1: `COPY TO` is refused"), "{refused}");
        assert!(refused.contains("a project's own script"), "{refused}");
        let (allowed, _) = told(&[("init.sql", "\\save x")], ScriptOwner::User).await;
        assert!(allowed.contains("there is no answer yet whose statement could be saved"), "{allowed}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_name_files_beside_them_and_their_own_lines() {
        let files = [
            ("init.sql", "\\i sub/first.sql\n\\param last 1\n\\i sub/wrong.sql"),
            ("sub/first.sql", "\\param first 1\n\\i second.sql\n\\param third 1"),
            ("sub/second.sql", "\u{feff}\\param second 1\n\\q\n\\param never 1"),
            ("sub/wrong.sql", "-- a comment\n\\timing off\n\nset nothing.known = 1;\n"),
        ];
        let (told, parameters) = told(&files, ScriptOwner::Project).await;
        assert_eq!(parameters, ["first", "last", "second", "third"]);
        assert!(told.contains("error: sub/wrong.sql:4:"), "{told}");
    }

    #[test]
    fn files_that_include_each_other_end() {
        // As much space as the program gives its threads: what is not optimised takes a lot of it for each file.
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(told(&[("init.sql", "\\i init.sql")], ScriptOwner::User)).0
        });
        let told = thread.unwrap().join().unwrap();
        assert!(told.contains("files include each other too deeply"), "{told}");
    }
}
