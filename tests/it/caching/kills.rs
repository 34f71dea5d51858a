//! The program is killed at random moments while it fills the cache: the next run answers right, keeps to the bound
//! and clears away what was left.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use super::dice::Dice;
use super::folder::CacheFolder;
use crate::s3_landing::program::Pinq;

/// Caches side by side.
const CACHES: u64 = 4;
/// Kills of each.
const KILLS: usize = 55;
/// Objects of the landing at the beginning, and records of each.
const OBJECTS: usize = 60;
const RECORDS: usize = 50;

/// Microseconds between the first use of the cache and a kill: at most as long as a run uses it.
const LATEST: usize = 60_000;

const CONFIG: &str = "[tables.item.columns]\nn = \"bigint\"\nname = \"varchar\"\ntag = \"varchar\"\n";

/// The answer to a part of a question from the sum of all numbers and how many there are.
type Right = fn(u64, u64) -> u64;

/// The parts of questions.
const ANSWERS: [(&str, Right); 5] = [
    ("count(*)", |_, count| count),
    ("sum(n)", |sum, _| sum),
    ("count(distinct name)", |_, _| 50),
    ("count(tag)", |_, count| count),
    ("count(*) filter (where _repeat)", |_, _| 0),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_after_a_kill_answers_right_and_clears_up() {
    let seed = Dice::seed(9_000);
    println!("the seed is {seed}");
    let caches = (0..CACHES).map(|number| tokio::spawn(Killing::new(seed + number).all()));
    let mut written = 0;
    for cache in caches.collect::<Vec<_>>() {
        written += cache.await.expect("no panic");
    }
    println!("{} kills, of which {written} left something behind", CACHES as usize * KILLS);
    assert!(written > KILLS / 2, "hardly any kill came in the middle of something");
}

/// A landing and its cache.
struct Killing {
    scratch: TempDir,
    dice: Dice,
    objects: usize,
    max_bytes: u64,
}

impl Killing {
    fn new(seed: u64) -> Killing {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let max_bytes = if seed.is_multiple_of(2) { 1 << 20 } else { 30 << 10 };
        let mut killing = Killing { scratch, dice: Dice::new(seed), objects: 0, max_bytes };
        (0..OBJECTS).for_each(|_| killing.add());
        killing
    }

    /// How many kills left something behind.
    async fn all(mut self) -> usize {
        let cache = self.path("cache");
        let folder = CacheFolder::new(&cache);
        let mut left = 0;
        for number in 0..KILLS {
            match self.dice.below(4) {
                0 => drop(fs::remove_dir_all(&cache)),
                1 | 2 => self.add(),
                _ => {}
            }
            let (question, _) = self.question();
            let mut running = self.pinq(&question).start();
            // Mostly after it has begun to use the cache: what comes before leaves nothing behind.
            while !self.dice.one_in(200) && !is_left_behind(&cache) && running.is_alive() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let moment = self.dice.below(LATEST);
            tokio::time::sleep(Duration::from_micros(moment as u64)).await;
            drop(running);
            left += usize::from(is_left_behind(&cache));

            let (question, right) = self.question();
            let told = format!("kill {number} after {moment} µs, then {question}");
            let finished = self.pinq(&question).run().await;
            assert_eq!(finished.answer(), right, "{told}");
            assert!(!finished.stderr.contains("warning"), "{told}: {}", finished.stderr);
            folder.check_at_rest(self.max_bytes, &told);
        }
        left
    }

    fn question(&mut self) -> (String, String) {
        let count = (self.objects * RECORDS) as u64;
        let sum = count * count.saturating_sub(1) / 2;
        let mut chosen: Vec<_> = ANSWERS.iter().filter(|_| self.dice.one_in(2)).collect();
        if chosen.is_empty() {
            chosen.push(&ANSWERS[1]);
        }
        let (mut columns, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (text, answer)) in chosen.into_iter().enumerate() {
            columns.push(format!("{text} as c{number}"));
            names.push(format!("c{number}"));
            values.push(answer(sum, count).to_string());
        }
        let right = format!("{}\n{}\n", names.join(","), values.join(","));
        (format!("select {} from landed.item", columns.join(", ")), right)
    }

    /// One more object.
    fn add(&mut self) {
        let key = format!("topics/demo.item/partition=0/demo.item+0+{:010}.json", self.objects * RECORDS);
        let mut text = String::new();
        for n in self.objects * RECORDS..(self.objects + 1) * RECORDS {
            writeln!(text, "{{\"n\":{n},\"name\":\"{}\",\"tag\":\"a tag of record {n}\"}}", n % 50).expect("memory");
        }
        let path = self.path(&key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("an object");
        let modified = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        File::options().write(true).open(&path).expect("an object").set_modified(modified).expect("a time");
        self.objects += 1;
    }

    fn pinq(&self, question: &str) -> Pinq {
        let config = format!(
            "{CONFIG}\n[cache]\npath = \"{}\"\nmax_size = \"{}KiB\"\n",
            self.path("cache").display(),
            self.max_bytes >> 10
        );
        let landing = self.path("topics").display().to_string();
        Pinq::alone().config(&config).args(["sql", question, "--landing", &landing, "--format", "csv"])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

/// Whether a process has left its file.
fn is_left_behind(cache: &Path) -> bool {
    fs::read_dir(cache.join("v1").join("processes")).is_ok_and(|mut entries| entries.next().is_some())
}
