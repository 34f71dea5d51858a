//! What stands at a report's destination: its runs, which of them is the latest, and who may add one.
//!
//! Owns the layout, the record of a run, and that a reader never sees half a run. It must not run anything, nor know
//! what a page looks like.
//!
//! ```text
//! <destination>/<name>/latest.json             which run is the latest complete one
//! <destination>/<name>/latest/index.html       a page that leads to that run's
//! <destination>/<name>/claim.json              who runs the report now, or which time was the last to be done
//! <destination>/<name>/<ID>/run.json           the run's record; a folder without one is no run
//! <destination>/<name>/<ID>/index.html, <question>.<extension>, .rows/<question>.arrow
//! <destination>/<name>/.pinq-...               on disk: the lock, and folders that are being written or removed
//! <destination>/<name>/<ID>/.pinq-begun        on S3: the name is taken, from before the first file to after the last
//! ```
//!
//! **One folder a try.** The first try of a time has the folder `<ID>`, which is the time ([`run_id`]); each further one,
//! after a failure, by another host or by hand for a time that is complete already, has `<ID>.2`, `<ID>.3` and so on. So
//! nobody ever writes into a folder that another may be writing. A try that failed goes when a later one of its time is
//! recorded.
//!
//! **A run is whole where its `run.json` stands.** On disk its folder is written under a hidden name and gets its own by
//! one rename. On S3 `run.json` is the last object that is written and the first that is deleted.
//!
//! **Latest moves forward only**: to a later time, or to a further try of the same time, by a conditional write. So
//! whoever was overtaken moves nothing back.
//!
//! **A claim is a lease on the report**, so that it never overlaps itself. Who takes over a claim that ran out gives each
//! folder of its time that was begun and not finished a `run.json` that says so; that of the other can no longer be
//! created, and nothing of a time is published twice, however long the other was asleep.

mod claim;
mod history;
mod latest;
mod name;
mod publications;
mod publish;
mod record;
mod removal;
mod rows;
mod staging;
mod writing;

pub use claim::{Claim, Claimed, Holder, LEASE, RENEW_AFTER, Released};
pub use history::{DamagedRun, History};
pub use name::RunName;
pub use publications::Publications;
pub use record::{CheckRecord, FileRecord, Outcome, PartitionRecord, QuestionRecord, RunRecord, TableRecord, run_id};
pub use staging::Staging;
