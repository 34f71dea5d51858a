//! Serves a folder as an S3 bucket on loopback: `cargo run --release --example s3-landing -- DIR --latency 50ms`.
//!
//! It owns the command line and what is printed; the server itself is in `server/`, which tests include too.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example is a program of its own, and this is its output"
)]

mod server;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use server::{Anonymous, Bucket, Checksums, Counts, Fault, Faults, S3Server, ServerOptions, WrongRegion};

/// Serve a folder as an S3 bucket on 127.0.0.1, with signatures checked and a latency of your choice.
///
/// PUT and DELETE change the folder. A summary of the requests is printed at the end (Ctrl-C).
#[derive(Parser)]
#[command(name = "s3-landing")]
struct Arguments {
    /// The folder whose files are the objects of the bucket; it is created where it does not exist
    dir: PathBuf,
    /// How long each request sleeps, as in `50ms` or `0.2s`
    #[arg(long, value_name = "DURATION", default_value = "0ms", value_parser = parse_duration)]
    latency: Duration,
    /// Answer GETs and LISTs beyond this many requests in flight with 503 `SlowDown`
    #[arg(long, value_name = "REQUESTS")]
    slow_down_above: Option<u64>,
    /// Something to do wrong, as in `reset:rate=0.01,seed=7`; may be given more than once
    ///
    /// KIND is one of: internal (500), slow-down (503), delay, stall-head, stall-body, drip, reset, cut, surplus, stray,
    /// short, long, flip, gone, replaced, swapped, expired-token, redirect, skewed, list-repeat, list-reorder, list-loop,
    /// list-lost. After a colon, in any number and separated by commas: op=GET|LIST|HEAD|PUT|DELETE|any, key=PART of the
    /// path or query, n=NUMBER of the request that it strikes (from 1, of those that match), from=NUMBER, rate=SHARE with
    /// seed=NUMBER, times=MOST, ms=MILLISECONDS of a delay. Without n, from and rate it strikes each time.
    #[arg(long = "fault", value_name = "KIND[:NAME=VALUE,...]")]
    faults: Vec<Fault>,
    /// The checksum to tell of whole objects, as AWS does: none, crc64nvme or crc32c
    #[arg(long, value_name = "KIND", default_value = "none", value_parser = Checksums::parse)]
    checksums: Checksums,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The name of the bucket
    #[arg(long, value_name = "NAME", default_value = "landing")]
    bucket: String,
    /// The region that requests must be signed for
    #[arg(long, default_value_t = ServerOptions::default().region)]
    region: String,
    /// The only access key that is known
    #[arg(long, value_name = "KEY", default_value_t = ServerOptions::default().access_key)]
    access_key: String,
    /// Its secret
    #[arg(long, value_name = "SECRET", default_value_t = ServerOptions::default().secret_key)]
    secret_key: String,
    /// Refuse requests of this kind, however they are signed: list, read, write, delete, or all as `expired-token` or
    /// `wrong-clock`
    #[arg(long, value_name = "KIND", value_parser = parse_denied)]
    denied: Vec<server::Denied>,
    /// Seconds that the `Date` of answers is ahead of this machine's clock
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    clock_ahead: Option<i64>,
    /// Serve requests without a signature too
    #[arg(long)]
    anonymous: bool,
    /// Answer a signature for another region with 400 `AuthorizationHeaderMalformed` instead of 301 `PermanentRedirect`
    #[arg(long)]
    malformed_region: bool,
    /// Print the counts to stderr this often, where they have changed
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    stats_every: Option<Duration>,
}

// One thread serves more than ten thousand requests a second, and leaves the other cores to the program under test.
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.dir)?;
    let began = Instant::now();
    let bucket = Bucket::folder(&arguments.dir)?;
    eprintln!("{} objects below `{}`, indexed in {:.1?}", bucket.len(), arguments.dir.display(), began.elapsed());

    let options = ServerOptions {
        bucket_name: arguments.bucket,
        region: arguments.region,
        access_key: arguments.access_key,
        secret_key: arguments.secret_key,
        anonymous: if arguments.anonymous { Anonymous::Allowed } else { Anonymous::Refused },
        denied: arguments.denied,
        clock_ahead: arguments.clock_ahead,
        wrong_region: if arguments.malformed_region { WrongRegion::Malformed } else { WrongRegion::Redirected },
        latency: arguments.latency,
        slow_down_above: arguments.slow_down_above,
        faults: Faults(arguments.faults),
        checksums: arguments.checksums,
        page: ServerOptions::default().page,
        port: arguments.port,
    };
    let server = S3Server::start(bucket, options).await?;
    announce(&server);

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        () = report(&server, arguments.stats_every) => {}
    }
    let counts = server.counts();
    server.shutdown().await;
    eprintln!("{counts}");
    Ok(())
}

/// Prints what a client needs, ready to be pasted into a shell.
fn announce(server: &S3Server) {
    let options = server.options();
    println!("export AWS_ENDPOINT_URL_S3={}", server.endpoint());
    println!("export AWS_ACCESS_KEY_ID={}", options.access_key);
    println!("export AWS_SECRET_ACCESS_KEY={}", options.secret_key);
    println!("export AWS_REGION={}", options.region);
    println!("# pinq run --questions --landing s3://{}/topics/", options.bucket_name);
}

/// Prints the counts again and again, where they have changed; without an interval it only waits.
async fn report(server: &S3Server, every: Option<Duration>) {
    let Some(every) = every else { return std::future::pending().await };
    let mut printed = Counts::default();
    loop {
        tokio::time::sleep(every).await;
        let counts = server.counts();
        if counts != printed {
            eprintln!("{counts}");
            printed = counts;
        }
    }
}

/// Reads `50ms`, `2s` or `0.5s`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, seconds_per_unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => return Err("a duration ends in `ms` or `s`, as in `50ms`".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|error| error.to_string())
}

/// Reads what is refused.
fn parse_denied(text: &str) -> Result<server::Denied, String> {
    Ok(match text {
        "list" => server::Denied::List,
        "read" => server::Denied::Read,
        "write" => server::Denied::Write,
        "delete" => server::Denied::Delete,
        "expired-token" => server::Denied::ExpiredToken,
        "wrong-clock" => server::Denied::WrongClock,
        _ => return Err(format!("`{text}` is not list, read, write, delete, expired-token or wrong-clock")),
    })
}
