//! The driver of the terminal: how it was, what it is set to for a while, and that it is given back.
//!
//! Owns every setting of echo and line editing that is not the line editor's own, and the moment from which nobody
//! sets anything any more. A pager that ends in good order leaves the driver as it was; one that is killed does not.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Whose the terminal is; held while its driver is being set. A process has one terminal, and whatever still runs when
/// it ends must not set what the shell has got back.
static OWNER: Mutex<Owner> = Mutex::new(Owner::Pinq);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Pinq,
    Shell,
}

/// How the terminal's driver was set.
#[derive(Debug)]
pub struct TerminalState {
    #[cfg(unix)]
    driver: Option<Termios>,
}

impl TerminalState {
    /// What it is now; nothing where standard input is no terminal.
    pub fn read() -> TerminalState {
        TerminalState {
            #[cfg(unix)]
            driver: tcgetattr(io::stdin()).or_else(|_| tcgetattr(io::stdout())).ok(),
        }
    }

    /// Puts the driver back for good: from now on nothing that is still under way can set it.
    pub fn give_back(&self) {
        let mut owner = owner();
        *owner = Owner::Shell;
        #[cfg(unix)]
        if let Some(driver) = &self.driver {
            // Nobody is left to be told.
            let _untold = set(driver);
        }
    }

    /// Puts the driver back, unless the shell has it again.
    pub fn put_back(&self) -> io::Result<()> {
        while_ours(|| {
            #[cfg(unix)]
            if let Some(driver) = &self.driver {
                return set(driver);
            }
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Lets the driver echo and gather lines, as a program expects that was started by a shell.
    pub fn lend(&self) {
        #[cfg(unix)]
        self.change(|driver| {
            driver.local_modes.insert(LocalModes::ICANON | LocalModes::ECHO);
            driver.input_modes.insert(InputModes::ICRNL);
        });
    }

    /// Lets the driver keep keys as they are typed, without an echo, until a line is read. Ctrl-C stays a signal.
    pub(super) fn keep_keys(&self) {
        #[cfg(unix)]
        self.change(|driver| {
            driver.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            // Otherwise Enter would come as another key than the one that ends a line.
            driver.input_modes.remove(InputModes::ICRNL);
        });
    }

    /// Puts it back; the screen, too, where the program did not end by itself.
    pub(super) fn restore(self, terminal: &mut dyn Write, ended_by_itself: bool) -> io::Result<()> {
        self.put_back()?;
        // The cursor visible and no look left on; out of the other screen only where nobody else left it.
        terminal.write_all(if ended_by_itself { b"\x1b[?25h\x1b[0m" } else { b"\x1b[?1049l\x1b[?25h\x1b[0m\r" })?;
        terminal.flush()
    }

    #[cfg(unix)]
    fn change(&self, change: impl FnOnce(&mut Termios)) {
        if let Some(driver) = &self.driver {
            let mut changed = driver.clone();
            change(&mut changed);
            // Whoever reads next sets what it needs by itself, and finds out that it can't.
            let _untold = while_ours(|| set(&changed));
        }
    }
}

/// Does what sets the terminal's driver, unless the shell has it again: then nothing, and there is no outcome.
pub fn while_ours<T>(set: impl FnOnce() -> T) -> Option<T> {
    let owner = owner();
    (*owner == Owner::Pinq).then(set)
}

fn owner() -> MutexGuard<'static, Owner> {
    OWNER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// At once: to wait until all output is shown could take as long as the user stops it.
#[cfg(unix)]
fn set(driver: &Termios) -> io::Result<()> {
    let done = tcsetattr(io::stdin(), OptionalActions::Now, driver);
    done.or_else(|_| tcsetattr(io::stdout(), OptionalActions::Now, driver)).map_err(io::Error::from)
}
