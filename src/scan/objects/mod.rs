//! Which objects a table has, which of them a scan reads, and what their places say of their records.
//!
//! Owns the run's one listing of each folder, the choice by predicates, and the columns that come from a key rather
//! than from a record. It must not look into an object, and uses no other room of `scan`.

mod ascending;
mod below;
mod folder;
mod known;
mod listing;
mod metadata;
mod once;
mod origin;
pub(super) mod pruning;
mod selection;
mod snapshot;

pub(super) use folder::FolderColumn;
pub(super) use known::KnownListings;
pub use metadata::MetadataColumn;
pub(super) use origin::{Origin, OriginColumn, object_column, offset_column, origin_columns};
pub(super) use pruning::{Pruning, is_plain, used};
pub(super) use selection::{Selection, SelectionCounts};
pub use snapshot::Page;
pub(super) use snapshot::Snapshot;
