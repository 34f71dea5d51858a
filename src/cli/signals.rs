//! What ends the process from outside: Ctrl-C, a request to end, a terminal that was closed.
//!
//! Owns who obeys them. At a prompt Ctrl-C belongs to the line or the statement, and ends neither process nor session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::ui::{Programs, TerminalState, Ui, UiOptions};

/// How long a command that was told to stop may take to do so.
const GRACE: Duration = Duration::from_millis(500);
/// How long the pager or the editor may take to end, and how often it is looked whether it has.
const PROGRAM_GRACE: Duration = Duration::from_millis(400);
const GLANCE: Duration = Duration::from_millis(5);

/// The signals of one process; clones share what was said of them.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    has_prompt: Arc<AtomicBool>,
    has_scheduler: Arc<AtomicBool>,
    has_left_line: Arc<AtomicBool>,
    /// The terminal as it was before the prompt had it.
    before: Arc<OnceLock<TerminalState>>,
    programs: Programs,
}

/// What a scheduler is told by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// To end.
    Stop,
    /// To read the configuration again.
    Reload,
}

/// The signals of a process that is a scheduler.
#[cfg(unix)]
pub(super) struct SchedulerSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

/// The signals of a process that is a scheduler.
#[cfg(not(unix))]
pub(super) struct SchedulerSignals;

impl Signals {
    /// From now on Ctrl-C is the prompt's.
    pub fn leave_ctrl_c_to_the_prompt(&self) {
        self.has_prompt.store(true, Ordering::Relaxed);
        self.before.get_or_init(TerminalState::read);
    }

    /// Waits for a signal that ends the command. Dropping the command then leaves nothing half written:
    /// answers stand under their names only when they are whole.
    pub(super) async fn stopped(&self) -> Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate()).map_err(not_received)?;
            let mut hang_up = signal(SignalKind::hangup()).map_err(not_received)?;
            let mut said = 0;
            while said < self.enough() {
                tokio::select! {
                    received = self.ctrl_c() => {
                        received.map_err(not_received)?;
                        said += 1;
                    }
                    _ = terminate.recv() => said += 1,
                    _ = hang_up.recv() => if !self.has_scheduler.load(Ordering::Relaxed) { break },
                }
            }
        }
        #[cfg(not(unix))]
        for _ in 0..self.enough() {
            self.ctrl_c().await.map_err(not_received)?;
        }
        self.programs.hang_up();
        Err(Error::new(Kind::Interrupted, "interrupted"))
    }

    /// From now on Ctrl-C and the requests to end and to hang up are the scheduler's. One that has obeyed neither the
    /// first nor the second is ended by the third.
    ///
    /// # Errors
    /// The system lets nobody receive them.
    pub(super) fn leave_to_the_scheduler(&self) -> Result<SchedulerSignals> {
        #[cfg(unix)]
        let signals = {
            use tokio::signal::unix::{SignalKind, signal};
            SchedulerSignals {
                interrupt: signal(SignalKind::interrupt()).map_err(not_received)?,
                terminate: signal(SignalKind::terminate()).map_err(not_received)?,
                hang_up: signal(SignalKind::hangup()).map_err(not_received)?,
            }
        };
        #[cfg(not(unix))]
        let signals = SchedulerSignals;
        self.has_scheduler.store(true, Ordering::Relaxed);
        Ok(signals)
    }

    /// How many signals end the command.
    fn enough(&self) -> u32 {
        if self.has_scheduler.load(Ordering::Relaxed) { 3 } else { 1 }
    }

    /// Where programs are noted that have the terminal.
    pub(super) fn programs(&self) -> Programs {
        self.programs.clone()
    }

    /// Waits until nobody else has the terminal, and leaves the line that is being read.
    pub(super) async fn settle(&self) {
        let gone = async {
            while !self.programs.are_gone() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        // Whoever does not go is left behind.
        let _late = tokio::time::timeout(PROGRAM_GRACE, gone).await;
        if self.has_prompt.load(Ordering::Relaxed) && !self.has_left_line.swap(true, Ordering::Relaxed) {
            crate::repl::leave_line();
            // Before anything is told: what stands below the line begins at the left edge.
            self.give_terminal_back();
        }
    }

    /// Gives the terminal's driver back as the prompt found it, whatever a line or a statement that was under way at a
    /// signal has made of it since. The last thing that the process does.
    pub fn give_terminal_back(&self) {
        if let Some(before) = self.before.get() {
            before.give_back();
        }
    }

    async fn ctrl_c(&self) -> std::io::Result<()> {
        loop {
            tokio::signal::ctrl_c().await?;
            if !self.has_prompt.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    /// Waits for a signal and then a moment in which the command may end in good order by itself.
    pub async fn stopped_hard(&self) -> u8 {
        let Err(error) = self.stopped().await else { return std::future::pending().await };
        tokio::time::sleep(GRACE).await;
        self.settle().await;
        Ui::new(UiOptions::default()).print_error(&error);
        error.kind().exit_code()
    }
}

impl SchedulerSignals {
    /// Waits for the next one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> Said {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Said::Stop,
            Some(()) = self.terminate.recv() => Said::Stop,
            Some(()) = self.hang_up.recv() => Said::Reload,
            // Nothing is received any more.
            else => std::future::pending().await,
        }
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> Said {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Said::Stop
    }
}

fn not_received(error: std::io::Error) -> Error {
    Error::statement("signals could not be received").because(error)
}
