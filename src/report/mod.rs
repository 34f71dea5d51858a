//! Reports: questions on a schedule, published whole.
//!
//! Owns running a report once, its page, and the scheduler. What stands at a destination is `publication`'s, how
//! statements are run is `engine`'s.

mod answer_files;
mod asking;
pub mod changes;
mod notify;
pub mod page;
mod run;
pub mod scheduled;
pub mod scheduler;
mod shown;
mod statements;
pub mod status;
mod tables;

pub use notify::{Ended, Failed, Notice, Told, notify};
pub use run::{PAGE, Publishing, RunRequest, run_report};
