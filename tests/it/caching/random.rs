//! Random changes of a landing and random questions about it: with the cache each is answered as without.
//!
//! `PINQ_SEED` and `PINQ_STEPS` ask for other runs than the fixed ones.

use std::path::{Path, PathBuf};

use futures::future::join_all;
use pinq::config::{CacheConfig, CacheUse, Config, Environment, Overrides, Relisting};
use pinq::engine::Engine;
use tempfile::TempDir;

use super::dice::Dice;
use super::folder::CacheFolder;
use super::landing::{Landing, Place};
use super::questions::Question;
use crate::s3::{Bucket, S3Server, ServerOptions};

/// Seconds since 1970 of the first step, long after the first object.
const BEGAN: i64 = 1_800_000_000;
/// Room for everything.
const WIDE: u64 = 1 << 30;
/// Room for a few segments.
const TIGHT: u64 = 40_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_steps_on_disk_answer_as_without_a_cache() {
    let seed = Dice::seed(20_261_122);
    println!("the seed is {seed}");
    // Side by side: most of the time goes into planning, which a build for tests does slowly.
    let walks: Vec<_> = (seed..).take(2).map(|seed| tokio::spawn(walk_on_disk(seed))).collect();
    for walk in walks {
        walk.await.expect("a course without a difference");
    }
}

async fn walk_on_disk(seed: u64) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut dice = Dice::new(seed);
    let landing = Landing::new(Place::Disk(scratch.path().to_owned()), &mut dice);
    let location = scratch.path().join("topics").display().to_string();
    let environment = Environment::empty(scratch.path());
    Walk::new(landing, location, environment, dice).steps(Dice::steps(500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_in_a_bucket_answer_as_without_a_cache() {
    let bucket = Bucket::memory();
    let server = S3Server::start(bucket.clone(), ServerOptions::default()).await.expect("a free port");
    let seed = Dice::seed(11_224_400);
    println!("the seed is {seed}");
    let mut dice = Dice::new(seed);
    let landing = Landing::new(Place::Bucket(bucket), &mut dice);
    let options = server.options();
    let environment = Environment::empty("/")
        .with_variable("AWS_ENDPOINT_URL", server.endpoint())
        .with_variable("AWS_ACCESS_KEY_ID", &options.access_key)
        .with_variable("AWS_SECRET_ACCESS_KEY", &options.secret_key)
        .with_variable("AWS_REGION", &options.region);
    Walk::new(landing, "s3://landing/topics/".to_owned(), environment, dice).steps(Dice::steps(120)).await;
}

/// A random course through changes and questions.
struct Walk {
    scratch: TempDir,
    landing: Landing,
    location: String,
    environment: Environment,
    dice: Dice,
    /// An engine that goes on from step to step, with its configuration.
    going_on: Option<(Engine, PathBuf, u64)>,
    /// Objects that came from the cache.
    cached: u64,
    answered: u64,
}

impl Walk {
    fn new(landing: Landing, location: String, environment: Environment, dice: Dice) -> Walk {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let environment = environment.with_machine(4 << 30, 2);
        Walk { scratch, landing, location, environment, dice, going_on: None, cached: 0, answered: 0 }
    }

    async fn steps(mut self, steps: usize) {
        let mut known = Relisting::Always;
        let mut changes = Vec::new();
        for step in 0..steps {
            changes.clear();
            for _ in 0..self.dice.below(3) {
                let change = self.landing.change(&mut self.dice);
                // Only what came after is found without a listing of the whole.
                if !change.is_seen_by_going_on() {
                    known = Relisting::Always;
                }
                changes.push(change);
            }
            let file = self.configuration();
            let question = Question::any(&mut self.dice);
            let told = format!("step {step} after {changes:?}: {question:?} with {}", file.display());
            let expected = self.open(&file, None, step);
            let right = question.ask(&expected).await;
            self.answered += u64::from(right.is_ok());
            let max_bytes = if step / 60 % 3 == 2 { TIGHT } else { WIDE };
            let cache = |relisting| CacheConfig {
                path: self.scratch.path().join("cache"),
                max_bytes: Some(max_bytes),
                relisting,
            };
            let engines = match self.going_on.take_if(|(_, known, room)| {
                // What was rejected stays with an engine.
                *known == file && *room == max_bytes && !question.text.contains("rejects")
            }) {
                Some((engine, ..)) if self.dice.one_in(2) => {
                    engine.refresh();
                    vec![engine]
                }
                _ => {
                    let count = if self.dice.one_in(12) { 3 } else { 1 };
                    let cache = cache(known);
                    (0..count).map(|_| self.open(&file, Some(&cache), step)).collect()
                }
            };
            let is_fresh = engines.first().is_some_and(|engine| engine.findings().is_empty());
            let answers = join_all(engines.iter().map(|engine| question.ask(engine))).await;
            for (engine, answer) in engines.iter().zip(answers) {
                assert!(same(&right, &answer), "{told}\nright: {right:#?}\nwith the cache: {answer:#?}");
                if is_fresh && question.reads_all && right.is_ok() {
                    assert_eq!(engine.findings(), expected.findings(), "{told}");
                }
                let news = engine.cache_news();
                assert!(news.trouble.is_none() && news.damaged == 0, "{told}: {news:?}");
            }
            self.cached += engines.iter().map(|engine| engine.totals().scans.cached_objects).sum::<u64>();
            // A statement that fails before it reads does not open the cache, so that it may hold what a step before left.
            if right.is_ok() {
                CacheFolder::new(&self.scratch.path().join("cache")).check(max_bytes, &told);
            }
            if let Some(engine) = engines.into_iter().next() {
                self.going_on = Some((engine, file, max_bytes));
            }
            if known == Relisting::Always && self.dice.one_in(3) && self.list_all(&cache(Relisting::Always), step).await
            {
                known = Relisting::default();
            }
            if self.dice.one_in(150) {
                let engine = self.open(&self.configuration_of("bigint", true, "null"), Some(&cache(known)), step);
                engine.clear_cache(None).await.expect("a cache that can be cleared");
                known = Relisting::Always;
            }
        }
        println!("{} of {steps} questions had an answer, {} objects came from the cache", self.answered, self.cached);
        assert!(self.answered as usize > steps * 2 / 3 && self.cached as usize > steps, "the course tests too little");
    }

    /// Has everything listed and kept; whether that went well.
    async fn list_all(&self, cache: &CacheConfig, step: usize) -> bool {
        let engine = self.open(&self.configuration_of("double", false, "null"), Some(cache), step);
        let text = "select count(*) from landed.item; select count(*) from landed.user".to_owned();
        // A table without a record has no columns, and is no table.
        Question { text, reads_all: true }.ask(&engine).await.is_ok()
    }

    /// One of some configurations; its file.
    fn configuration(&mut self) -> PathBuf {
        let price = self.dice.of(&["double", "double", "double", "varchar"]);
        let rest = self.dice.one_in(4);
        let on_bad_value = self.dice.of(&["null", "null", "null", "fail"]);
        self.configuration_of(price, rest, on_bad_value)
    }

    fn configuration_of(&self, price: &str, rest: bool, on_bad_value: &str) -> PathBuf {
        let file = self.scratch.path().join(format!("{price}-{rest}-{on_bad_value}.toml"));
        let text = format!(
            "[tables.item]\ncolumns = {{ n = \"bigint\", name = \"varchar\", price = \"{price}\", tag = \"varchar\" }}\n\
             on_bad_record = \"skip\"\non_bad_value = \"{on_bad_value}\"\nrest = {rest}\n\n[tables.user]\n\
             on_bad_record = \"skip\"\non_bad_value = \"null\"\n"
        );
        std::fs::write(&file, text).expect("a configuration");
        file
    }

    fn open(&self, file: &Path, cache: Option<&CacheConfig>, step: usize) -> Engine {
        let overrides = Overrides {
            file: Some(file.to_owned()),
            landing: Some(self.location.clone()),
            cache: CacheUse::AsConfigured,
        };
        let environment = self.environment.clone().with_began(BEGAN + step as i64);
        let mut config = Config::load(&overrides, &environment, &pinq::sql::parse_type).expect("a configuration");
        config.cache = cache.cloned();
        config.session.spill_folder = Some(self.scratch.path().to_owned());
        Engine::open(&config, &environment).expect("an engine")
    }
}

/// Which of several mistakes a statement fails by depends on the order in which objects come.
fn same(right: &Result<Vec<String>, String>, answer: &Result<Vec<String>, String>) -> bool {
    match (right, answer) {
        (Ok(right), Ok(answer)) => right == answer,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}
