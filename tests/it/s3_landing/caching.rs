//! What the cache promises: a second run asks for no object that the first one read, and nobody can tell by its
//! answers or its messages.
//!
//! Each file beneath is one side of it; `home` runs the binary in a home that stays from run to run.

mod columns;
mod damage;
mod home;
mod objects;
mod options;
mod records;
mod room;
