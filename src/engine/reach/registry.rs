//! The planner's only way to files and buckets.
//!
//! Owns which stores there are: the disk, and the buckets of locations that were permitted. It must not open a bucket
//! by itself, and nothing gets a store out of it that is not guarded.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use parking_lot::RwLock;
use url::Url;

use super::Guarded;
use super::guarded::Whole;
use super::permissions::Permitting;
use crate::error::Error;

/// The stores of one session.
#[derive(Debug)]
pub(in crate::engine) struct Registry {
    permitting: Permitting,
    disk: Arc<dyn ObjectStore>,
    buckets: RwLock<BTreeMap<String, Arc<dyn ObjectStore>>>,
}

impl Registry {
    pub(super) fn new(permitting: Permitting) -> Registry {
        let disk = Guarded::new(Arc::new(LocalFileSystem::new()), Whole::Disk, Arc::clone(&permitting));
        Registry { permitting, disk: Arc::new(disk), buckets: RwLock::default() }
    }

    pub(super) fn add_bucket(&self, bucket: &str, store: Arc<dyn ObjectStore>) {
        let guarded = Guarded::new(store, Whole::Bucket(bucket.to_owned()), Arc::clone(&self.permitting));
        self.buckets.write().entry(bucket.to_owned()).or_insert_with(|| Arc::new(guarded));
    }
}

impl ObjectStoreRegistry for Registry {
    /// Nothing but [`Registry::add_bucket`] adds a store: what is registered by other ways is not guarded.
    fn register_store(&self, _url: &Url, _store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        match (url.scheme(), url.host_str().unwrap_or_default()) {
            ("file", "") => Some(Arc::clone(&self.disk)),
            ("s3", bucket) => self.buckets.read().get(bucket).cloned(),
            _ => None,
        }
        .ok_or_else(|| {
            let error = Error::statement(format!("`{url}` is refused, because nothing permits statements to reach it"));
            DataFusionError::External(Box::new(error.hint("`--allow-read` and `--allow-write` permit locations")))
        })
    }
}
