//! A folder in which everything that is read or written beside the landing would show.
//!
//! Owns the canaries, whose text must never come out and which must stay as they are, and running statements as a
//! program does that embeds pinq.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;
use pinq::config::{Config, Environment, Overrides};
use pinq::engine::{Access, Engine, Permissions};
use pinq::error::{Error, Result};
use pinq::sql::{self, Parameters};
use tempfile::TempDir;

use super::attempts::Attempt;
use crate::s3_landing::program::ROOT;

/// What stands in every file beside the landing.
const SONG: &str = "canary-song-7f3a";

/// Who vouches for a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vouching {
    /// The user, who typed it.
    User,
    /// Nobody, as for a question of a report.
    Nobody,
}

pub(super) struct Scene {
    folder: TempDir,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Scene {
    /// Canaries in a folder, and in folders below it.
    pub(super) fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in ["in", "in2", "out", "secret"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        for name in
            ["canary.csv", "other.csv", "in/canary.csv", "in2/canary.csv", "out/canary.csv", "secret/canary.csv"]
        {
            fs::write(folder.path().join(name), format!("line\n{SONG}\n")).expect("a canary");
        }
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(name)).expect("a link");
        };
        for (to, name) in [
            ("secret/canary.csv", "in/link.csv"),
            ("secret", "in/door"),
            ("secret", "out/door"),
            ("secret/new.csv", "out/nowhere.csv"),
            ("in", "same"),
        ] {
            link(to, name);
        }
        let before = contents(folder.path());
        Scene { folder, before }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// An engine over the samples, in this folder; `{f}` of a location is this folder.
    pub(super) fn engine(&self, reads: &[&str], writes: &[&str]) -> Engine {
        let environment = Environment::empty(self.path())
            .with_variable("AWS_ACCESS_KEY_ID", "nobody")
            .with_variable("AWS_SECRET_ACCESS_KEY", "nothing")
            .with_variable("AWS_REGION", "eu-west-1")
            // Nothing listens there.
            .with_variable("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        let landing = Some(format!("{ROOT}/data-samples/topics/"));
        let overrides = Overrides { landing, ..Overrides::default() };
        let config = Config::load(&overrides, &environment, &sql::parse_type).expect("a configuration");
        let engine = Engine::open(&config, &environment).expect("an engine");
        let full = |texts: &[&str]| texts.iter().map(|text| self.full(text)).collect::<Vec<_>>();
        engine.permit(Permissions::new(&full(reads), &full(writes), self.path()).expect("locations"));
        engine
    }

    /// Runs the statements of a text; what they answer, as text, or the first error.
    pub(super) async fn run(&self, engine: &Engine, text: &str, vouching: Vouching) -> Result<String> {
        let access = match vouching {
            Vouching::User => Access::Permitted,
            Vouching::Nobody => Access::ReadOnly,
        };
        let statements = sql::split(&self.full(text), "<sql>")?;
        let parameters = Parameters::new();
        let mut series = engine.series([statements.as_slice()], &parameters, access);
        let mut answers = String::new();
        for _ in &statements {
            let batches: Vec<_> = series.start_next().await?.try_collect().await?;
            answers.push_str(&format!("{batches:?}"));
        }
        Ok(answers)
    }

    /// What was wrong with how an attempt ended, if anything.
    pub(super) async fn try_in_vain(&self, engine: &Engine, attempt: &Attempt, vouching: Vouching) -> Option<String> {
        let Attempt { sql, says } = attempt;
        let wrong = match self.run(engine, sql, vouching).await {
            Ok(answer) => Some(format!("it answered {answer}")),
            Err(error) => {
                let said = error.render();
                (said.contains(SONG) || !said.contains(says)).then(|| format!("`{says}` is not in: {said}"))
            }
        };
        wrong.or_else(|| self.touched()).map(|wrong| format!("`{sql}`: {wrong}"))
    }

    pub(super) fn assert_untouched(&self, what: &str) {
        if let Some(touched) = self.touched() {
            panic!("`{what}`: {touched}");
        }
    }

    /// Whether an error is one that a statement gets which is not permitted.
    pub(super) fn is_refusal(error: &Error) -> bool {
        error.render().contains("is refused") && !error.render().contains(SONG)
    }

    /// Whether an answer holds what stands in the files.
    pub(super) fn sings(answer: &str) -> bool {
        answer.contains(SONG)
    }

    fn touched(&self) -> Option<String> {
        let now = contents(self.path());
        (now != self.before).then(|| format!("files were changed: {:?}", now.keys()))
    }

    fn full(&self, text: &str) -> String {
        text.replace("{f}", self.path().to_str().expect("a path of text"))
    }
}

/// Every file and folder below one with its bytes; links are not followed.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            found.insert(entry.path(), Vec::new());
            found.extend(contents(&entry.path()));
        } else if kind.is_symlink() {
            found.insert(entry.path(), b"link".to_vec());
        } else {
            found.insert(entry.path(), fs::read(entry.path()).expect("a file"));
        }
    }
    found
}
