//! Keys that are typed while nobody reads them.
//!
//! Owns the terminal's driver for that while: the keys wait for the next line as they were typed, and are not echoed
//! into what is drawn. Ctrl-C stays a signal.

#[cfg(unix)]
use std::io;

#[cfg(unix)]
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Keeps what is typed until it is dropped.
pub struct TypedAhead {
    #[cfg(unix)]
    before: Option<Termios>,
}

impl TypedAhead {
    /// From now on. Where standard input is no terminal, nothing changes.
    pub fn keep() -> TypedAhead {
        TypedAhead {
            #[cfg(unix)]
            before: tcgetattr(io::stdin()).ok().filter(|before| {
                let mut quiet = before.clone();
                quiet.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
                // Otherwise Enter would come as another key than the one that ends a line.
                quiet.input_modes.remove(InputModes::ICRNL);
                tcsetattr(io::stdin(), OptionalActions::Now, &quiet).is_ok()
            }),
        }
    }
}

impl Drop for TypedAhead {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            // The next line finds out that it can't be put right.
            let _untold = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
