//! Reports: questions on a schedule, published whole.
//!
//! Owns running a report once, its page, and the scheduler. What stands at a destination is `publication`'s, how
//! statements are run is `engine`'s.

pub mod page;
pub mod scheduler;
