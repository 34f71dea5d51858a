//! Large objects over plain http, where the ranges that a statement read are all that it read: what was damaged on the
//! way is an error, however early the statement had what it wanted.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::landing::STORAGE;
use crate::caching::dice::Dice;
use crate::s3::{Bucket, Checksums, Fault, FaultKind, Faults, FaultyOperation, FaultyWhen, S3Server, ServerOptions};
use crate::s3_landing::program::{Finished, Pinq};

/// Topics, each with one object: bits are flipped at other places in each.
const TOPICS: usize = 5;
const RECORDS: u64 = 20_000;

/// Every number is so many times another: with one bit of a digit flipped, it is not.
const STEP: u64 = 7;

fn lines(more: impl Fn(u64) -> String) -> String {
    many_lines(RECORDS, more)
}

fn many_lines(records: u64, more: impl Fn(u64) -> String) -> String {
    (0..records).map(|number| format!("{{\"id\":{}{}}}\n", 1_000_000 * STEP + number * STEP, more(number))).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

/// A server that has `body` in each topic.
async fn serve(ending: &str, body: Vec<u8>, faults: Vec<Fault>) -> S3Server {
    assert!(body.len() > 150 << 10, "{} bytes are too few ranges", body.len());
    let bucket = Bucket::memory();
    for topic in 0..TOPICS {
        let key = format!("topics/a.t{topic}/partition=0/a.t{topic}+0+0000000000.{ending}");
        bucket.insert(&key, body.clone());
    }
    let options = ServerOptions { faults: Faults(faults), checksums: Checksums::Crc64Nvme, ..ServerOptions::default() };
    S3Server::start(bucket, options).await.expect("a port")
}

fn pinq(server: &S3Server, statement: &str) -> Pinq {
    caching(server, statement, "")
}

/// As [`pinq`], with that line of configuration.
fn caching(server: &S3Server, statement: &str, cache: &str) -> Pinq {
    let tables = (0..TOPICS)
        .map(|topic| format!("[tables.t{topic}]\ncolumns = {{ id = \"bigint\" }}\non_bad_record = \"skip\"\n"));
    let config = format!("{STORAGE}{}{cache}", tables.collect::<String>());
    Pinq::against(server).config(&config).sql(statement)
}

/// The run ended with an error that says what is wrong with which object.
#[track_caller]
fn assert_told(finished: &Finished, topic: usize, told: &str) {
    let stderr = &finished.stderr;
    assert_eq!(finished.code, Some(1), "{told}: {}\n{stderr}", String::from_utf8_lossy(&finished.stdout));
    assert!(stderr.contains(&format!("a.t{topic}+0+")), "{told}\n{stderr}");
    assert!(stderr.contains("is not what the service says it is"), "{told}\n{stderr}");
}

fn flips() -> Fault {
    Fault::always(FaultKind::Flip).on(FaultyOperation::Get)
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_that_ends_decompression_early_is_told_and_never_cached() {
    let random = |number| {
        let mut dice = Dice::new(number);
        format!(",\"a\":\"{:x}{:x}\"", dice.next(), dice.next())
    };
    let server = serve("json.gz", gzip(&lines(random)), vec![flips()]).await;
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for topic in 0..TOPICS {
        let cache = scratch.path().join(topic.to_string());
        std::fs::create_dir_all(&cache).expect("a scratch folder");
        let cache = format!("[cache]\npath = {:?}\n", cache.display().to_string());
        let ask = || caching(&server, &format!("select count(*) as n from t{topic}"), &cache).run();
        let finished = ask().await;
        assert_told(&finished, topic, "a damaged .gz");
        server.set_faults(&Faults::default());
        let again = ask().await;
        assert_eq!(again.answer(), format!("n\n{RECORDS}\n"), "{}", again.stderr);
        server.set_faults(&Faults(vec![flips()]));
    }
}

const EARLY: [&str; 5] = [
    "select id from {t} limit 2000",
    "select id from {t} where id > 0 limit 2000",
    "select distinct id from {t} limit 2000",
    "select id from (select id from {t} limit 1900) order by id limit 1800",
    "create table early as select id from {t} limit 2000; select id from early",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_limit_leaves_unread_does_not_hide_what_was_damaged() {
    let server = serve("json", lines(|_| String::new()).into_bytes(), vec![flips()]).await;
    for topic in 0..TOPICS {
        for statement in EARLY {
            let statement = statement.replace("{t}", &format!("t{topic}"));
            assert_told(&pinq(&server, &statement).run().await, topic, &statement);
        }
    }
    server.set_faults(&Faults::default());
    for statement in EARLY {
        server.reset_counts();
        let finished = pinq(&server, &statement.replace("{t}", "t0")).run().await;
        assert!((1_801..=2_001).contains(&finished.answer().lines().count()), "{statement}\n{}", finished.stderr);
        // It was read no further than twice as far as the statement wanted, which fetched ahead.
        assert!(server.counts().gets <= 36, "{statement}: {}", server.counts());
    }
}

/// What came wrong once is asked for again, or told: never answered.
#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_range_is_never_answered() {
    let server = serve("json", lines(|_| String::new()).into_bytes(), Vec::new()).await;
    for (number, topic) in (1..).zip(0..TOPICS) {
        let once = Fault { when: FaultyWhen::Number(number), ..flips() };
        server.set_faults(&Faults(vec![once]));
        let finished = pinq(&server, &format!("select id from t{topic} where id > 0 limit 2000")).run().await;
        match finished.code {
            Some(0) => {
                let numbers = finished.answer().lines().skip(1).map(|line| line.parse::<u64>().expect("a number"));
                assert!(numbers.count() == 2_000, "{}", finished.stderr);
                let mut numbers = finished.answer().lines().skip(1).map(|line| line.parse::<u64>().expect("a number"));
                assert!(numbers.all(|number| number.is_multiple_of(STEP)), "{number}");
            }
            _ => assert_told(&finished, topic, "one flipped bit"),
        }
    }
}

/// Whoever closed the pipe has seen rows: that they were wrong is said, and by the exit code, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_does_not_hide_what_was_damaged() {
    // Rows have to be seen before the object is read to its end, where the damage shows: there are many more than a
    // batch of them and what is read ahead.
    let server = serve("json", many_lines(20 * RECORDS, |_| String::new()).into_bytes(), vec![flips()]).await;
    let read_some = |statement: &'static str| {
        let mut running = pinq(&server, statement).start();
        async move {
            let mut stdout = running.take_stdout();
            let mut seen = [0; 1_000];
            let read = tokio::task::spawn_blocking(move || stdout.read_exact(&mut seen)).await.expect("a thread");
            (read.is_ok(), running.wait().await)
        }
    };
    let (read, finished) = read_some("select id from t0").await;
    assert!(read, "no rows came before the error: {}", finished.stderr);
    assert_told(&finished, 0, "a closed pipe");
    server.set_faults(&Faults::default());
    let (read, finished) = read_some("select id from t1").await;
    assert!(read && finished.code == Some(0) && finished.stderr.is_empty(), "{}", finished.stderr);
}
