//! A store that lets nothing through that is not permitted, whatever plan asks for it.
//!
//! Every path is settled again, links included, at the moment it is used.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::permissions::Permitting;
use super::places::{self, Place};
use super::{Access, Deed, Refusal};

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Every file of the machine.
    Disk,
    /// Every object of the bucket.
    Bucket(String),
}

#[derive(Debug)]
pub(super) struct Guarded {
    inner: Arc<dyn ObjectStore>,
    guard: Guard,
}

#[derive(Clone, Debug)]
struct Guard {
    whole: Whole,
    permitting: Permitting,
}

impl Guarded {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, whole: Whole, permitting: Permitting) -> Guarded {
        Guarded { inner, guard: Guard { whole, permitting } }
    }

    fn check(&self, deed: Deed, key: &Key) -> Result<()> {
        self.guard.check(deed, key)
    }

    fn check_listing(&self, prefix: Option<&Key>) -> Result<()> {
        self.check(Deed::Read, prefix.unwrap_or(&Key::default()))
    }
}

impl Guard {
    fn check(&self, deed: Deed, key: &Key) -> Result<()> {
        let refused = |source| StoreError::PermissionDenied { path: key.to_string(), source };
        let place = match &self.whole {
            Whole::Bucket(bucket) => places::in_bucket(bucket, key),
            Whole::Disk => Place::Disk(places::on_disk(key).map_err(|error| refused(Box::new(error)))?),
        };
        if self.permitting.read().allow(deed, &place) {
            return Ok(());
        }
        let location = match &self.whole {
            Whole::Disk => format!("/{key}"),
            Whole::Bucket(bucket) => format!("s3://{bucket}/{key}"),
        };
        let refusal = Refusal { what: None, location: &location, deed, access: Access::Permitted };
        Err(refused(Box::new(refusal.error())))
    }
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Guarded {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.check(Deed::Write, location)?;
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.check(Deed::Write, location)?;
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        self.check(Deed::Read, location)?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Key, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.check(Deed::Read, location)?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let guard = self.guard.clone();
        let permitted = locations.map(move |location| {
            let location = location?;
            guard.check(Deed::Write, &location)?;
            Ok(location)
        });
        self.inner.delete_stream(permitted.boxed())
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.check_listing(prefix) {
            Ok(()) => self.inner.list(prefix),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Key>, offset: &Key) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.check_listing(prefix) {
            Ok(()) => self.inner.list_with_offset(prefix, offset),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.check_listing(prefix)?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        self.check(Deed::Read, from)?;
        self.check(Deed::Write, to)?;
        self.inner.copy_opts(from, to, options).await
    }
}
