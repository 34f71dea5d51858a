//! What a run may use: memory, and the room of a disk.
//!
//! Owns running pinq as a process of its own, by a shell that sets its limits, and the most memory that it had. It must
//! not need rights that a user has not: a disk that is full is a limit on the size of files.

mod allocator;
mod disks;
mod memory;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A folder with a configuration, a home and a folder for temporary files.
struct Place {
    root: TempDir,
}

/// How a run ended.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    /// The most memory that it had, in megabytes.
    peak: u64,
}

impl Place {
    /// With `session` under `[session]`, over the sample landing.
    fn with(session: &str) -> Place {
        let root = tempfile::tempdir().expect("a scratch folder");
        for folder in ["home", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        let landing = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples/topics/");
        let config = format!("[landing]\nlocation = \"{}\"\n\n[session]\n{session}\n", landing.display());
        fs::write(root.path().join("pinq.toml"), config).expect("a configuration");
        Place { root }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join(name)
    }

    /// Runs a line of shell, in which `pinq` is the program.
    fn run(&self, line: &str) -> Ran {
        let pinq = env!("CARGO_BIN_EXE_pinq");
        let mut child = Command::new("/bin/sh")
            .args(["-c", &line.replace("exec pinq", &format!("exec '{pinq}'"))])
            .current_dir(self.root.path())
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("TERM", "dumb"), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
            .envs([("HOME", self.path("home")), ("TMPDIR", self.path("tmp"))])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(fs::File::create(self.path("tmp/stdout")).expect("a file"))
            .stderr(fs::File::create(self.path("tmp/stderr")).expect("a file"))
            .spawn()
            .expect("`sh` runs");
        let mut peak = 0;
        let status = loop {
            peak = peak.max(high_water(child.id()));
            match child.try_wait().expect("a child") {
                Some(status) => break status,
                #[expect(clippy::disallowed_methods, reason = "a child is watched, and nothing else runs here")]
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let read = |name: &str| {
            let text = fs::read(self.path(name)).expect("what it wrote");
            fs::remove_file(self.path(name)).expect("a file");
            String::from_utf8_lossy(&text).into_owned()
        };
        Ran { code: status.code(), stdout: read("tmp/stdout"), stderr: read("tmp/stderr"), peak }
    }

    /// The names in a folder, hidden ones included, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// The most memory that a process had up to now, in megabytes; nothing where it is gone.
fn high_water(process: u32) -> u64 {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
