//! The command line as a user meets it: every session in `tests/cli/*.md`, one test.
//!
//! Owns finding the sessions; their format and running them is `console`'s. Cases are added as files
//! there, one topic a file, not here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::console;

/// Sessions that run at the same time: each is a process that answers a query.
const AT_ONCE: usize = 2;

#[test]
fn sessions_print_what_they_show() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let entries = fs::read_dir(&folder).expect("the folder of sessions can be listed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the entry can be read").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no session was found in `{}`", folder.display());
    let differences: Vec<String> = std::thread::scope(|scope| {
        let share = |offset: usize| files.iter().skip(offset).step_by(AT_ONCE);
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|offset| scope.spawn(move || share(offset).flat_map(|file| console::run(file)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a session does not panic")).collect()
    });
    assert!(differences.is_empty(), "{} commands differ:\n{}", differences.len(), differences.join("\n\n"));
}
