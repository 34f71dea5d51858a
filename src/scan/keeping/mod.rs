//! Rows that several statements of a run read: decoded once for all of them, and kept while memory allows.
//!
//! Owns who decodes, who waits, what is kept, and when it is given up. It must not change an answer: whatever is not
//! kept is read again.

mod collected;
mod filling;
mod footprint;
mod kept;
mod kept_batch;
mod reader;
#[cfg(test)]
mod samples;
mod union;
mod whole;

pub(super) use filling::{Filling, Handed, Taken};
pub use footprint::compact;
pub use kept::Announcement;
pub(super) use kept::{Kept, Opened, Opening, Reads, Waiting};
pub use kept_batch::{CONSUMER, KeptTables, RECORDER};
pub(super) use reader::Reader;
pub(super) use whole::Delivery;
