//! Reports: questions on a schedule, published whole.
//!
//! Owns running a report once, its page, and the scheduler. What stands at a destination is `publication`'s, how
//! statements are run is `engine`'s.

mod notify;
pub mod page;
pub mod scheduler;
pub mod status;

pub use notify::{Ended, Failed, Notice, Told, notify};
