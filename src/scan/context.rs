//! What a session gives to each of its tables.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::counters::Counters;
use super::keeping::KeptTables;
use super::rows::Rejects;
use super::schema::{LookingSpace, SchemaCache};
use crate::cache::Cache;
use crate::config::Relisting;
use crate::store::Stores;

/// What all tables of an engine share.
#[derive(Clone, Debug)]
pub struct TableContext {
    /// Where the table's store comes from.
    pub stores: Stores,
    /// What its scans add to.
    pub counters: Arc<Counters>,
    /// Where its network and disk work runs.
    pub io: Handle,
    /// GETs under way at once, in all scans together.
    pub requests_in_flight: usize,
    /// As many permits.
    pub requests: Arc<Semaphore>,
    /// What looks at their objects may hold.
    pub looking_space: LookingSpace,
    /// Bytes that the session may use.
    pub memory_limit: u64,
    /// Where records that are skipped are kept.
    pub rejects: Arc<Rejects>,
    /// Where inferred columns are kept from run to run, if anywhere.
    pub schema_cache: Option<SchemaCache>,
    /// Where rows and listings are kept from run to run, if anywhere.
    pub cache: Option<Cache>,
    /// When a bucket's folder is listed in full although an earlier run did so.
    pub relisting: Relisting,
    /// What they keep of their rows for later statements.
    pub kept: KeptTables,
}
