//! A landed table as DataFusion sees it: objects -> fetch -> pack -> decode -> full batches.
//!
//! Owns the run's snapshot of each table, the order of fetching and the byte budget between fetch
//! and decode. It must not parse JSON (`json` does) nor talk to S3 (`store` does).

mod budget;
mod counters;
mod decode;
mod exec;
mod feed;
mod filling;
mod folder;
mod footprint;
mod inflate;
mod judge;
mod kept;
mod kept_batch;
mod large;
mod listing;
mod metadata;
mod metrics;
mod options;
mod origin;
mod pack;
mod parts;
mod provider;
mod pruning;
mod reading;
mod rejects;
mod repeats;
mod sample;
mod schema_cache;
mod selection;
mod snapshot;
mod spoiled;
mod statistics;
mod table;
mod tally;
mod union;
mod wanted;

pub use counters::{Counters, Totals};
pub use exec::announce;
pub use kept::Announcement;
pub use kept_batch::{CONSUMER, KeptTables};
pub use metadata::MetadataColumn;
pub use options::TableOptions;
pub use provider::{LandedProvider, Shape, rest_column};
pub use rejects::Rejects;
pub use sample::SampleOrigin;
pub use schema_cache::SchemaCache;
pub use table::{Expected, LandedTable, TableContext};
pub use tally::{BadPlace, Findings, LateKeyCount, Place};
