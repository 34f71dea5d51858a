//! The terminal before another program had it, so that it can be put right afterwards.
//!
//! Owns echo and line editing of the terminal's driver, and the cursor. A pager that ends in good order leaves both as
//! they were; one that is killed does not.

use std::io::{self, Write};

#[cfg(unix)]
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// How the terminal's driver was set.
#[derive(Debug)]
pub struct TerminalState {
    #[cfg(unix)]
    driver: Option<Termios>,
}

impl TerminalState {
    /// What it is now; nothing where standard output is no terminal.
    pub fn read() -> TerminalState {
        TerminalState {
            #[cfg(unix)]
            driver: tcgetattr(io::stdout()).ok(),
        }
    }

    /// Puts the driver back and nothing else.
    pub fn put_back(&self) {
        #[cfg(unix)]
        if let Some(driver) = &self.driver {
            // Nobody is left to be told.
            let _untold = tcsetattr(io::stdout(), OptionalActions::Now, driver);
        }
    }

    /// Lets the driver echo and gather lines, as a program expects that was started by a shell.
    pub(super) fn lend(&self) {
        #[cfg(unix)]
        if let Some(driver) = &self.driver {
            let mut usual = driver.clone();
            usual.local_modes.insert(LocalModes::ICANON | LocalModes::ECHO);
            usual.input_modes.insert(InputModes::ICRNL);
            // A pager sets what it needs by itself.
            let _untold = tcsetattr(io::stdout(), OptionalActions::Now, &usual);
        }
    }

    /// Puts it back; the screen, too, where the program did not end by itself.
    pub(super) fn restore(self, terminal: &mut dyn Write, ended_by_itself: bool) -> io::Result<()> {
        #[cfg(unix)]
        if let Some(driver) = &self.driver {
            tcsetattr(io::stdout(), OptionalActions::Drain, driver)?;
        }
        // The cursor visible and no look left on; out of the other screen only where nobody else left it.
        terminal.write_all(if ended_by_itself { b"\x1b[?25h\x1b[0m" } else { b"\x1b[?1049l\x1b[?25h\x1b[0m\r" })?;
        terminal.flush()
    }
}
