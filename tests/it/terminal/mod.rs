//! pinq on a real terminal: what a person types, sees and leaves behind.
//!
//! `device` runs the binary on a pseudo-terminal, `emulator` draws what it writes and answers what it asks, `screen`
//! looks at the outcome, `setup` makes its surroundings. Every other file is one promise to who sits before it.

mod device;
mod emulator;
mod keys;
mod prompt;
mod runs;
mod screen;
mod setup;
