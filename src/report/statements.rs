//! What a report asks: the statements of its questions and checks, and the values of their parameters.
//!
//! Owns which files they are read from, and what is refused before anything runs. It must not run them.

use std::collections::BTreeMap;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::config::{Config, ReportConfig, ReportFormat};
use crate::error::{Error, Result};
use crate::output::Format;
use crate::questions::{self, QuestionFile};
use crate::sql::{self, Parameters, SourceStatement};

/// A file of questions or checks.
#[derive(Debug)]
pub(super) struct StatementFile {
    /// What it is called, and what it holds.
    pub(super) file: QuestionFile,
    /// Its statements, or why it could not be split.
    pub(super) statements: Result<Vec<SourceStatement>>,
}

/// Everything that a report asks, in the order in which it is asked.
#[derive(Debug)]
pub(super) struct Asked {
    /// Its questions.
    pub(super) questions: Vec<StatementFile>,
    /// Its checks.
    pub(super) checks: Vec<StatementFile>,
    /// Values of `$NAME`.
    pub(super) parameters: Parameters,
    /// Of the configuration's file and of all of these texts, in hexadecimal.
    pub(super) hash: String,
}

impl Asked {
    /// Reads the files that the report names.
    ///
    /// # Errors
    /// A file can't be read, a pattern fits none, two questions have one name, or a parameter is in no statement.
    pub(super) fn read(config: &Config, report: &ReportConfig) -> Result<Asked> {
        let folder = config.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let in_setting =
            |setting: &str, error: Error| error.within(format_args!("`{setting}` of the report `{}`", report.name));
        let read = |setting: &str, patterns| {
            questions::read_patterns(patterns, folder).map_err(|error| in_setting(setting, error))
        };
        let questions = read("questions", &report.questions)?;
        refuse_equal_names(&questions, report).map_err(|error| in_setting("questions", error))?;
        let checks = read("checks", &report.checks)?;
        let hash = hash_of(config, &questions, &checks)?;
        let split = |files: Vec<QuestionFile>| files.into_iter().map(StatementFile::of).collect::<Vec<_>>();
        let (questions, checks) = (split(questions), split(checks));
        let values = report.params.iter().map(|(name, value)| (name.clone(), sql::parse_value(value)));
        let parameters: Parameters = values.collect();
        let statements = questions.iter().chain(&checks).flat_map(StatementFile::slice);
        // Where a file can't be read as SQL, nobody knows which ones it has.
        if questions.iter().chain(&checks).all(|file| file.statements.is_ok()) {
            sql::refuse_unknown(&parameters, statements).map_err(|error| in_setting("params", error))?;
        }
        Ok(Asked { questions, checks, parameters, hash })
    }

    /// The statements of each file that could be split, as the engine's series takes them.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[SourceStatement]> {
        self.questions.iter().chain(&self.checks).map(StatementFile::slice)
    }
}

impl StatementFile {
    fn of(file: QuestionFile) -> StatementFile {
        let statements = sql::split(&file.text, &file.origin);
        let statements = statements.and_then(|statements| match statements.is_empty() {
            true => Err(Error::statement(format!("`{}` holds no statement", file.origin))),
            false => Ok(statements),
        });
        StatementFile { file, statements }
    }

    /// Its statements; none where it could not be split.
    pub(super) fn slice(&self) -> &[SourceStatement] {
        self.statements.as_deref().unwrap_or_default()
    }
}

/// Why a statement can't be a part of a report, told in the words of one rather than in those of a command line.
///
/// # Errors
/// A parameter of it has no value.
pub(super) fn refuse(statement: &SourceStatement, report: &ReportConfig, parameters: &Parameters) -> Result<()> {
    let needed = sql::parameters(&statement.parsed);
    let missing: Vec<String> =
        needed.iter().filter(|name| !parameters.contains_key(*name)).map(|name| format!("`${name}`")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let noun = if missing.len() == 1 { "parameter" } else { "parameters" };
    Err(Error::statement(format!("{}: no value for the {noun} {}", statement.place(), missing.join(", ")))
        .hint(format!("give each one in `params` of `[reports.{}]`: `params = {{ NAME = VALUE }}`", report.name)))
}

/// A hash as text of fixed length.
pub(super) fn hash_of_text(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// Files are published by the names of their questions.
fn refuse_equal_names(files: &[QuestionFile], report: &ReportConfig) -> Result<()> {
    let mut known: BTreeMap<&str, &QuestionFile> = BTreeMap::new();
    for file in files {
        if let Some(other) = known.insert(&file.name, file) {
            let (one, other) = (&other.origin, &file.origin);
            return Err(Error::usage(format!("`{one}` and `{other}` have one name, by which answers are published"))
                .hint("rename one of them"));
        }
        if file.name == "run" && report.formats.contains(&ReportFormat::File(Format::Json)) {
            return Err(Error::usage(format!(
                "the answer of `{}` would be `run.json`, which says what a run did",
                file.origin
            ))
            .hint("rename the question"));
        }
    }
    Ok(())
}

fn hash_of(config: &Config, questions: &[QuestionFile], checks: &[QuestionFile]) -> Result<String> {
    let mut hasher = Xxh3::new();
    // Each with its length, so that a text can't move from one file to the next unseen.
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    if let Some(path) = &config.file {
        add(settings(path)?.as_bytes());
    }
    for files in [questions, checks] {
        add(&(files.len() as u64).to_le_bytes());
        for file in files {
            add(file.name.as_bytes());
            add(file.text.as_bytes());
        }
    }
    Ok(format!("{:032x}", hasher.digest128()))
}

/// What the configuration's file says, without addresses that are nobody's business: a short one could be guessed from
/// the hash, which is published.
fn settings(path: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| questions::unreadable(&path.display().to_string(), error))?;
    // What is wrong with it would be told with its text.
    let Ok(mut settings) = text.parse::<toml::Table>() else {
        return Err(Error::usage(format!("`{}` is no TOML any more", path.display())).hint("run `pinq report list`"));
    };
    let reports = settings.get_mut("reports").and_then(toml::Value::as_table_mut);
    for report in reports.into_iter().flat_map(|reports| reports.iter_mut()).filter_map(|(_, one)| one.as_table_mut()) {
        report.remove("notify");
    }
    Ok(settings.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_secrets_are_not_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pinq.toml");
        let write = |keep: u32, secret: &str| {
            let report = format!("keep = {keep}\nnotify = \"https://example.com/{secret}\"\nnotify_on = \"always\"");
            std::fs::write(&path, format!("[landing]\nlocation = \"topics/\"\n[reports.daily]\n{report}\n")).unwrap();
            settings(&path).unwrap()
        };
        let one = write(3, "abc");
        assert!(one.contains("topics/") && one.contains("always") && !one.contains("abc"), "{one}");
        assert_eq!(one, write(3, "xyz"));
        assert_ne!(one, write(4, "abc"));
    }
}
