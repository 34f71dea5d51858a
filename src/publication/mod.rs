//! What stands at a report's destination: its runs, which of them is the latest, and who may add one.
//!
//! Owns the layout, the record of a run, and that a reader never sees half a run. It must not run anything, nor know
//! what a page looks like.

mod record;

pub use record::{CheckRecord, FileRecord, Outcome, PartitionRecord, QuestionRecord, RunRecord, TableRecord, run_id};
