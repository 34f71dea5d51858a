//! Packs to batches of rows, and what becomes of the records that give none.
//!
//! Owns decoding on the threads that run the query, exact repeats, and the account of everything that was wrong. It
//! must not fetch, nor parse JSON (`json` does).

mod cached;
mod decode;
mod judge;
mod rejects;
mod repeats;
mod spoiled;
mod tally;
mod unreadable;

pub(super) use decode::{Decoding, Position};
pub(super) use judge::{Judge, bad_record, damaged, skip_hint};
pub(super) use rejects::Damage;
pub use rejects::Rejects;
pub(super) use repeats::Repeats;
pub(super) use spoiled::Spoiled;
pub use tally::{BadPlace, Findings, LateKeyCount, Place};
pub(super) use tally::{ScanTally, TableTally};
