//! Writing small objects of a bucket under a condition, and deleting objects.
//!
//! Owns what the service's refusal of a condition means. What is in the objects is not known here.

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path as ClientPath;
use object_store::{Error as ClientError, GetOptions, ObjectStore, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::explain::{self, Explain};
use super::s3::Prefix;
use super::upload;
use super::writes::{Condition, SmallObject, Version, Written};
use crate::error::{Error, Result};

impl Prefix {
    /// See `Store::get_small`.
    pub async fn get_small(&self, key: &str, most: u64) -> Result<Option<SmallObject>> {
        let (place, path) = (self.place(key), self.client_path(key)?);
        let answer = match self.bucket.client.get_opts(&path, GetOptions::default()).await {
            Err(ClientError::NotFound { source, .. }) if !explain::names_no_bucket(&*source) => return Ok(None),
            answer => answer.explain(&self.bucket, "read", &place)?,
        };
        let meta = answer.meta.clone();
        if meta.size > most {
            return Err(Error::statement(format!("`{place}` has more than the {most} bytes that it may have")));
        }
        let bytes = answer.bytes().await.explain(&self.bucket, "read", &place)?;
        self.bucket.counters.add_bytes(bytes.len());
        let version = Version(meta.e_tag.unwrap_or_default());
        Ok(Some(SmallObject { bytes, version, modified: meta.last_modified }))
    }

    /// See `Store::put_small`.
    pub async fn put_small(&self, key: &str, bytes: Bytes, condition: Condition<'_>) -> Result<Written> {
        let (place, path) = (self.place(key), self.client_path(key)?);
        let mode = match condition {
            Condition::Always => PutMode::Overwrite,
            Condition::Absent => PutMode::Create,
            Condition::Unchanged(version) => {
                PutMode::Update(UpdateVersion { e_tag: Some(version.0.clone()), version: None })
            }
        };
        let is_conditional = !matches!(condition, Condition::Always);
        let options = PutOptions { mode, attributes: upload::attributes(key), ..PutOptions::default() };
        let sent = self.bucket.client.put_opts(&path, PutPayload::from(bytes), options).await;
        match sent {
            Ok(result) => Ok(Written::Yes(Version(result.e_tag.unwrap_or_default()))),
            Err(ClientError::AlreadyExists { .. }) => Ok(Written::No),
            Err(ClientError::Precondition { source, .. }) if !explain::names_no_bucket(&*source) => Ok(Written::No),
            // Where two such writes meet, one of them may be told so instead of being judged.
            Err(error) if is_conditional && explain::is_conflict(&error) => Ok(Written::No),
            Err(error) if is_conditional && explain::is_not_implemented(&error) => {
                Err(Error::statement(format!("can not write `{place}`: the service knows no conditional writes"))
                    .because(error)
                    .hint("publish to a folder, or to a service that honours `If-None-Match` and `If-Match`"))
            }
            Err(error) => Err(error).explain(&self.bucket, "write", &place),
        }
    }

    /// See `Store::delete`.
    pub async fn delete(&self, keys: Vec<String>) -> Result<()> {
        let paths: Vec<ClientPath> = keys.iter().map(|key| self.client_path(key)).collect::<Result<_>>()?;
        let place = self.place(keys.first().map_or("", String::as_str));
        let mut answers = self.bucket.client.delete_stream(stream::iter(paths).map(Ok).boxed());
        loop {
            match answers.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(ClientError::NotFound { source, .. }) if !explain::names_no_bucket(&*source) => {}
                Err(error) => return Err(error).explain(&self.bucket, "delete", &place),
            }
        }
    }
}
