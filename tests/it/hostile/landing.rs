//! A landing on disk with the table `t`, and what a run over it takes.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::s3_landing::program::{Finished, Pinq};

/// A run in the making, over a landing of its own.
pub(super) struct Landing {
    pinq: Pinq,
    policy: String,
}

impl Landing {
    /// An empty landing.
    pub(super) fn new() -> Landing {
        let pinq = Pinq::alone();
        fs::create_dir_all(pinq.path("work/topics/a.t/partition=0")).expect("a scratch folder");
        Landing { pinq, policy: String::new() }
    }

    /// Where the objects of the one partition are.
    pub(super) fn folder(&self) -> PathBuf {
        self.pinq.path("work/topics/a.t/partition=0")
    }

    /// With that object.
    pub(super) fn object(self, name: &str, bytes: impl AsRef<[u8]>) -> Landing {
        fs::write(self.folder().join(name), bytes).expect("a scratch file");
        self
    }

    /// With that line under `[tables.t]`.
    pub(super) fn policy(mut self, line: &str) -> Landing {
        self.policy.push_str(line);
        self.policy.push('\n');
        self
    }

    /// What `pinq sql` says to the statement as csv, and the most memory that it held, in MiB.
    pub(super) async fn ask(self, statement: &str) -> (Finished, u64) {
        let config = format!("[landing]\nlocation = 'topics'\n[tables.t]\n{}", self.policy);
        let arguments = ["sql", statement, "--format", "csv", "--no-cache"];
        let mut running = self.pinq.config(&config).args(arguments).start();
        let mut peak = 0;
        while running.is_alive() {
            peak = running.peak_mib().unwrap_or(peak);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        (running.wait().await, peak)
    }
}

/// gzip of `head`, of `byte` so many MiB, and of `tail`; a member for each MiB, so that none is compressed twice.
pub(super) fn gzip(head: &str, byte: u8, mib: usize, tail: &str) -> Vec<u8> {
    let member = |plain: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).expect("memory takes everything");
        encoder.finish().expect("memory takes everything")
    };
    [member(head.as_bytes()), member(&vec![byte; 1 << 20]).repeat(mib), member(tail.as_bytes())].concat()
}

/// As [`gzip`], of Zstandard.
pub(super) fn zstd(head: &str, byte: u8, mib: usize, tail: &str) -> Vec<u8> {
    let frame = |plain: &[u8]| zstd::encode_all(plain, 1).expect("memory takes everything");
    [frame(head.as_bytes()), frame(&vec![byte; 1 << 20]).repeat(mib), frame(tail.as_bytes())].concat()
}
