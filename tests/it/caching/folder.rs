//! The cache's folder as it must look at any time, whatever was done to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// A folder that a cache was configured to be in.
pub(super) struct CacheFolder {
    folder: PathBuf,
}

impl CacheFolder {
    pub(super) fn new(cache: &Path) -> CacheFolder {
        CacheFolder { folder: cache.join("v1") }
    }

    /// Checks that the bound holds, while others may use it.
    #[track_caller]
    pub(super) fn check(&self, max_bytes: u64, told: &str) {
        if !self.folder.join("index.sqlite").exists() {
            return;
        }
        let files: u64 = self.files().values().sum();
        assert!(files <= max_bytes, "{told}: the segments have {files} bytes, and may have {max_bytes}");
        let total = self.number(
            "SELECT (SELECT coalesce(sum(total), 0) FROM segments) + (SELECT coalesce(sum(length(flags)), 0) FROM repeats)
                  + (SELECT coalesce(sum(length(objects)), 0) FROM listings)",
        );
        assert!(total <= max_bytes, "{told}: the cache has {total} bytes, and may have {max_bytes}");
    }

    /// Checks that nothing is there that nobody owns. Nobody must use it.
    #[track_caller]
    pub(super) fn check_at_rest(&self, max_bytes: u64, told: &str) {
        self.check(max_bytes, told);
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT id, total FROM segments").expect("an index");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("an index");
        let rows: BTreeMap<i64, u64> = rows.map(|row| row.expect("a row")).collect();
        for (file, bytes) in self.files() {
            let total = rows.get(&file).unwrap_or_else(|| panic!("{told}: nobody owns {file}.parquet"));
            assert!(bytes <= *total, "{told}: {file}.parquet has {bytes} bytes, and {total} were counted");
        }
        let unfinished = self.number("SELECT count(*) FROM segments WHERE writer IS NOT NULL");
        assert_eq!(unfinished, 0, "{told}: segments that are being written by nobody");
        assert_eq!(self.number("SELECT count(*) FROM readers"), 0, "{told}: readers that are no more");
        let processes = fs::read_dir(self.folder.join("processes")).expect("a folder").count();
        assert_eq!(processes, 0, "{told}: files of processes that are no more");
    }

    /// The bytes of each segment's file.
    fn files(&self) -> BTreeMap<i64, u64> {
        let entries = fs::read_dir(self.folder.join("segments")).into_iter().flatten();
        let files = entries.filter_map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = name.strip_suffix(".parquet").and_then(|number| number.parse().ok());
            // It may go while it is looked at.
            let bytes = entry.metadata().ok()?.len();
            Some((number.unwrap_or_else(|| panic!("`{name}` is no segment")), bytes))
        });
        files.collect()
    }

    fn number(&self, question: &str) -> u64 {
        self.connection().query_row(question, [], |row| row.get(0)).expect("an index")
    }

    fn connection(&self) -> Connection {
        // Not read-only: of what a killed process left, the first who opens it makes an index again.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(self.folder.join("index.sqlite"), flags).expect("an index");
        connection.busy_timeout(std::time::Duration::from_secs(10)).expect("an index");
        connection
    }
}
