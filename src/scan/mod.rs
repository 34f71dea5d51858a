//! A landed table as DataFusion sees it: objects -> fetch -> pack -> decode -> full batches.
//!
//! Owns the way from a table's location to its rows. A room a step: `objects` says what is read, `fetch` brings it,
//! `rows` decodes it, `refining` says what of it is given, `keeping` shares it between statements, `schema` settles the
//! columns; the files beside them are what DataFusion calls, and what ties the rooms. It must not parse JSON (`json`
//! does) nor talk to S3 (`store` does).

mod cached;
mod context;
mod counters;
mod exec;
mod fetch;
mod keeping;
mod metrics;
mod objects;
mod options;
mod provider;
mod reading;
mod refining;
mod rows;
mod schema;
mod statistics;
mod table;

pub use context::TableContext;
pub use counters::{Counters, Totals};
pub use exec::{ScanDescription, announce, announces_all, collected, conditions, described, refined};
pub use keeping::{Announcement, CONSUMER, KeptTables, RECORDER, compact};
pub use objects::{MetadataColumn, Page};
pub use options::TableOptions;
pub use provider::{LandedProvider, Shape, rest_column};
pub use refining::{Expression, add_new, moved, replaced};
pub use rows::{BadPlace, Findings, LateKeyCount, Place, Rejects};
pub use schema::{LookingSpace, SampleOrigin, SchemaCache, spread};
pub use table::{Expected, LandedTable, SeenTotals};
