//! Whole processes in bad weather: exit code, what is printed, and what is left on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::landing::{LOCATION, PATIENCE, STORAGE, bucket};
use super::mixes::Mix;
use crate::caching::dice::{Dice, wished};
use crate::s3::{Faults, S3Server, ServerOptions};
use crate::s3_landing::program::{Finished, Pinq, names};

/// Processes of a usual run of the tests.
const PROGRAMS: u64 = 4;

async fn run(server: &S3Server, cache: &Path) -> Finished {
    let config = format!("{STORAGE}{PATIENCE}[cache]\npath = {:?}\n", cache.display().to_string());
    let arguments = ["run", "--questions", "--landing", LOCATION, "--output", "out/"];
    fs::create_dir_all(cache).expect("a scratch folder");
    Pinq::against(server).config(&config).args(arguments).run().await
}

/// The files of the answers by name.
fn answers(finished: &Finished) -> BTreeMap<String, String> {
    let out = finished.path("work/out");
    if !out.exists() {
        return BTreeMap::new();
    }
    let read = |name: String| (name.clone(), fs::read_to_string(out.join(name)).expect("an answer of text"));
    names(&out).into_iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_end_with_whole_answers_and_a_code_that_says_how() {
    let server =
        S3Server::start(bucket(), ServerOptions { page: 9, ..ServerOptions::default() }).await.expect("a port");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let fair = run(&server, &scratch.path().join("fair")).await;
    assert_eq!(fair.code, Some(0), "{}", fair.stderr);
    let right = answers(&fair);
    assert_eq!(right.len(), 11);
    let first = Dice::seed(700);
    let mut ended = BTreeMap::<i32, usize>::new();
    for seed in first..first + wished("PINQ_SEEDS").map_or(PROGRAMS, |seeds| (seeds / 20).max(PROGRAMS)) {
        let mix = Mix::of(seed);
        let told = format!("seed {seed}: {:?}", mix.faults);
        let cache = scratch.path().join(seed.to_string());
        server.set_faults(&mix.faults);
        let finished = run(&server, &cache).await;
        assert!(!finished.stderr.contains("panicked"), "{told}\n{}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{told}");
        let found = answers(&finished);
        match finished.code {
            Some(0) => assert!(found == right, "{told}"),
            Some(1) => {
                assert!(finished.stderr.contains("error: "), "{told}\n{}", finished.stderr);
                assert!(finished.stderr.contains("s3://landing/"), "{told}\n{}", finished.stderr);
                for (name, answer) in &found {
                    assert!(right.get(name) == Some(answer), "{told}: `{name}` is half written or wrong");
                }
            }
            code => panic!("{told}: exit code {code:?}\n{}", finished.stderr),
        }
        *ended.entry(finished.code.unwrap_or(-1)).or_default() += 1;
        assert_eq!(names(&finished.path("tmp")), [""; 0], "{told}");
        server.set_faults(&Faults::default());
        let again = run(&server, &cache).await;
        assert_eq!(again.code, Some(0), "{told}, then fair weather with its cache: {}", again.stderr);
        assert!(answers(&again) == right, "{told}: its cache is poisoned");
    }
    println!("processes by exit code: {ended:?}");
}
