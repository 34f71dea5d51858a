//! Reports: questions on a schedule, published whole.
//!
//! Owns running a report once, its page, and the scheduler. What stands at a destination is `publication`'s, how
//! statements are run is `engine`'s.

mod answer_files;
mod asking;
pub mod changes;
pub mod page;
mod run;
mod shown;
mod statements;
mod tables;

pub use run::{PAGE, Publishing, RunRequest, run_report};
