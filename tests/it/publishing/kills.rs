//! A process that publishes over and over is killed at random moments: whoever reads finds whole runs alone.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use pinq::publication::{Claimed, Holder, Publications, Released};

use super::place::{Place, daily, minute, stores, write};
use super::reader::Reader;
use crate::caching::dice::Dice;

/// Destinations side by side, and kills at each.
const PLACES: usize = 4;
const KILLS: usize = 25;
/// Runs that stay, so that removing them is interrupted, too.
const KEEP: usize = 3;
/// The latest moment of a kill after the process has begun, in microseconds.
const LATEST: usize = 80_000;
/// How often the moment is counted from the next run that it has published, as a slow machine may never get so far.
const PUBLISHED: usize = 4;

/// Tells the child where to publish; its keys come by the variables of AWS.
const DESTINATION: &str = "PINQ_TEST_DESTINATION";
const SEED: &str = "PINQ_TEST_SEED";
/// What the child says when it begins.
const BEGINS: &str = "it begins";

/// The child, which is the test binary itself, as `kill_often` runs it. Without a parent it ends by itself.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what a parent tells its child")]
async fn publishes_over_and_over() {
    let Ok(destination) = std::env::var(DESTINATION) else {
        let place = Place::disk();
        let (publications, mut dice) = (place.open(KEEP).await, Dice::new(1));
        for _ in 0..10 {
            publish_next(&publications, &mut dice).await;
        }
        Reader::new(&place.stores(), &place.destination()).await.look().await;
        assert_eq!(publications.runs().await.expect("the runs").runs.len(), KEEP);
        return;
    };
    let names = ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"];
    let variables = names.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let publications = Publications::open(&stores(variables), &daily(&destination, KEEP)).await.expect("a destination");
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let mut dice = Dice::new(seed.expect("a number"));
    println!("{BEGINS}");
    loop {
        publish_next(&publications, &mut dice).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_on_disk_finds_whole_runs_alone() {
    let seed = Dice::seed(700);
    println!("the seed is {seed}");
    let killing: Vec<_> =
        (0..PLACES).map(|number| tokio::spawn(kill_often(Place::disk(), seed + number as u64))).collect();
    let mut left = 0;
    for killing in killing {
        left += killing.await.expect("no panic");
    }
    println!("{} kills, of which {left} left something behind", PLACES * KILLS);
    assert!(left > PLACES * KILLS / 10, "hardly any kill came in the middle of something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_on_s3_finds_whole_runs_alone() {
    let seed = Dice::seed(800);
    println!("the seed is {seed}");
    let mut left = 0;
    for number in 0..PLACES {
        left += kill_often(Place::s3().await, seed + number as u64).await;
    }
    println!("{} kills, of which {left} left something behind", PLACES * KILLS);
    assert!(left > PLACES * KILLS / 10, "hardly any kill came in the middle of something");
}

/// How many kills left something behind.
async fn kill_often(place: Place, seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let mut reader = Reader::new(&place.stores(), &place.destination()).await;
    // What is killed leaves its files there.
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut left = 0;
    let mut before = Vec::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().expect("the test binary"))
            .args(["--exact", "publishing::kills::publishes_over_and_over", "--nocapture"])
            .env_clear()
            .env("TMPDIR", scratch.path())
            .env(DESTINATION, place.destination())
            .env(SEED, dice.next().to_string())
            .envs(place.variables())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the test binary starts");
        let stdout = child.stdout.take().expect("a pipe");
        let begun = tokio::task::spawn_blocking(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line.contains(BEGINS))
        });
        assert!(begun.await.expect("no panic"), "the child has ended");
        if kill % PUBLISHED == 0 {
            let before = reader.latest();
            while reader.latest() == before {
                reader.look().await;
                assert!(child.try_wait().expect("a child").is_none(), "the child has ended");
            }
        }
        let moment = Duration::from_micros(dice.below(LATEST) as u64);
        // Reading all the while, and once it is dead.
        let reading = tokio::time::timeout(moment, async {
            loop {
                reader.look().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        assert!(reading.await.is_err());
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        reader.look().await;
        let now = unfinished(&place);
        left += usize::from(now.iter().any(|name| !before.contains(name)));
        before = now;
    }
    assert!(reader.latest().is_some(), "nothing was ever published");

    // The next run clears up on disk; on S3 nothing tells yet that nobody writes there.
    let publications = place.open(KEEP).await;
    publish_next(&publications, &mut dice).await;
    reader.look().await;
    match &place {
        Place::Disk(_) => assert_eq!(unfinished(&place), [""; 0]),
        Place::S3(..) => {
            // Those that another one closed for the dead are no tries of theirs.
            let runs = publications.runs().await.expect("the runs").runs;
            let runs: Vec<_> = runs.iter().filter(|run| run.tries > 0).map(|run| &run.run).collect();
            assert!(runs.len() == KEEP, "{runs:?}");
        }
    }
    left
}

/// Publishes the time after the last one. A claim of one that died has run out by then.
async fn publish_next(publications: &Publications, dice: &mut Dice) {
    let holder = Holder::new("child").expect("a holder");
    let latest = publications.latest().await.expect("the runs");
    let next = latest.map_or(0, |run| (run.scheduled_for - minute(0)).num_minutes() as usize + 1);
    let mut now = minute(next);
    let claim = loop {
        match publications.claim(minute(next), &holder, now).await.expect("a claim") {
            Claimed::Ours(claim) => break claim,
            Claimed::Theirs { until } => now = until,
            Claimed::Done => return,
        }
    };
    let staging = publications.begin(minute(next), Some(&claim)).await.expect("a folder");
    let mut size = || dice.below(3) * dice.below(100_000);
    let record = write(&staging, minute(next), [size(), size(), size()]);
    publications.publish(staging, &record, Some(&claim)).await.expect("a run");
    claim.release(Released::Done).await.expect("a claim");
}

/// What stands there that no run's record knows.
fn unfinished(place: &Place) -> Vec<String> {
    let names = place.names();
    let is_whole = |folder: &str| names.contains(&format!("{folder}/run.json"));
    let is_left = |name: &&String| {
        let folder = name.split('/').next().unwrap_or_default();
        let is_hidden = folder.starts_with(".pinq-") && folder != ".pinq-lock";
        is_hidden || name.ends_with(".tmp") || (folder.starts_with("20") && !is_whole(folder))
    };
    names.iter().filter(is_left).cloned().collect()
}
