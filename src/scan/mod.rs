//! A landed table as DataFusion sees it: objects -> fetch -> pack -> decode -> full batches.
//!
//! Owns the run's snapshot of each table, the order of fetching and the byte budget between fetch
//! and decode. It must not parse JSON (`json` does) nor talk to S3 (`store` does).

mod counters;
mod decode;
mod exec;
mod feed;
mod filling;
mod footprint;
mod kept;
mod kept_batch;
mod metadata;
mod pack;
mod provider;
mod reading;
mod repeats;
mod sample;
mod snapshot;
mod spoiled;
mod statistics;
mod table;
mod union;

pub use counters::{Counters, Totals};
pub use exec::announce;
pub use kept::Announcement;
pub use kept_batch::{CONSUMER, KeptTables};
pub use metadata::MetadataColumn;
pub use provider::{LandedProvider, Shape};
pub use table::{Expected, LandedTable, TableContext};
