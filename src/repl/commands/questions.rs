//! `\questions` and `\run NAME`: the project's questions, and those that are built in.
//!
//! Owns which questions there are and how one is named. A question of the project hides the built-in one of its name.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use super::call::Call;
use super::save::shown;
use super::script_text;
use crate::error::{Error, Result};
use crate::repl::running;
use crate::repl::session::{Places, Session};
use crate::shipped;
use crate::spelling::nearest;
use crate::sql::Heading;

/// The extension of a question's file.
pub const EXTENSION: &str = "sql";
/// Bytes of a file that are looked at for its title.
const HEAD_BYTES: u64 = 64 << 10;
/// Files of a folder that are looked at.
const MOST_FILES: usize = 10_000;

/// A question that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name: the file's without folder and extension.
    pub name: String,
    home: Home,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Home {
    Project(PathBuf),
    BuiltIn(&'static str),
}

impl Question {
    /// What its answer is called, if the file says so.
    pub fn title(&self) -> Option<String> {
        let text = match &self.home {
            Home::BuiltIn(text) => (*text).to_owned(),
            Home::Project(path) => head(path)?,
        };
        Heading::of_text(&text).title
    }
}

/// The questions of a project and those that are built in, sorted by name.
pub fn known(places: &Places) -> Vec<Question> {
    let mut found: Vec<Question> = Vec::new();
    let entries = fs::read_dir(&places.questions).into_iter().flatten().flatten().take(MOST_FILES);
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| !stem.starts_with('.'));
        if let (Some(name), true) = (name, path.extension().is_some_and(|it| it == EXTENSION) && path.is_file()) {
            found.push(Question { name: name.to_owned(), home: Home::Project(path.clone()) });
        }
    }
    for file in shipped::QUESTIONS {
        if !found.iter().any(|question| question.name == file.name) {
            found.push(Question { name: file.name.to_owned(), home: Home::BuiltIn(file.text) });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// `\questions`.
pub fn show(session: &Session<'_>) -> Result<()> {
    let questions = known(&session.places);
    let from = |question: &Question| match &question.home {
        Home::Project(path) => {
            path.parent().map(|folder| shown(folder, &session.places.working_folder)).unwrap_or_default()
        }
        Home::BuiltIn(_) => "built in".to_owned(),
    };
    let column = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let rows = RecordBatch::try_from_iter([
        ("question", column(questions.iter().map(|question| Some(question.name.clone())).collect())),
        ("title", column(questions.iter().map(Question::title).collect())),
        ("from", column(questions.iter().map(|question| Some(from(question))).collect())),
    ]);
    let rows =
        rows.map_err(|error| Error::bug("the list of questions has columns of several lengths").because(error))?;
    running::show_batch(session, &rows)
}

/// `\run NAME`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let questions = known(&session.places);
    let question = find(call.required(0)?, &questions)?;
    let (text, origin) = match &question.home {
        Home::BuiltIn(text) => ((*text).to_owned(), format!("built-in {}.{EXTENSION}", question.name)),
        Home::Project(path) => {
            let origin = shown(path, &session.places.working_folder);
            let text = script_text::text(path)
                .map_err(|error| Error::statement(format!("`{origin}` could not be read")).because(error))?;
            (text, origin)
        }
    };
    running::run_statements(session, &text, &origin, 0).await
}

/// The question that `asked` names: by its whole name, its number, or how it begins.
fn find<'a>(asked: &str, questions: &'a [Question]) -> Result<&'a Question> {
    let wanted = asked.strip_suffix(".sql").unwrap_or(asked);
    if let Some(question) = questions.iter().find(|question| question.name == wanted) {
        return Ok(question);
    }
    let by_number: Vec<&Question> = match wanted.parse::<u64>() {
        Ok(wanted) => questions.iter().filter(|question| number(&question.name) == Some(wanted)).collect(),
        Err(_) => Vec::new(),
    };
    let beginning = questions.iter().filter(|question| !wanted.is_empty() && question.name.starts_with(wanted));
    let fitting = if by_number.is_empty() { beginning.collect() } else { by_number };
    match fitting.as_slice() {
        [question] => Ok(question),
        [] => {
            let error = Error::usage(format!("there is no question `{asked}`"));
            let names: Vec<&str> = questions.iter().map(|question| question.name.as_str()).collect();
            Err(match near(wanted, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            }
            .hint("`\\questions` shows them all"))
        }
        several => {
            let names: Vec<String> = several.iter().take(5).map(|question| format!("`{}`", question.name)).collect();
            let more = if several.len() > names.len() { ", ..." } else { "" };
            Err(Error::usage(format!("`{asked}` fits {} questions", several.len()))
                .hint(format!("they are {}{more}", names.join(", "))))
        }
    }
}

/// The name that was meant, with its number or without.
fn near<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let bare: Vec<&str> = names.iter().map(|name| without_number(name)).collect();
    let near = nearest(without_number(wanted), bare.iter().copied())?;
    names.iter().find(|name| without_number(name) == near).copied()
}

/// The number that a name begins with: 7 of `07_users`.
fn number(name: &str) -> Option<u64> {
    let digits = name.split(|one: char| !one.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn without_number(name: &str) -> &str {
    name.trim_start_matches(|one: char| one.is_ascii_digit() || one == '_' || one == '-')
}

fn head(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(HEAD_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(names: &[&str]) -> Vec<Question> {
        names.iter().map(|name| Question { name: (*name).to_owned(), home: Home::BuiltIn("select 1") }).collect()
    }

    #[test]
    fn a_question_is_found_by_name_number_and_beginning() {
        let known = questions(&["01_posts", "02_users", "02_users_by_year", "11_posts", "age", "ages"]);
        let found = |asked: &str| find(asked, &known).map(|question| question.name.clone()).map_err(|e| e.render());
        for (asked, name) in [
            ("01_posts", "01_posts"),
            ("01_posts.sql", "01_posts"),
            ("01", "01_posts"),
            ("1", "01_posts"),
            ("11", "11_posts"),
            ("02_users", "02_users"),
            ("02_users_", "02_users_by_year"),
            ("age", "age"),
            ("ages", "ages"),
        ] {
            assert_eq!(found(asked).as_deref(), Ok(name), "{asked}");
        }
        let several = found("2").unwrap_err();
        assert!(several.contains("fits 2 questions\nhint: they are `02_users`, `02_users_by_year`"), "{several}");
        let missing = found("user_by_year").unwrap_err();
        assert!(missing.contains("there is no question `user_by_year`"), "{missing}");
        assert!(missing.contains("did you mean `02_users_by_year`?"), "{missing}");
        assert!(found("zzz").unwrap_err().ends_with("hint: `\\questions` shows them all"));
    }

    #[test]
    fn the_project_s_questions_hide_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            working_folder: folder.path().to_path_buf(),
            home: None,
            questions: folder.path().join("queries"),
        };
        assert_eq!(known(&places).len(), shipped::QUESTIONS.len(), "there need be no folder");
        fs::create_dir_all(places.questions.join("views")).unwrap();
        let mine = shipped::QUESTIONS[0].name;
        fs::write(places.questions.join(format!("{mine}.sql")), "-- title: Mine\nselect 1").unwrap();
        fs::write(places.questions.join("torn.sql"), "-- title: Torn\nselect '").unwrap();
        fs::write(places.questions.join("notes.md"), "none").unwrap();
        let found = known(&places);
        assert_eq!(found.len(), shipped::QUESTIONS.len() + 1);
        let titled = |name: &str| found.iter().find(|question| question.name == name).and_then(Question::title);
        assert_eq!(titled(mine).as_deref(), Some("Mine"));
        assert_eq!(titled("torn").as_deref(), Some("Torn"));
        assert_eq!(
            titled(shipped::QUESTIONS[1].name).as_deref(),
            Some("Most popular category in each year, 2018-2022")
        );
    }
}
