//! Eight processes at once on one cache: each answers right and has nothing to complain of.

use futures::future::join_all;

use super::folder::CacheFolder;
use crate::s3::S3Server;
use crate::s3_landing::landings::{COUNT, DECLARED, counted, item_key, items, serve};
use crate::s3_landing::program::Pinq;

const PROCESSES: usize = 8;
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_share_a_cache() {
    crowd(1 << 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_push_one_another_out() {
    crowd(6 << 10).await;
}

/// Rounds of processes over a bucket that grows from round to round; the first finds no cache.
async fn crowd(max_bytes: u64) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let cache = scratch.path().join("cache");
    let mut objects = 60;
    let bucket = items(&[40, 20]);
    let server = serve(&bucket).await;
    for round in 0..ROUNDS {
        let running = (0..PROCESSES).map(|process| {
            let (question, right) = question(process + round, objects);
            let pinq = pinq(&server, &cache.display().to_string(), max_bytes).sql(&question);
            async move { (pinq.run().await, question, right) }
        });
        for (finished, question, right) in join_all(running).await {
            let told = format!("round {round}: {question}");
            assert_eq!(finished.answer(), right, "{told}");
            assert!(!finished.stderr.contains("warning"), "{told}: {}", finished.stderr);
        }
        CacheFolder::new(&cache).check_at_rest(max_bytes, &format!("round {round}"));
        if round % 2 == 1 {
            bucket.insert(&item_key(1, objects), format!("{{\"n\":{objects}}}"));
            objects += 1;
        }
    }
    // Whatever was pushed out, a cache that has room for everything has everything by now.
    let before = server.counts().gets;
    let finished = pinq(&server, &cache.display().to_string(), 1 << 30).sql(COUNT).run().await;
    assert_eq!(finished.answer(), counted(objects));
    if max_bytes == 1 << 30 {
        assert!(server.counts().gets - before <= 1, "{}", server.counts());
    }
}

fn question(number: usize, objects: usize) -> (String, String) {
    let repeats = "select count(*) filter (where _repeat) as repeats, max(_line) as line from landed.item";
    match number % 3 {
        0 => (COUNT.to_owned(), counted(objects)),
        1 => (repeats.to_owned(), "repeats,line\n0,1\n".to_owned()),
        _ => (format!("{COUNT}; {repeats}"), format!("{}\nrepeats,line\n0,1\n", counted(objects))),
    }
}

fn pinq(server: &S3Server, cache: &str, max_bytes: u64) -> Pinq {
    let config = format!("{DECLARED}\n[cache]\npath = \"{cache}\"\nmax_size = \"{}KiB\"\n", max_bytes >> 10);
    Pinq::against(server).config(&config)
}
