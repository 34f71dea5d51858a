//! What the allocator is told when the program starts: on Linux with glibc alone, which reads it from its environment.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Place;

const TUNABLES: &str = "GLIBC_TUNABLES=";

/// The environment and the arguments of a pinq that waits for statements.
async fn started_with(variables: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let place = Place::with("");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pinq"))
        .args(["repl", "--config"])
        .arg(place.path("pinq.toml"))
        .env_clear()
        .env("HOME", place.path("home"))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("pinq");
    wait_for_threads(child.id()).await;
    let read = |name: &str| {
        let text = fs::read_to_string(format!("/proc/{}/{name}", child.id())).expect("a process of ours");
        text.split_terminator('\0').map(str::to_owned).collect::<Vec<_>>()
    };
    let seen = (read("environ"), read("cmdline"));
    drop(child.stdin.take());
    assert!(child.wait().expect("an end").success());
    seen
}

/// Until it has threads of its own: from then on it does not begin again.
async fn wait_for_threads(process: u32) {
    let began = Instant::now();
    while fs::read_dir(format!("/proc/{process}/task")).expect("a process of ours").count() < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "it started no thread");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_allocator_is_tuned_unless_something_else_was_asked_for() {
    // Some versions of glibc write over the colons in the variable once they have read it.
    let tunables = |environment: &[String]| -> Vec<String> {
        let all =
            environment.iter().flat_map(|variable| variable.strip_prefix(TUNABLES).unwrap_or(variable).split(':'));
        all.filter(|tunable| tunable.starts_with("glibc.")).map(str::to_owned).collect()
    };
    let (environment, arguments) = started_with(&[]).await;
    let tuned = tunables(&environment);
    let arenas = std::thread::available_parallelism().expect("cores").get() + 1;
    for one in ["hugetlb=1", "mmap_threshold=1048576", &format!("arena_max={arenas}")] {
        assert!(tuned.contains(&format!("glibc.malloc.{one}")), "{one} in {tuned:?}");
    }
    assert_eq!(arguments[..3], [env!("CARGO_BIN_EXE_pinq"), "repl", "--config"]);
    let (environment, _) = started_with(&[("MALLOC_MMAP_THRESHOLD_", "65536")]).await;
    assert_eq!(tunables(&environment), [""; 0]);
    let own = "glibc.malloc.arena_max=2";
    let (environment, _) = started_with(&[("GLIBC_TUNABLES", own)]).await;
    assert_eq!(tunables(&environment), [own]);
}
