//! Runs questions against a server in a given weather, and judges what comes: the right answer or a clear error.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt as _;
use pinq::config::{CacheConfig, CacheUse, Config, Environment, Overrides, Relisting};
use pinq::engine::{Access, Engine};
use pinq::error::{Error, Kind};
use pinq::sql::{self, Parameters, SourceStatement};
use tokio::sync::OnceCell;

use super::landing::{LOCATION, PATIENCE, STORAGE, bucket};
use crate::s3::{Checksums, Faults, S3Server, ServerOptions};
use crate::s3_landing::program::ROOT;

/// A run that takes longer hangs; the machine may be busy with other things.
const LIMIT: Duration = Duration::from_secs(150);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With the fair-weather answer.
    Right,
    /// With an error that says where and why.
    Told,
}

/// What a run asks, and with what.
#[derive(Clone, Debug)]
pub(super) struct Run<'a> {
    /// For messages: what it takes to see the same again.
    pub(super) told: String,
    /// Numbers of the questions, from 0.
    pub(super) questions: Vec<usize>,
    /// The folder of a cache.
    pub(super) cache: Option<&'a Path>,
    /// The rest of `[storage]`, and what follows it.
    pub(super) storage: &'a str,
}

/// A server whose weather changes.
pub(super) struct Station {
    pub(super) server: S3Server,
    scratch: tempfile::TempDir,
}

/// What the questions can't show: their views leave exact repeats out, so that an object read twice, or read by halves
/// and twice, would look right.
const COUNTS: &str = "select count(*), count(distinct _object), sum(_line), sum(_size) from landed.pin; \
    select count(*), count(distinct _object), sum(_line), sum(ind) from landed.geo; \
    select count(*), count(distinct _object), sum(_line), sum(age), min(_object) from landed.user";

/// How many there are.
pub(super) const QUESTIONS: usize = 12;

/// The eleven questions, and one that counts.
pub(super) fn questions() -> &'static [(String, Vec<SourceStatement>)] {
    static QUESTIONS: OnceLock<Vec<(String, Vec<SourceStatement>)>> = OnceLock::new();
    QUESTIONS.get_or_init(|| {
        let entries = fs::read_dir(Path::new(ROOT).join("queries")).expect("the questions");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        assert_eq!(files.len(), 11);
        let read = |path: &std::path::PathBuf| {
            let text = fs::read_to_string(path).expect("a question");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let statements = sql::split(&text, &name).expect("SQL");
            (name, statements)
        };
        let counts = ("counts".to_owned(), sql::split(COUNTS, "<counts>").expect("SQL"));
        files.iter().map(read).chain([counts]).collect()
    })
}

/// The fair-weather answers, one for each question.
pub(super) async fn fair() -> &'static [String] {
    static FAIR: OnceCell<Vec<String>> = OnceCell::const_new();
    FAIR.get_or_init(|| async {
        let station = Station::start(ServerOptions::default()).await;
        let run =
            Run { told: "fair weather".into(), questions: (0..QUESTIONS).collect(), cache: None, storage: PATIENCE };
        let answers = station.ask(&run).await;
        answers.into_iter().map(|answer| answer.unwrap_or_else(|error| panic!("{}", error.render()))).collect()
    })
    .await
}

/// Options with that weather from the start.
pub(super) fn options(faults: Faults, checksums: Checksums) -> ServerOptions {
    ServerOptions { faults, checksums, page: 9, ..ServerOptions::default() }
}

impl Station {
    pub(super) async fn start(options: ServerOptions) -> Station {
        let server = S3Server::start(bucket(), options).await.expect("a free port");
        Station { server, scratch: tempfile::tempdir().expect("a scratch folder") }
    }

    /// Runs questions and judges each answer. Panics where it is neither right nor a clear error, or takes too long.
    pub(super) async fn judge(&self, run: &Run<'_>) -> Outcome {
        let fair = fair().await;
        let began = Instant::now();
        let answers = tokio::time::timeout(LIMIT, self.ask(run)).await;
        let answers = answers.unwrap_or_else(|_| panic!("{}: still running after {:?}", run.told, began.elapsed()));
        let mut outcome = Outcome::Right;
        for (number, answer) in run.questions.iter().zip(answers) {
            match answer {
                Ok(answer) => {
                    let name = &questions()[*number].0;
                    assert!(answer == fair[*number], "{}: {name}\nright:\n{}\ngot:\n{answer}", run.told, fair[*number]);
                }
                Err(error) => {
                    assert_clear(&error, &run.told);
                    println!("{}: {}", run.told, error.render());
                    outcome = Outcome::Told;
                }
            }
        }
        outcome
    }

    /// Lets the sun shine and runs questions, which must have their answers however busy the machine is.
    pub(super) async fn judge_fair(&self, run: &Run<'_>) {
        self.server.set_faults(&Faults::default());
        let fair = fair().await;
        for (number, answer) in run.questions.iter().zip(self.ask(&Run { storage: "", ..run.clone() }).await) {
            match answer {
                Ok(answer) => assert!(answer == fair[*number], "{}: got\n{answer}", run.told),
                Err(error) => panic!("{}: {}", run.told, error.render()),
            }
        }
    }

    /// Runs questions in one run, one answer for each.
    pub(super) async fn ask(&self, run: &Run<'_>) -> Vec<Result<String, Error>> {
        let engine = self.open(run);
        let files: Vec<&[SourceStatement]> =
            run.questions.iter().map(|number| questions()[*number].1.as_slice()).collect();
        let parameters = Parameters::new();
        let mut series = engine.series(files.iter().copied(), &parameters, Access::ReadOnly);
        let mut answers = Vec::new();
        for file in files {
            let mut answer = Ok(String::new());
            for _ in file {
                let next = async { read(series.start_next().await?).await };
                match (&mut answer, next.await) {
                    (Ok(text), Ok(more)) => text.push_str(&more),
                    (Ok(_), Err(error)) => answer = Err(error),
                    (Err(_), _) => {}
                }
            }
            answers.push(answer);
        }
        answers
    }

    fn open(&self, run: &Run<'_>) -> Engine {
        let options = self.server.options();
        let environment = Environment::empty(self.scratch.path())
            .with_machine(4 << 30, 2)
            .with_began(1_800_000_000)
            .with_variable("AWS_ENDPOINT_URL", self.server.endpoint())
            .with_variable("AWS_ACCESS_KEY_ID", &options.access_key)
            .with_variable("AWS_SECRET_ACCESS_KEY", &options.secret_key)
            .with_variable("AWS_REGION", &options.region);
        let file = tempfile::Builder::new().suffix(".toml").tempfile_in(self.scratch.path()).expect("a file");
        fs::write(file.path(), format!("{STORAGE}{}", run.storage)).expect("a configuration");
        let overrides = Overrides {
            file: Some(file.path().to_owned()),
            landing: Some(LOCATION.to_owned()),
            cache: CacheUse::AsConfigured,
        };
        let mut config = Config::load(&overrides, &environment, &sql::parse_type).expect("a configuration");
        let cache =
            |path: &Path| CacheConfig { path: path.to_owned(), max_bytes: Some(1 << 30), relisting: Relisting::Always };
        config.cache = run.cache.map(cache);
        Engine::open(&config, &environment).expect("an engine")
    }
}

/// What a person needs: what it is about, why it failed, and that it is no bug of pinq's. A record that was damaged on its
/// way in one of the ranges of an object, and so can't be read, is told with the object and its line.
#[track_caller]
pub(super) fn assert_clear(error: &Error, told: &str) {
    let text = error.render();
    assert_eq!(error.kind(), Kind::Statement, "{told}\n{text}");
    let is_named = text.contains("s3://landing/") || text.contains("object `partition=");
    assert!(is_named, "{told}: neither object nor location in:\n{text}");
    assert!(text.contains(':') && text.lines().next().is_some_and(|line| line.len() > 40), "{told}\n{text}");
}

async fn read(answer: pinq::engine::Answer) -> Result<String, Error> {
    let batches: Vec<_> = answer.try_collect().await?;
    let options = FormatOptions::new().with_null("NULL");
    let mut text = String::new();
    for batch in batches {
        let formatters: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("every type can be shown"))
            .collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = formatters.iter().map(|formatter| formatter.value(row).to_string()).collect();
            text.push_str(&cells.join("|"));
            text.push('\n');
        }
    }
    Ok(text)
}
