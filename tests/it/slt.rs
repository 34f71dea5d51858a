//! SQL as tests: every `tests/slt/*.slt`, through the library, with an engine of its own.
//!
//! Owns the bridge between pinq and sqllogictest. A file reads the samples, or the landing in the
//! folder of its name beside it (`tests/slt/NAME/`). `PINQ_UPDATE=1` writes the answers into the
//! files. Type letters: I integer, R real or decimal, T text, B boolean, D date, P timestamp,
//! ? nested. NULL is `NULL` and the empty text `(empty)`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use futures::TryStreamExt;
use pinq::config::{Config, Environment, Overrides};
use pinq::engine::Engine;
use sqllogictest::{AsyncDB, DBOutput, Runner, default_normalizer, default_validator, strict_column_validator};

use crate::console::{Wish, wish};

/// Cells are separated by one blank, as in the files.
const SEPARATOR: &str = " ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_answer_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = slt_files(&root.join("tests/slt"));
    assert!(!files.is_empty(), "no file was found in `tests/slt`");
    let mut failures = Vec::new();
    for file in files {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let mut runner = Runner::new(|| async { Connection::open(root, &file, scratch.path()) });
        runner.with_column_validator(strict_column_validator);
        let outcome = match wish() {
            Wish::Compare => runner.run_file_async(&file).await.map_err(|error| error.to_string()),
            Wish::Rewrite => runner
                .update_test_file(&file, SEPARATOR, default_validator, default_normalizer, strict_column_validator)
                .await
                .map_err(|error| error.to_string()),
        };
        failures.extend(outcome.err().map(|error| format!("{}: {error}", file.display())));
    }
    assert!(failures.is_empty(), "{} files failed:\n{}", failures.len(), failures.join("\n\n"));
}

/// The `.slt` files of the folder, sorted.
fn slt_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of SQL tests can be listed");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "slt")).collect();
    files.sort();
    files
}

/// One engine, as sqllogictest sees it.
struct Connection {
    engine: Engine,
}

impl Connection {
    fn open(root: &Path, file: &Path, scratch: &Path) -> Result<Self, Failure> {
        let environment = Environment::empty(root).with_home(scratch);
        let landing = Some(file.with_extension("")).filter(|folder| folder.is_dir());
        let landing = landing.map(|folder| folder.display().to_string());
        let overrides = Overrides { landing, ..Overrides::default() };
        let mut config = Config::load(&overrides, &environment, &pinq::sql::parse_type)?;
        config.session.spill_folder = Some(scratch.to_owned());
        Ok(Connection { engine: Engine::open(&config, &environment)? })
    }
}

#[async_trait]
impl AsyncDB for Connection {
    type Error = Failure;
    type ColumnType = Letter;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Letter>, Failure> {
        let answer = self.engine.query(sql).await?;
        let schema = answer.schema();
        let types: Vec<Letter> = schema.fields().iter().map(|field| Letter::of(field.data_type())).collect();
        let batches: Vec<RecordBatch> = answer.try_collect().await?;
        if types.is_empty() {
            return Ok(DBOutput::StatementComplete(0));
        }
        Ok(DBOutput::Rows { types, rows: batches.iter().flat_map(rows).collect() })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "pinq"
    }
}

/// The cells of a batch as text, row by row.
fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let formatter = |column| ArrayFormatter::try_new(column, &options).expect("every type can be shown");
    let formatters: Vec<_> = batch.columns().iter().map(|column| formatter(column.as_ref())).collect();
    let cell = |text: String| if text.is_empty() { "(empty)".to_owned() } else { text.replace('\n', "\\n") };
    let row = |row| formatters.iter().map(|formatter| cell(formatter.value(row).to_string())).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// The type of a column, as the files write it. An unknown letter in a file is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter(char);

impl Letter {
    fn of(kind: &DataType) -> Letter {
        Letter(match kind {
            DataType::Boolean => 'B',
            kind if kind.is_integer() => 'I',
            kind if kind.is_floating() || kind.is_decimal() => 'R',
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => 'T',
            DataType::Date32 | DataType::Date64 => 'D',
            DataType::Timestamp(_, _) => 'P',
            _ => '?',
        })
    }
}

impl sqllogictest::ColumnType for Letter {
    fn from_char(letter: char) -> Option<Self> {
        "BIRTDP?".contains(letter).then_some(Letter(letter))
    }

    fn to_char(&self) -> char {
        self.0
    }
}

/// An error with its causes and hints, so that a file can expect any part of them.
#[derive(Debug)]
struct Failure(String);

impl From<pinq::error::Error> for Failure {
    fn from(error: pinq::error::Error) -> Self {
        Failure(error.render())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
