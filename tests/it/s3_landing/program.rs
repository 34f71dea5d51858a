//! The binary as a user runs it: an environment, a home and a working folder of its own, and nothing of the caller's.
//!
//! Owns starting, waiting, Ctrl-C and the one check that holds for every run: no secret in what was printed. It must
//! not know what is asked.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::s3::{S3Server, ServerOptions};

/// The project's root, where `pinq.toml`, `queries` and `data-samples` stand.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A secret that no server knows.
pub(crate) const WRONG_SECRET: &str = "wrong/secret/key/hunter2/00000000000000000";

/// How long a run may take; a debug build answers within seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A run in the making.
pub(crate) struct Pinq {
    folder: TempDir,
    command: Command,
}

/// A run under way; dropping it ends it.
pub(crate) struct Running {
    folder: TempDir,
    child: Child,
    started: Instant,
}

/// A run that has ended.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// From its start.
    pub(crate) elapsed: Duration,
    folder: TempDir,
}

impl Pinq {
    /// The binary in a scratch folder, with no variable but `HOME` and `TMPDIR`.
    pub(crate) fn alone() -> Pinq {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinq"));
        command.env_clear();
        for (variable, name) in [("HOME", "home"), ("TMPDIR", "tmp")] {
            fs::create_dir(folder.path().join(name)).expect("a scratch folder");
            command.env(variable, folder.path().join(name));
        }
        fs::create_dir(folder.path().join("work")).expect("a scratch folder");
        command.current_dir(folder.path().join("work"));
        Pinq { folder, command }
    }

    /// As [`Pinq::alone`], with the server's endpoint, keys and region in the environment.
    pub(crate) fn against(server: &S3Server) -> Pinq {
        Pinq::alone().with_keys_of(server.options()).env("AWS_ENDPOINT_URL", server.endpoint())
    }

    /// The server's keys and region in the environment.
    pub(crate) fn with_keys_of(self, options: &ServerOptions) -> Pinq {
        self.env("AWS_ACCESS_KEY_ID", &options.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &options.secret_key)
            .env("AWS_REGION", &options.region)
    }

    /// In the project's root, whose `pinq.toml` declares the columns of the samples.
    pub(crate) fn in_root(mut self) -> Pinq {
        self.command.current_dir(ROOT);
        self
    }

    /// With this `pinq.toml` in the working folder.
    pub(crate) fn config(self, text: &str) -> Pinq {
        self.file("work/pinq.toml", text)
    }

    /// With a file in the scratch folder, below `work` or `home`.
    pub(crate) fn file(self, name: &str, text: &str) -> Pinq {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a scratch folder");
        fs::write(path, text).expect("a scratch file");
        self
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Pinq {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Pinq {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Pinq {
        self.command.args(arguments);
        self
    }

    /// `pinq sql TEXT --landing s3://landing/topics/ --format csv`.
    pub(crate) fn sql(self, text: &str) -> Pinq {
        self.args(["sql", text, "--landing", "s3://landing/topics/", "--format", "csv"])
    }

    pub(crate) fn start(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        Running { child: self.command.spawn().expect("pinq starts"), folder: self.folder, started }
    }

    pub(crate) async fn run(self) -> Finished {
        self.start().wait().await
    }
}

impl Running {
    /// Standard output, for a test that reads it as a pipe does.
    pub(crate) fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("standard output is taken once")
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let sent = Command::new("/bin/sh")
            .args(["-c", "kill -INT \"$0\"", &self.child.id().to_string()])
            .status()
            .expect("`sh` starts");
        assert!(sent.success(), "the signal could not be sent");
    }

    /// The most memory that it held up to now, in MiB; nothing where the system does not tell, or once it has ended.
    pub(crate) fn peak_mib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("the state of a child").is_none()
    }

    pub(crate) async fn wait(mut self) -> Finished {
        let stdout = self.child.stdout.take().map(read);
        let stderr = self.child.stderr.take().map(read);
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "pinq still runs after {LIMIT:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let elapsed = self.started.elapsed();
        let collect =
            |reader: Option<JoinHandle<Vec<u8>>>| reader.map_or_else(Vec::new, |it| it.join().expect("a pipe"));
        let stdout = collect(stdout);
        let stderr = String::from_utf8(collect(stderr)).expect("messages in UTF-8");
        for secret in [ServerOptions::default().secret_key.as_str(), WRONG_SECRET] {
            assert!(!stderr.contains(secret), "the secret was printed: {stderr}");
            assert!(!stdout.windows(secret.len()).any(|part| part == secret.as_bytes()), "the secret was printed");
        }
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a scratch folder"));
        Finished { code: status.code(), stdout, stderr, elapsed, folder }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of one that has ended neither says anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// What was printed, after checking that the run went well.
    #[track_caller]
    pub(crate) fn answer(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        std::str::from_utf8(&self.stdout).expect("an answer in UTF-8")
    }

    /// The messages, after checking the exit code and that no row was answered. A header may stand there: answers
    /// stream, so a failure can come after it.
    #[track_caller]
    pub(crate) fn refusal(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        let answered = String::from_utf8_lossy(&self.stdout);
        assert!(answered.lines().count() <= 1, "an answer beside the error: {answered}");
        &self.stderr
    }

    /// Checks exit code and that every part is said.
    #[track_caller]
    pub(crate) fn assert_refused(&self, code: i32, parts: &[&str]) {
        let said = self.refusal(code);
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names in the temporary folder and the working folder.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        ["tmp", "work"].iter().flat_map(|folder| names(&self.path(folder))).collect()
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder that can be listed");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe that can be read");
        bytes
    })
}
