//! A scheduler in a scratch folder, with the entries of its log.
//!
//! Owns starting it, waiting for what it says, signals, and the check that holds always: every line of the log is JSON.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take; a debug build on a busy machine answers within seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A project of its own, with the samples for a landing.
pub(super) struct Project(TempDir);

/// A scheduler that runs; dropping it ends it.
pub(super) struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<Value>>>,
    reading: Option<JoinHandle<()>>,
}

impl Project {
    /// One with these reports, and with files of questions.
    pub(super) fn new(reports: &str, questions: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().expect("a scratch folder"));
        for folder in ["home", "tmp", "work"] {
            fs::create_dir(project.0.path().join(folder)).expect("a folder");
        }
        for (name, text) in questions {
            fs::write(project.path(name), text).expect("a file of a question");
        }
        project.configure(reports);
        project
    }

    /// Other reports.
    pub(super) fn configure(&self, reports: &str) {
        let landing = concat!(env!("CARGO_MANIFEST_DIR"), "/data-samples/topics/");
        let text = format!("[landing]\nlocation = {landing:?}\n\n{reports}");
        fs::write(self.path("pinq.toml"), text).expect("a configuration");
    }

    /// Below the working folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    /// The names in a folder of the destination, sorted; none where it is missing.
    pub(super) fn published(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// The runs of a report at the destination.
    pub(super) fn runs(&self, report: &str) -> Vec<Value> {
        let runs = self.published(&format!("reports/{report}"));
        let records = runs.iter().filter_map(|run| read(&self.path(&format!("reports/{report}/{run}/run.json"))));
        records.collect()
    }

    /// Starts a scheduler.
    pub(super) fn start(&self, arguments: &[&str]) -> Daemon {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pinq"))
            .env_clear()
            .env("HOME", self.0.path().join("home"))
            .env("TMPDIR", self.0.path().join("tmp"))
            .current_dir(self.0.path().join("work"))
            .args(["report", "start"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let log: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in lines {
                let line = line.expect("UTF-8");
                // The last words of a command that fails are for whoever started it.
                let entry = serde_json::from_str(&line).unwrap_or_else(|_| serde_json::json!({ "said": line }));
                kept.lock().unwrap().push(entry);
            }
        });
        Daemon { child, log, reading: Some(reading) }
    }
}

impl Daemon {
    /// Everything that it said up to now.
    pub(super) fn log(&self) -> Vec<Value> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it has said `message` so many times, and gives the last of these entries.
    pub(super) fn until_said(&mut self, message: &str, times: usize) -> Value {
        let began = Instant::now();
        loop {
            let log = self.log();
            let mut said = log.iter().filter(|entry| entry["message"] == message);
            if let Some(entry) = said.nth(times - 1) {
                return entry.clone();
            }
            let ended = self.child.try_wait().expect("the state of a child");
            assert!(ended.is_none() && began.elapsed() < LIMIT, "`{message}` is not said, {ended:?}: {log:#?}");
            rest(Duration::from_millis(10));
        }
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).expect("a process")).expect("not 0");
        kill_process(process, signal).expect("a signal");
    }

    /// Waits for the end, and gives the exit code and all that was said.
    pub(super) fn ended(mut self) -> (Option<i32>, Vec<Value>) {
        let began = Instant::now();
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                break status;
            }
            assert!(began.elapsed() < LIMIT, "it does not end: {:#?}", self.log());
            rest(Duration::from_millis(10));
        };
        self.reading.take().expect("it is read once").join().expect("the log was read");
        (status.code(), self.log())
    }

    /// Asks it to end, and checks that it does so in good order.
    pub(super) fn stopped(self) -> Vec<Value> {
        self.signal(Signal::TERM);
        let (code, log) = self.ended();
        assert_eq!(code, Some(0), "{log:#?}");
        assert!(log.iter().all(|entry| entry["level"].is_string()), "a line is not JSON: {log:#?}");
        log
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Waits for a while.
#[expect(clippy::disallowed_methods, reason = "the process has a life of its own, and nothing here is asynchronous")]
pub(super) fn rest(time: Duration) {
    std::thread::sleep(time);
}

/// What a file of JSON says, if there is one.
pub(super) fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
