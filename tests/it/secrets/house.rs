//! A folder in which everything that pinq leaves behind stays, a bucket, and a webhook that listens.
//!
//! Owns starting processes with every secret at hand and the loudest settings, and reading what they left.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::needles::Secrets;
use crate::s3::{Bucket, S3Server, ServerOptions};
use crate::s3_landing::landings::insert_items;

/// How long a command may take; a debug build on a busy machine answers within seconds.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) struct House {
    folder: TempDir,
    pub(super) secrets: Secrets,
    server: S3Server,
    notices: Arc<Mutex<Vec<String>>>,
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) code: Option<i32>,
    /// Both streams.
    pub(super) output: Vec<u8>,
}

/// A process that runs on.
pub(super) struct Resident {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
    reading: Option<JoinHandle<()>>,
}

impl House {
    pub(super) async fn build() -> House {
        let secrets = Secrets::new();
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in ["home/.aws", "tmp", "work/questions", "cache", "state", "config"] {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        let bucket = Bucket::memory();
        insert_items(&bucket, &[3, 2]);
        bucket.insert("x.csv", "n\n1\n");
        let options = ServerOptions { secret_key: secrets.key.clone(), ..ServerOptions::default() };
        let profile =
            format!("[default]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = {}\n", secrets.profile);
        fs::write(folder.path().join("home/.aws/credentials"), profile).expect("a file");
        fs::write(folder.path().join("work/questions/items.sql"), "select count(*) as items from raw.item")
            .expect("a file");
        fs::write(folder.path().join("work/questions/broken.sql"), "select nothing from raw.item").expect("a file");
        let server = S3Server::start(bucket, options).await.expect("a free port");
        let (port, notices) = listen();
        let hook = format!("http://127.0.0.1:{port}/{}?token={}", secrets.path, secrets.query);
        let deaf = format!("http://127.0.0.1:9/{}?token={}", secrets.path, secrets.query);
        let report = |name: &str, question: &str, hook: &str| {
            format!(
                "[reports.{name}]\nquestions = [\"questions/{question}.sql\"]\nschedule = \"0 6 * * *\"\n\
                 destination = \"reports/\"\nnotify = \"{hook}\"\nnotify_on = \"always\"\n\n"
            )
        };
        let text = format!(
            "[landing]\nlocation = \"s3://landing/topics/\"\n\n{}{}{}",
            report("items", "items", &hook),
            report("broken", "broken", &hook),
            report("unheard", "items", &deaf)
        );
        fs::write(folder.path().join("work/pinq.toml"), text).expect("a file");
        House { folder, secrets, server, notices }
    }

    /// A command with every variable that asks for more to be said.
    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinq"));
        let path = |name: &str| self.folder.path().join(name);
        command
            .env_clear()
            .envs([("HOME", path("home")), ("TMPDIR", path("tmp")), ("XDG_CACHE_HOME", path("cache"))])
            .envs([("XDG_STATE_HOME", path("state")), ("XDG_CONFIG_HOME", path("config"))])
            .envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full"), ("RUST_LIB_BACKTRACE", "1")])
            .env("AWS_ENDPOINT_URL", self.server.endpoint())
            .env("AWS_ACCESS_KEY_ID", &self.server.options().access_key)
            .env("AWS_SECRET_ACCESS_KEY", &self.secrets.key)
            .env("AWS_SESSION_TOKEN", &self.secrets.token)
            .env("AWS_REGION", &self.server.options().region)
            .envs(variables.iter().copied())
            .args(arguments.iter().map(|argument| argument.replace("{s3}", "s3://landing/topics/")))
            .current_dir(path("work"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end; questions stand on its standard input.
    pub(super) async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = self.command(arguments, variables);
        let ran = tokio::task::spawn_blocking(move || {
            let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary starts");
            let mut stdin = child.stdin.take().expect("a pipe");
            // Who does not read it has ended before.
            let _ = stdin.write_all(b"select count(*) as items from raw.item;\nselect nothing from raw.item;\n");
            drop(stdin);
            child.wait_with_output().expect("an end")
        });
        let output = tokio::time::timeout(LIMIT, ran).await.expect("the command ends").expect("no panic");
        Outcome { code: output.status.code(), output: [output.stdout, output.stderr].concat() }
    }

    pub(super) fn start(&self, arguments: &[&str]) -> Resident {
        let mut command = self.command(arguments, &[]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the binary starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let said = Arc::default();
        let kept: Arc<Mutex<Vec<u8>>> = Arc::clone(&said);
        let reading = std::thread::spawn(move || {
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                kept.lock().unwrap().append(&mut line);
            }
        });
        Resident { child, said, reading: Some(reading) }
    }

    /// Writes `mistake.toml`, the secrets put in.
    pub(super) fn misconfigure(&self, text: &str) {
        let Secrets { profile, password, path, query, .. } = &self.secrets;
        let text = text.replace("{profile}", profile).replace("{password}", password);
        let text = text.replace("{path}", path).replace("{query}", query);
        fs::write(self.folder.path().join("work/mistake.toml"), text).expect("a file");
    }

    /// What the webhook was told.
    pub(super) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    /// Each secret in a file or a name of what is left behind, but for the files that were made with them.
    pub(super) fn left_behind(&self) -> Vec<String> {
        let made =
            ["work/pinq.toml", "work/mistake.toml", "home/.aws/credentials"].map(|name| self.folder.path().join(name));
        let files = files(self.folder.path());
        assert!(files.len() > made.len(), "something is left behind: {files:?}");
        let mut found = Vec::new();
        for file in files.into_iter().filter(|file| !made.contains(file)) {
            let mut bytes = fs::read(&file).expect("a file");
            bytes.extend(file.as_os_str().as_encoded_bytes());
            found.extend(self.secrets.found_in(&bytes).map(|name| format!("`{}` holds {name}", file.display())));
        }
        found
    }
}

impl Resident {
    /// Waits for the line that tells where the status is.
    #[expect(clippy::disallowed_methods, reason = "a child is watched, and nothing here is asynchronous")]
    pub(super) fn status_address(&mut self) -> String {
        let began = Instant::now();
        loop {
            let said = String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned();
            if let Some((_, rest)) = said.split_once("http://127.0.0.1:").or_else(|| said.split_once("\"127.0.0.1:")) {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                return format!("127.0.0.1:{port}");
            }
            let ended = self.child.try_wait().expect("the state of a child");
            assert!(ended.is_none() && began.elapsed() < LIMIT, "{ended:?}: {said}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// As the system tells it.
    pub(super) fn limit_of_core_files(&self) -> String {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.child.id())).expect("the limits of a process");
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).expect("that limit");
        line.trim_start_matches("Max core file size").split_whitespace().next().expect("a number").to_owned()
    }

    /// Kills it by the signal of a crash.
    pub(super) fn abort(&self) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).expect("a process")).expect("not 0");
        kill_process(process, Signal::ABORT).expect("a signal");
    }

    pub(super) fn ended(mut self) -> Outcome {
        let status = self.child.wait().expect("an end");
        self.reading.take().expect("it is read once").join().expect("the log was read");
        let output = self.said.lock().unwrap().clone();
        Outcome { code: status.code(), output }
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        // Of one that has ended neither says anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a GET, head and body.
pub(super) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the status listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: pinq\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    format!("pinq{answer}")
}

/// A webhook that takes everything, until the test ends.
fn listen() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let notices: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&notices);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut heard, mut part) = (Vec::new(), [0; 4096]);
            // The body follows its head at once, and is small.
            let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
            while let Ok(length) = stream.read(&mut part) {
                heard.extend(&part[..length]);
                if length == 0 {
                    break;
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            told.lock().unwrap().push(String::from_utf8_lossy(&heard).into_owned());
        }
    });
    (port, notices)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
