//! A home that stays from run to run, and with it the cache.
//!
//! Owns running one question with the cache and without, and what of the two must be the same. It must not know what
//! is asked.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::super::program::{Finished, Pinq};
use crate::s3::{Counts, S3Server};

/// A user's home and `pinq.toml`.
pub(super) struct Home {
    folder: TempDir,
    pub(super) config: String,
}

/// What a run printed and asked for.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) answer: String,
    /// What it told, without the line of the summary that counts objects and time.
    pub(super) told: Vec<String>,
    /// That line.
    pub(super) summary: String,
    pub(super) counts: Counts,
}

impl Home {
    pub(super) fn new(config: &str) -> Home {
        Home { folder: tempfile::tempdir().expect("a scratch folder"), config: config.to_owned() }
    }

    /// Runs statements with the cache of this home.
    pub(super) async fn run(&self, server: &S3Server, sql: &str, arguments: &[&str]) -> Ran {
        server.reset_counts();
        let pinq = Pinq::against(server).config(&self.config).env("HOME", self.folder.path());
        let finished = pinq.sql(sql).args(arguments).run().await;
        Ran::of(&finished, server.counts())
    }

    /// Runs statements with the cache, and checks that without it the same is answered and told.
    pub(super) async fn ask(&self, server: &S3Server, sql: &str) -> Ran {
        self.ask_with(server, sql, &[]).await
    }

    /// As [`Home::ask`], but with all listed anew.
    pub(super) async fn refreshed(&self, server: &S3Server, sql: &str) -> Ran {
        self.ask_with(server, sql, &["--refresh"]).await
    }

    async fn ask_with(&self, server: &S3Server, sql: &str, arguments: &[&str]) -> Ran {
        let ran = self.run(server, sql, arguments).await;
        let without = self.run(server, sql, &["--no-cache"]).await;
        assert_eq!(
            (ran.code, &ran.answer, &ran.told),
            (without.code, &without.answer, &without.told),
            "with the cache, and without, of: {sql}"
        );
        ran
    }

    /// The cache's folder.
    pub(super) fn cache(&self) -> PathBuf {
        self.folder.path().join(".cache/pinq")
    }

    /// The files of the index and the segments.
    pub(super) fn index(&self) -> PathBuf {
        self.cache().join("v1/index.sqlite")
    }

    /// The segments' files, sorted.
    pub(super) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache().join("v1/segments")).expect("the cache's folder");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }

    /// Bytes of the segments' files.
    pub(super) fn segment_bytes(&self) -> u64 {
        self.segments().iter().map(|file| fs::metadata(file).expect("a file").len()).sum()
    }
}

impl Ran {
    fn of(finished: &Finished, counts: Counts) -> Ran {
        let is_summary = |line: &&str| {
            let count = line.split_once(" statement").map(|(count, _)| count);
            count.is_some_and(|count| count.parse::<u64>().is_ok())
        };
        let (summary, told): (Vec<&str>, Vec<&str>) = finished.stderr.lines().partition(is_summary);
        Ran {
            code: finished.code,
            answer: String::from_utf8(finished.stdout.clone()).expect("an answer in UTF-8"),
            told: told.into_iter().map(str::to_owned).collect(),
            summary: summary.concat(),
            counts,
        }
    }

    /// Checks the answer and the number of objects that were asked for.
    #[track_caller]
    pub(super) fn answers(&self, answer: &str, gets: u64) {
        assert_eq!((self.answer.as_str(), self.counts.gets), (answer, gets), "{self:?}");
    }

    /// Checks that it went well, and the number of objects that were asked for.
    #[track_caller]
    pub(super) fn asks_for(&self, gets: u64) {
        assert_eq!((self.code, self.counts.gets), (Some(0), gets), "{self:?}");
    }

    /// Checks that it went well, and and nothing else.
    #[track_caller]
    pub(super) fn went_well(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
    }
}
