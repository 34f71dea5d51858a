//! What lasts from line to line, as lines find it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::session::{Places, Programs, Session};
use super::{commands, running};
use crate::config::{Config, Environment, Overrides};
use crate::engine::Engine;
use crate::output::Formulas;
use crate::sql::{Parameters, parse_type};
use crate::ui::{Pager, Ui, UiOptions};

/// A session over an empty landing in `folder`.
fn session<'a>(ui: &'a Ui, folder: &Path) -> Session<'a> {
    fs::create_dir_all(folder.join("topics")).unwrap();
    let environment = Environment::empty(folder);
    let overrides = Overrides { landing: Some("topics/".to_owned()), ..Overrides::default() };
    let config = Config::load(&overrides, &environment, &parse_type).unwrap();
    let engine = Arc::new(Engine::open(&config, &environment).unwrap());
    let places = Places { working_folder: folder.to_path_buf(), home: None, questions: folder.join("queries") };
    let programs = Programs { pager: Pager::Off, editor: "false".to_owned() };
    Session::new(ui, engine, Parameters::new(), places, programs)
}

fn silent() -> Ui {
    Ui::with_stderr(UiOptions::default(), Box::new(std::io::sink()))
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_known_though_a_later_statement_fails() {
    let (ui, folder) = (silent(), tempfile::tempdir().unwrap());
    let mut session = session(&ui, folder.path());
    let text = "create view seen as select 1 as n; select nothing_like_it;";
    running::run_statements(&mut session, text, "<prompt>", 0).await.unwrap_err();
    assert!(session.vocabulary().read().tables.iter().any(|table| table.name == "seen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_learnt_leave_the_parameters() {
    let (ui, folder) = (silent(), tempfile::tempdir().unwrap());
    let mut session = session(&ui, folder.path());
    commands::run(&mut session, "\\param country Albania").await.unwrap();
    session.update_surroundings();
    session.vocabulary().write().schemas.clear();
    session.learn_names();
    let learnt = async {
        while session.vocabulary().read().schemas.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), learnt).await.unwrap();
    assert_eq!(session.vocabulary().read().parameters, ["country"]);
    session.update_vocabulary();
    assert_eq!(session.vocabulary().read().parameters, ["country"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_wrote_is_not_read() {
    let (ui, folder) = (silent(), tempfile::tempdir().unwrap());
    let mut session = session(&ui, folder.path());
    fs::File::create(folder.path().join("big.sql")).unwrap().set_len((16 << 20) + 1).unwrap();
    let error = commands::run(&mut session, "\\i big.sql").await.unwrap_err().render();
    assert_eq!(error, "error: `big.sql` could not be read\n  caused by: it is larger than 16 MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_answers_are_written_as_the_session_says() {
    let (ui, folder) = (silent(), tempfile::tempdir().unwrap());
    let mut session = session(&ui, folder.path());
    session.settings.formulas = Formulas::Escape;
    commands::run(&mut session, "\\o answer.csv").await.unwrap();
    running::run_statements(&mut session, "select chr(61) || '1' as c;", "<prompt>", 0).await.unwrap();
    commands::run(&mut session, "\\o").await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("answer.csv")).unwrap(), "c\n'=1\n");
    commands::run(&mut session, "\\copy copy.tsv").await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("copy.tsv")).unwrap(), "c\n'=1\n");
}
