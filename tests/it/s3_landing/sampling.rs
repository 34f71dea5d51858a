//! What it takes to look at the objects of a bucket for their columns.

use super::program::Pinq;
use crate::s3::{Bucket, S3Server, ServerOptions};

/// An array has no end that a part of it shows, so that more and more of it is fetched.
#[tokio::test(flavor = "multi_thread")]
async fn large_arrays_are_looked_at_a_few_at_a_time() {
    const ARRAYS: usize = 40;
    let item = format!("{{\"id\":1,\"a\":\"{}\"}}", "x".repeat(1 << 10));
    let array = bytes::Bytes::from(format!("[{}]", vec![item.as_str(); 24 << 10].join(",\n")));
    let bucket = Bucket::memory();
    for number in 0..ARRAYS {
        bucket.insert(&format!("topics/a.t/partition=0/a.t+0+{number:010}.json"), array.clone());
    }
    let server = S3Server::start(bucket, ServerOptions::default()).await.expect("a port");
    let arguments = ["schema", "t", "--landing", "s3://landing/topics/"];
    let config = "[session]\nmemory_limit = \"256MB\"\n";
    let mut running = Pinq::against(&server).config(config).args(arguments).start();
    let mut peak = 0;
    while running.is_alive() {
        peak = running.peak_mib().unwrap_or(peak);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let finished = running.wait().await;
    assert!(
        finished.code == Some(0) && String::from_utf8_lossy(&finished.stdout).contains("id"),
        "{}",
        finished.stderr
    );
    // All of them together have a gigabyte.
    assert!(peak < 400, "{peak} MiB");
}
