//! What pinq takes from the process that it runs in: variables, home, working folder, machine.
//!
//! Owns the one reading of them. Everything else takes an `Environment` as an argument, so that
//! tests can make one up; nothing here interprets what a variable means.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::secret::Secret;

/// A snapshot of what surrounds the process. Cheap enough to clone, never changed after it is made.
#[derive(Clone)]
pub struct Environment {
    /// Any of them may be a secret.
    variables: BTreeMap<String, Secret>,
    home: Option<PathBuf>,
    working_folder: PathBuf,
    memory: Option<u64>,
    processors: usize,
    began: Option<i64>,
}

impl Environment {
    /// The environment of this process, read once. Fails where the working folder is gone.
    #[expect(clippy::disallowed_methods, reason = "this is the door by which they enter")]
    pub fn of_process() -> Result<Environment> {
        let working_folder = std::env::current_dir().map_err(|error| {
            Error::usage("the working folder can not be read").because(error).hint("change to a folder that exists")
        })?;
        // A variable that is not text can not be one that pinq knows.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?.into())))
            .collect();
        Ok(Environment {
            variables,
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            working_folder,
            memory: machine_memory(),
            processors: thread::available_parallelism().map_or(1, usize::from),
            began: seconds_since_1970(SystemTime::now()),
        })
    }

    /// An environment with no variables and no home, for tests and for embedding pinq.
    pub fn empty(working_folder: impl Into<PathBuf>) -> Environment {
        Environment {
            variables: BTreeMap::new(),
            home: None,
            working_folder: working_folder.into(),
            memory: None,
            processors: 1,
            began: None,
        }
    }

    /// The same environment with one variable set.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Environment {
        self.variables.insert(name.into(), Secret::from(value.into()));
        self
    }

    /// The same environment with that home folder.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Environment {
        self.home = Some(home.into());
        self
    }

    /// The same environment on a machine with that many bytes of memory and processors.
    #[must_use]
    pub fn with_machine(mut self, memory: u64, processors: usize) -> Environment {
        self.memory = Some(memory);
        self.processors = processors;
        self
    }

    /// The same environment of a process that began so many seconds after 1970, UTC.
    #[must_use]
    pub fn with_began(mut self, began: i64) -> Environment {
        self.began = Some(began);
        self
    }

    /// A variable's value; a variable that is set to nothing counts as not set, as users of shells expect.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.reveal().as_str()).filter(|value| !value.is_empty())
    }

    /// As [`Environment::get`], of a variable whose value is a key, a token or a password.
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.variables.get(name).filter(|value| !value.reveal().is_empty())
    }

    /// Whether a variable says yes: `true`, `1`, `yes` or `on` in any case.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| ["true", "1", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes)))
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The user's folder for what can be made again: `XDG_CACHE_HOME`, else `~/.cache`.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        self.base_folder("XDG_CACHE_HOME", ".cache")
    }

    /// The user's folder for what a program remembers of its use: `XDG_STATE_HOME`, else `~/.local/state`.
    pub fn state_folder(&self) -> Option<PathBuf> {
        self.base_folder("XDG_STATE_HOME", ".local/state")
    }

    /// The user's folder for settings: `XDG_CONFIG_HOME`, else `~/.config`.
    pub fn settings_folder(&self) -> Option<PathBuf> {
        self.base_folder("XDG_CONFIG_HOME", ".config")
    }

    fn base_folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        // A relative path is to be ignored, as the specification of these variables says.
        let named = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| self.home.as_ref().map(|home| home.join(below_home)))
    }

    /// The folder that relative paths of the command line are below.
    pub fn working_folder(&self) -> &Path {
        &self.working_folder
    }

    /// Bytes of memory that this process may use at most: the machine's, or the container's limit.
    pub fn memory(&self) -> Option<u64> {
        self.memory
    }

    /// Processors that this process may use.
    pub fn processors(&self) -> usize {
        self.processors
    }

    /// When the process began, in seconds since 1970, UTC. What is kept from run to run needs to know.
    pub fn began(&self) -> Option<i64> {
        self.began
    }

    /// `path` with a leading `~/` replaced by the home folder, below the working folder.
    pub fn resolve(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.working_folder.join(path),
        }
    }
}

/// Names only: the values of variables are secrets too often.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .field("working_folder", &self.working_folder)
            .field("memory", &self.memory)
            .field("processors", &self.processors)
            .field("began", &self.began)
            .finish()
    }
}

fn seconds_since_1970(instant: SystemTime) -> Option<i64> {
    i64::try_from(instant.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// The smaller of the machine's memory and the limits of the container, in bytes.
fn machine_memory() -> Option<u64> {
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    // `max` in the first file, and a number near 2^63 in the second, mean that there is no limit.
    let limits = [number("/sys/fs/cgroup/memory.max"), number("/sys/fs/cgroup/memory/memory.limit_in_bytes")];
    limits.into_iter().flatten().chain(installed_memory()).min()
}

#[cfg(not(target_os = "macos"))]
fn installed_memory() -> Option<u64> {
    read_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)
}

#[cfg(target_os = "macos")]
fn installed_memory() -> Option<u64> {
    let output = std::process::Command::new("/usr/sbin/sysctl").args(["-n", "hw.memsize"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(any(test, not(target_os = "macos")))]
fn read_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables_and_paths() {
        let environment =
            Environment::empty("/here").with_home("/home/me").with_variable("A", "True").with_variable("B", "");
        assert_eq!(environment.get("A"), Some("True"));
        assert_eq!(environment.get("B"), None);
        assert!(environment.is_true("A") && !environment.is_true("B"));
        assert_eq!(environment.resolve("~/x"), Path::new("/home/me/x"));
        assert_eq!(environment.resolve("x"), Path::new("/here/x"));
    }

    #[test]
    fn finds_the_cache_folder() {
        let environment = Environment::empty("/here");
        assert_eq!(environment.cache_folder(), None);
        let environment = environment.with_home("/home/me").with_variable("XDG_CACHE_HOME", "relative");
        assert_eq!(environment.cache_folder(), Some("/home/me/.cache".into()));
        assert_eq!(environment.with_variable("XDG_CACHE_HOME", "/c").cache_folder(), Some("/c".into()));
    }

    #[test]
    fn debug_holds_no_value() {
        let environment = Environment::empty("/").with_variable("AWS_SECRET_ACCESS_KEY", "hunter2");
        let text = format!("{environment:?}");
        assert!(text.contains("AWS_SECRET_ACCESS_KEY") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn reads_the_memory_of_a_machine() {
        assert_eq!(read_meminfo("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Some(2048 * 1024));
        assert_eq!(read_meminfo("nothing"), None);
    }
}
