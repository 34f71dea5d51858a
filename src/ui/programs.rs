//! Programs of the user that have the terminal for a while: the pager, the editor.
//!
//! Owns which of them run, so that whoever ends pinq ends them before: they would go on reading keys that are the
//! shell's again. It must not start any.

use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The programs that run now; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    running: Arc<Mutex<Vec<u32>>>,
}

/// That a program has the terminal. Drop it once the terminal is right again behind it.
#[derive(Debug)]
pub struct HasTerminal {
    programs: Programs,
    id: u32,
}

impl Programs {
    /// From now on that program has the terminal.
    pub fn note(&self, child: &Child) -> HasTerminal {
        let id = child.id();
        self.lock().push(id);
        HasTerminal { programs: self.clone(), id }
    }

    /// Whether the terminal is pinq's alone.
    pub fn are_gone(&self) -> bool {
        self.lock().is_empty()
    }

    /// Tells each that its terminal is gone, which is what ends them where the window is closed.
    #[cfg(unix)]
    pub fn hang_up(&self) {
        use rustix::process::{Pid, Signal, getpgrp, getpid, kill_process, kill_process_group};

        let running = self.lock();
        if running.is_empty() {
            return;
        }
        // What has gone already needs no telling.
        for pid in running.iter().filter_map(|id| i32::try_from(*id).ok().and_then(Pid::from_raw)) {
            let _gone = kill_process(pid, Signal::HUP);
        }
        // A shell may stand between pinq and the program. Where the group is pinq's own, it holds them all; pinq itself
        // hears of it what it knows. Another's group is not for pinq to end.
        if getpgrp() == getpid() {
            let _gone = kill_process_group(getpid(), Signal::HUP);
        }
    }

    /// Tells each that its terminal is gone.
    #[cfg(not(unix))]
    pub fn hang_up(&self) {}

    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HasTerminal {
    fn drop(&mut self) {
        self.programs.lock().retain(|id| *id != self.id);
    }
}
