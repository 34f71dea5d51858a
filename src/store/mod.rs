//! From a location to a store that lists, reads and writes it: a folder on disk or an S3 bucket.
//!
//! Owns clients, credentials, region and endpoint, retries, the accounting of requests, and what a
//! failure of any of them says to a person. It must not know what keys mean (`landing` does) or what
//! is in the objects. Every future here can be polled on any tokio runtime with I/O and time.

mod accounting;
mod below;
mod chain;
mod client;
mod credentials;
mod disk;
mod disk_writes;
mod doubts;
mod endpoint;
mod explain;
mod integrity;
mod keys;
mod meter;
mod nearby;
mod places;
mod policy;
mod profile;
mod progress;
mod reading;
mod region;
mod s3;
mod s3_writes;
mod server_clock;
mod survey;
mod throttle;
mod transport;
mod upload;
mod writes;

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream, StreamExt};
use object_store::ObjectStore;
use object_store::aws::AwsCredentialProvider;
use tokio::sync::{Mutex, OnceCell};

pub use accounting::RequestCounts;
pub use credentials::Lifetime;
pub use disk::FileReader;
pub use doubts::Doubting;
pub use meter::RequestMeter;
pub use nearby::Nearby;
pub use policy::{Action, Policy};
pub use reading::Sealed;
pub use server_clock::ClockDifference;
pub use survey::{CredentialsInUse, EndpointInUse, Reached, RegionInUse, Secured};
pub use writes::{Condition, SmallObject, Version, Written};

use crate::config::{Environment, StorageConfig};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::printable;

/// Objects and folders that a page of a listing holds unless it is the last one, as on S3.
pub const FULL_PAGE: usize = 1_000;

/// An object as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Relative to the store's location, `/` between names, every byte as it is stored.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: DateTime<Utc>,
    /// The entity tag with its quotes; none on disk.
    pub etag: Option<String>,
}

impl Object {
    /// The key as messages show it: on one line.
    pub fn shown(&self) -> Cow<'_, str> {
        printable::one_line(&self.key)
    }
}

/// What stands directly below a store's location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Children {
    /// Names of folders, without a slash, sorted.
    pub folders: Vec<String>,
    /// Objects, sorted by key.
    pub objects: Vec<Object>,
}

/// One page of what stands directly in one folder below a store's location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Folders by their whole path below the location, with a slash at the end.
    pub folders: Vec<String>,
    /// Objects in no order.
    pub objects: Vec<Object>,
}

/// What sort of place a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A folder on disk.
    Disk,
    /// A prefix of an S3 bucket.
    S3,
}

/// Opens stores; holds one client for each bucket and the credentials of them all. Cheap to clone.
#[derive(Clone)]
pub struct Stores {
    shared: Arc<SharedStores>,
}

/// One location, opened. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    location: Location,
    backend: Backend,
}

struct SharedStores {
    config: StorageConfig,
    environment: Environment,
    profile: OnceCell<profile::Profile>,
    credentials: OnceCell<AwsCredentialProvider>,
    /// The same, by their own type.
    signer: OnceLock<Arc<credentials::RenewedCredentials>>,
    buckets: Mutex<BTreeMap<String, Arc<client::Bucket>>>,
    /// One for each host, whatever the bucket.
    throttles: parking_lot::Mutex<BTreeMap<String, Arc<throttle::Throttle>>>,
    counters: Arc<accounting::Counters>,
    doubts: doubts::Doubts,
}

#[derive(Clone)]
enum Backend {
    Disk(disk::Disk),
    S3(s3::Prefix),
}

impl Stores {
    /// Stores that reach S3 as `config` and `environment` say. Nothing is looked up yet.
    pub fn new(config: &StorageConfig, environment: &Environment) -> Stores {
        Stores {
            shared: Arc::new(SharedStores {
                config: config.clone(),
                environment: environment.clone(),
                profile: OnceCell::new(),
                credentials: OnceCell::new(),
                signer: OnceLock::new(),
                buckets: Mutex::new(BTreeMap::new()),
                throttles: parking_lot::Mutex::default(),
                counters: Arc::default(),
                doubts: doubts::Doubts::default(),
            }),
        }
    }

    /// Opens a location. For S3 this finds endpoint, credentials and region, once for each bucket;
    /// whether bucket and prefix exist shows at the first request. A folder may be missing too.
    pub async fn open(&self, location: &Location) -> Result<Store> {
        let backend = match location {
            Location::Folder(path) => Backend::Disk(disk::Disk::new(path, &self.shared.counters)),
            Location::S3 { bucket, prefix } => Backend::S3(s3::Prefix::new(self.bucket(bucket).await?, prefix)),
        };
        Ok(Store { location: location.clone(), backend })
    }

    /// Requests and bytes of every store that was opened here, so far.
    pub fn requests(&self) -> RequestCounts {
        self.shared.counters.snapshot()
    }

    /// What does exist near a location where nothing is: the nearest folder or prefix above it with
    /// anything in it, and up to ten names there. Nothing where even the top is empty or can not be
    /// listed.
    pub async fn nearby(&self, location: &Location) -> Option<Nearby> {
        nearby::find(self, location).await
    }

    async fn bucket(&self, name: &str) -> Result<Arc<client::Bucket>> {
        let mut buckets = self.shared.buckets.lock().await;
        if let Some(bucket) = buckets.get(name) {
            return Ok(Arc::clone(bucket));
        }
        let bucket = Arc::new(client::Bucket::connect(&self.shared, name).await?);
        buckets.insert(name.to_owned(), Arc::clone(&bucket));
        Ok(bucket)
    }
}

impl SharedStores {
    /// What all requests to one host need leave from.
    fn throttle(&self, service: String) -> Arc<throttle::Throttle> {
        let new = || Arc::new(throttle::Throttle::new(self.config.requests_in_flight));
        Arc::clone(self.throttles.lock().entry(service).or_insert_with(new))
    }
}

impl Store {
    /// The location that it was opened for.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What sort of place it is.
    pub fn kind(&self) -> StoreKind {
        match self.backend {
            Backend::Disk(_) => StoreKind::Disk,
            Backend::S3(_) => StoreKind::S3,
        }
    }

    /// What tells this location from all others, whatever name it was opened by: for what is kept from
    /// run to run. It holds no secret. Blocks for a moment on disk.
    pub fn identity(&self) -> String {
        match &self.backend {
            Backend::Disk(disk) => disk.identity(),
            Backend::S3(prefix) => prefix.identity(),
        }
    }

    /// The location of one object, for messages.
    pub fn location_of(&self, object: &Object) -> Location {
        match &self.backend {
            Backend::Disk(disk) => disk.location_of(&object.key),
            Backend::S3(_) => self.location.join(&object.key),
        }
    }

    /// What stands directly in `folder`, which is empty for the location itself or ends in `/`, in pages
    /// as they arrive: on S3 LISTs with a delimiter. Of a folder without folders this is all. A prefix with
    /// nothing below it yields nothing; a missing folder on disk is an error.
    pub fn list_level(&self, folder: &str) -> BoxStream<'static, Result<Level>> {
        match &self.backend {
            Backend::Disk(disk) => disk.list_level(folder.to_owned()),
            Backend::S3(prefix) => prefix.list_level(folder),
        }
    }

    /// Every object below `folder`, which is not empty and ends in `/`, in pages of at most 1,000 as they
    /// arrive, in no order: on S3 one LIST a page, some of them at once where the first page was not all. Nothing is
    /// asked for before what was asked for was taken.
    pub fn list_below(&self, folder: &str) -> BoxStream<'static, Result<Vec<Object>>> {
        match &self.backend {
            Backend::Disk(disk) => disk.list_below(folder.to_owned()),
            Backend::S3(prefix) => prefix.list_below(folder),
        }
    }

    /// As [`Store::list_below`], without the objects whose keys are `start_after` or before it by bytes. Such a
    /// key need not exist. Only a store that [lists in order](Store::lists_in_order) can do so.
    pub fn list_after(&self, folder: &str, start_after: &str) -> BoxStream<'static, Result<Vec<Object>>> {
        match &self.backend {
            Backend::Disk(_) => {
                stream::once(async { Err(Error::bug("a folder on disk is not listed in order")) }).boxed()
            }
            Backend::S3(prefix) => prefix.list_after(folder, start_after),
        }
    }

    /// Whether everything below a folder is listed by the bytes of its keys, from any key on.
    pub fn lists_in_order(&self) -> bool {
        match &self.backend {
            Backend::Disk(_) => false,
            Backend::S3(prefix) => prefix.lists_in_order(),
        }
    }

    /// What stands directly below the location: on S3 one LIST with a delimiter.
    pub async fn children(&self) -> Result<Children> {
        let mut children = match &self.backend {
            Backend::Disk(disk) => disk.children().await?,
            Backend::S3(prefix) => prefix.children().await?,
        };
        children.folders.sort_unstable();
        children.folders.dedup();
        children.objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        children.objects.dedup_by(|a, b| a.key == b.key);
        Ok(children)
    }

    /// The whole of an object. One that is longer, shorter or other than it was listed is an error.
    pub async fn get(&self, object: &Object) -> Result<Bytes> {
        match &self.backend {
            Backend::Disk(disk) => disk.get(object).await,
            Backend::S3(prefix) => reading::get(prefix, object, None).await,
        }
    }

    /// Some bytes of an object, which must lie within its size. One that changed is an error. Nothing vouches for
    /// them alone; see [`Store::seal`].
    pub async fn get_range(&self, object: &Object, range: Range<u64>) -> Result<Bytes> {
        if range.start >= range.end || range.end > object.size {
            return Err(Error::bug(format!("the range {range:?} is not within `{}`", self.location_of(object))));
        }
        match &self.backend {
            Backend::Disk(disk) => disk.get_range(object, range).await,
            Backend::S3(prefix) => reading::get(prefix, object, Some(range)).await,
        }
    }

    /// As [`Store::get_range`], for who reads no more of the object: where bytes could change on their way without
    /// anyone noticing, they are asked for twice.
    pub async fn get_range_alone(&self, object: &Object, range: Range<u64>) -> Result<Bytes> {
        match &self.backend {
            Backend::S3(prefix) if prefix.is_thorough() => reading::get_alone(prefix, object, range).await,
            _ => self.get_range(object, range).await,
        }
    }

    /// What all bytes of an object that is read in ranges are to be held against, in their order; none where nothing
    /// is known of it, or where the way they come is believed.
    pub async fn seal(&self, object: &Object) -> Result<Option<Sealed>> {
        match &self.backend {
            Backend::Disk(_) => Ok(None),
            Backend::S3(prefix) => reading::seal(prefix, object).await,
        }
    }

    /// The same store, whose requests for bytes are counted by `meter`, too. On disk there are none.
    pub fn metered(mut self, meter: &Arc<RequestMeter>) -> Store {
        if let Backend::S3(prefix) = &mut self.backend {
            prefix.meter = Some(Arc::clone(meter));
        }
        self
    }

    /// Bytes of a large object that are best asked for by one request or read by one call.
    pub fn range_bytes(&self) -> u64 {
        match &self.backend {
            Backend::Disk(_) => disk::PIECE,
            Backend::S3(prefix) => prefix.range_bytes(),
        }
    }

    /// Opens a large file on disk, to be read from its start to its end. Blocks.
    pub fn open_file(&self, object: &Object) -> Result<FileReader> {
        match &self.backend {
            Backend::Disk(disk) => disk.open_file(object),
            Backend::S3(_) => Err(Error::bug("objects on S3 can not be read by blocking")),
        }
    }

    /// Appends a run of small files on disk to `buffer` and returns each one's range in it. Blocks:
    /// call it on a thread for blocking work. After an error `buffer` is as long as before.
    pub fn read_into<O: Borrow<Object>>(&self, objects: &[O], buffer: &mut Vec<u8>) -> Result<Vec<Range<usize>>> {
        match &self.backend {
            Backend::Disk(disk) => disk.read_into(objects, buffer),
            Backend::S3(_) => Err(Error::bug("objects on S3 can not be read by blocking")),
        }
    }

    /// The whole bucket as the engine takes one, for statements that name a location themselves; none
    /// on disk.
    pub fn object_store(&self) -> Option<Arc<dyn ObjectStore>> {
        match &self.backend {
            Backend::Disk(_) => None,
            Backend::S3(prefix) => Some(prefix.object_store()),
        }
    }

    /// Uploads a finished local file as the object `key` on S3, whole or not at all, over what was there.
    pub async fn put_file(&self, key: &str, file: &Path) -> Result<()> {
        match &self.backend {
            Backend::Disk(_) => Err(Error::bug("a file on disk is put in its place by its new name")),
            Backend::S3(prefix) => prefix.put_file(key, file).await,
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Credentials are behind it; not even their names are of use here.
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
