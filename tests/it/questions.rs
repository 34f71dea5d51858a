//! The eleven shipped questions over `data-samples`: what the binary answers is what the reference answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::reference::{self, Answer};

/// The project's root, where `pinq.toml`, `queries` and `data-samples` stand.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_binary_answers_every_question_as_the_reference_does() {
    let landing = reference::read(&Path::new(ROOT).join("data-samples/topics"));
    for file in question_files() {
        let expected = reference::answer(&landing, number_of(&file));
        assert!(!expected.rows.is_empty(), "the samples answer `{}` with no row", file.display());
        let printed = run(&file);
        let answered: Value = serde_json::from_str(&printed).expect("an array of JSON objects");
        let answered = answered.as_array().expect("an array of rows");

        for (position, (row, expected_row)) in answered.iter().zip(&expected.rows).enumerate() {
            assert_row(&file, position, row, &expected, expected_row);
        }
        assert_eq!(answered.len(), expected.rows.len(), "rows of `{}`", file.display());
        assert_column_order(&file, &printed, &expected.columns);
    }
}

#[test]
fn there_are_eleven_questions_and_each_has_a_heading() {
    let files = question_files();
    let numbers: Vec<&str> = files.iter().map(|file| number_of(file)).collect();
    assert_eq!(numbers, ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"]);
    for file in &files {
        let text = fs::read_to_string(file).expect("a question that can be read");
        let mut lines = text.lines();
        for heading in ["-- title: ", "-- about: "] {
            let line = lines.next().unwrap_or_default();
            assert!(line.len() > heading.len() && line.starts_with(heading), "`{}`: {line}", file.display());
        }
    }
}

#[test]
fn the_views_are_the_three_cleaned_topics() {
    let folder = Path::new(ROOT).join("queries/views");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the folder of views")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["geo.sql", "pin.sql", "user.sql"]);
}

/// The files of the questions in the order of their numbers.
fn question_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new(ROOT).join("queries"))
        .expect("the folder of questions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    files
}

fn number_of(file: &Path) -> &str {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a file name of text");
    name.split_once('_').expect("a name such as `01_what.sql`").0
}

/// Runs one question in an environment of its own and gives what it printed.
fn run(file: &Path) -> String {
    let home = tempfile::tempdir().expect("a folder for the run");
    let output = Command::new(env!("CARGO_BIN_EXE_pinq"))
        .current_dir(ROOT)
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .arg("run")
        .arg(file)
        .args(["--format", "json", "--quiet"])
        .output()
        .expect("pinq starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{}` ended with {}: {said}", file.display(), output.status);
    assert_eq!(said, "", "`--quiet` says nothing");
    String::from_utf8(output.stdout).expect("an answer in UTF-8")
}

fn assert_row(file: &Path, position: usize, row: &Value, expected: &Answer, expected_row: &[Value]) {
    let row = row.as_object().expect("a row is an object");
    assert_eq!(row.len(), expected.columns.len(), "columns of row {position} of `{}`", file.display());
    for (column, expected_cell) in expected.columns.iter().zip(expected_row) {
        let cell = row.get(*column);
        let same = match (cell, expected_cell) {
            // A median of 4000.0 may be printed as 4000; an integer may not be printed as 4000.0.
            (Some(Value::Number(cell)), Value::Number(wanted)) if wanted.is_f64() => cell.as_f64() == wanted.as_f64(),
            (cell, wanted) => cell == Some(wanted),
        };
        assert!(
            same,
            "`{}`, row {position}, `{column}`: {cell:?} in place of {expected_cell}; the reference has {expected_row:?}",
            file.display()
        );
    }
}

/// A parsed object has forgotten the order of its keys, so it is the text that shows it.
fn assert_column_order(file: &Path, printed: &str, columns: &[&str]) {
    let places: Vec<_> = columns.iter().map(|column| printed.find(&format!("\"{column}\""))).collect();
    assert!(places.is_sorted() && !places.contains(&None), "columns of `{}` in the order {columns:?}", file.display());
}
