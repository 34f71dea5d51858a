//! What a statement may reach beyond the landing and the session's memory: what the command line permits, nothing else.
//!
//! Two walls stand one behind the other. [`check`] walks the plan before anything runs and refuses what is not
//! permitted, with the flag that would permit it. [`Stores`] is the planner's only way to files and buckets: each read
//! and write is held against the permissions once more, so that a plan that nobody foresaw reaches nothing either.
//! Neither looks at SQL text. The landing's own tables do not come this way: they are read by `scan`, where the
//! configuration says.

mod check;
mod files;
mod guarded;
mod permissions;
mod places;
mod refusal;
mod registry;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;

pub(super) use files::{named_files, with_files};
use guarded::Guarded;
pub use permissions::Permissions;
use permissions::Permitting;
use places::{Named, Place};
use refusal::Refusal;
pub(super) use refusal::placed;
use registry::Registry;

use crate::error::Result;
use crate::location::Location;
use crate::store;

/// Whose statement it is: decides what it may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Nobody at the command line vouches for it (a report's question, a project's own script): it reads the landing,
    /// and reads and changes the session's memory.
    #[default]
    ReadOnly,
    /// The user's own: it also reaches what the engine was told to permit.
    Permitted,
}

/// What a statement does at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Read,
    Write,
}

/// What the statements of one engine may reach, and the stores through which they do.
#[derive(Debug)]
pub(super) struct Reach {
    working_folder: PathBuf,
    permitting: Permitting,
    registry: Arc<Registry>,
}

impl Reach {
    /// Nothing is permitted yet. Relative paths of statements are below `working_folder`.
    pub(super) fn new(working_folder: PathBuf) -> Reach {
        let permitting: Permitting = Arc::new(RwLock::new(Permissions::default()));
        let registry = Arc::new(Registry::new(Arc::clone(&permitting)));
        Reach { working_folder, permitting, registry }
    }

    /// Lets statements reach what `permissions` name, and nothing else that was permitted before.
    pub(super) fn permit(&self, permissions: Permissions) {
        *self.permitting.write() = permissions;
    }

    /// The stores as the planner takes them.
    pub(super) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Makes the bucket of a place that is permitted known to the planner.
    async fn open(&self, stores: &store::Stores, named: &Named) -> Result<()> {
        let Place::Bucket { bucket, .. } = &named.place else { return Ok(()) };
        let location = Location::S3 { bucket: bucket.clone(), prefix: String::new() };
        if let Some(object_store) = stores.open(&location).await?.object_store() {
            self.registry.add_bucket(bucket, object_store);
        }
        Ok(())
    }
}
