//! The processes that share the cache: which of them are alive.
//!
//! A process holds a lock on a file of its own for as long as it lives, however it ends. Who reads or writes a segment
//! is noted under that file's name; what a dead one noted counts no more.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{Builder, NamedTempFile};

use crate::error::{Error, Result};

/// This process, or rather one opening of the cache in it.
pub struct Process {
    name: String,
    /// Locked; the file goes with it. None once the process has left.
    file: Mutex<Option<NamedTempFile>>,
}

impl Process {
    /// Registers a process in `folder`. Whoever looks for dead ones at the same time must be kept away by the caller:
    /// between its making and its locking the file looks like one.
    pub fn register(folder: &Path) -> Result<Process> {
        let failed = |error| {
            Error::statement(format!("a file could not be made and locked in `{}`", folder.display())).because(error)
        };
        let file = Builder::new().prefix("p").tempfile_in(folder).map_err(failed)?;
        file.as_file().lock().map_err(failed)?;
        let name = file.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Process { name, file: Mutex::new(Some(file)) })
    }

    /// Takes its file away before its time: what still holds on to it does nothing more that anybody waits for.
    pub fn leave(&self) {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The files of processes in `folder` that are dead.
pub fn dead(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files.filter(|path| !is_locked(path)).collect()
}

/// Whether the process of that name is alive.
pub fn is_alive(folder: &Path, name: &str) -> bool {
    is_locked(&folder.join(name))
}

fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_for_as_long_as_it_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::register(folder.path()).unwrap();
        let name = process.name().to_owned();
        assert!(is_alive(folder.path(), &name) && dead(folder.path()).is_empty());
        process.leave();
        assert!(!folder.path().join(&name).exists());
        process.leave();
        drop(process);
        assert!(!is_alive(folder.path(), &name));
        fs::write(folder.path().join("p-killed"), "").unwrap();
        assert_eq!(dead(folder.path()), [folder.path().join("p-killed")]);
    }
}
