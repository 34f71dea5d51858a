//! A prefix of a bucket: listing it, and what its keys are called.
//!
//! Owns the requests that list; those that read are `reading`'s. A prefix is a folder: `topics` and `topics/` are the same place.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as ClientPath;

use super::below::{Below, KeyPage, Start};
use super::client::Bucket;
use super::explain::{self, Explain};
use super::meter::{RequestMeter, Tries};
use super::progress::Progress;
use super::reading::AGAIN;
use super::{Children, Level, Object, keys, upload};
use crate::error::{Error, Result};
use crate::printable;

/// A prefix of a bucket.
#[derive(Clone)]
pub struct Prefix {
    /// Whose prefix it is.
    pub(super) bucket: Arc<Bucket>,
    /// Empty, or ends in `/`.
    folder: String,
    /// What requests for bytes are counted by.
    pub meter: Option<Arc<RequestMeter>>,
}

#[derive(Clone, Copy)]
enum Depth {
    Flat,
    OneLevel,
}

struct Page {
    folders: Vec<String>,
    objects: Vec<Object>,
}

impl Prefix {
    /// The bucket itself.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.bucket.client.clone())
    }

    /// The folder `prefix` of the bucket.
    pub fn new(bucket: Arc<Bucket>, prefix: &str) -> Prefix {
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        Prefix { bucket, folder: format!("{prefix}{slash}"), meter: None }
    }

    /// See `Store::identity`. Neither service nor bucket can hold a space.
    pub fn identity(&self) -> String {
        let bucket = &self.bucket;
        format!("s3 {} {} {}", bucket.endpoint.identity(&bucket.region), bucket.name, self.folder)
    }

    /// What stands directly in one folder; see `Store::list_level`.
    pub fn list_level(&self, folder: &str) -> BoxStream<'static, Result<Level>> {
        let pages = self.pages(format!("{}{folder}", self.folder), Depth::OneLevel, Start::First);
        let level = |page: Page| Level {
            folders: page.folders.into_iter().map(|folder| folder + "/").collect(),
            objects: page.objects,
        };
        pages.map_ok(level).boxed()
    }

    /// Everything below one folder; see `Store::list_below`.
    pub fn list_below(&self, folder: &str) -> BoxStream<'static, Result<Vec<Object>>> {
        let (prefix, folder) = (self.clone(), format!("{}{folder}", self.folder));
        let progress = Progress::new(self.place_of_folder(&folder));
        let below = Below::new(progress, move |start| {
            let (prefix, folder) = (prefix.clone(), folder.clone());
            async move {
                let (page, next) = prefix.one_page(&folder, Depth::Flat, start).await?;
                Ok(KeyPage { objects: page.objects, next })
            }
        });
        let pages = stream::try_unfold(below, |mut below| async move {
            let pages = below.next().await?;
            Ok::<_, Error>(pages.map(|pages| (stream::iter(pages).map(Ok), below)))
        });
        pages.try_flatten().boxed()
    }

    /// What stands below one folder behind a key; see `Store::list_after`.
    pub fn list_after(&self, folder: &str, key: &str) -> BoxStream<'static, Result<Vec<Object>>> {
        let pages = self.pages(format!("{}{folder}", self.folder), Depth::Flat, Start::Behind(key.to_owned()));
        pages.map_ok(|page| page.objects).boxed()
    }

    /// See `Store::lists_in_order`. Directory buckets, whose names end so, do not.
    pub fn lists_in_order(&self) -> bool {
        !self.bucket.name.ends_with("--x-s3")
    }

    /// What stands directly below.
    pub async fn children(&self) -> Result<Children> {
        let mut children = Children::default();
        let mut pages = self.pages(self.folder.clone(), Depth::OneLevel, Start::First);
        while let Some(page) = pages.try_next().await? {
            children.folders.extend(page.folders);
            children.objects.extend(page.objects);
        }
        Ok(children)
    }

    /// Whether bytes are compared with what costs a request or a slow sum.
    pub fn is_thorough(&self) -> bool {
        self.bucket.integrity.is_thorough()
    }

    /// Bytes of a large object that are asked for at once.
    pub fn range_bytes(&self) -> u64 {
        self.bucket.range_bytes
    }

    /// Uploads a local file as the object `key`.
    pub async fn put_file(&self, key: &str, file: &std::path::Path) -> Result<()> {
        upload::put_file(&self.bucket, &self.client_path(key)?, file, &self.place(key)).await
    }

    /// The object's name for messages.
    pub(super) fn place(&self, key: &str) -> String {
        printable::one_line(&format!("s3://{}/{}{key}", self.bucket.name, self.folder)).into_owned()
    }

    /// The client's form of a key, which must stand for the same bytes.
    pub(super) fn client_path(&self, key: &str) -> Result<ClientPath> {
        let full = format!("{}{key}", self.folder);
        match ClientPath::parse(&full) {
            Ok(path) if path.as_ref() == full => Ok(path),
            _ => Err(Error::statement(format!("`{}` has a key that pinq can not ask for", self.place(key)))
                .hint("rename the object: no empty name, `.`, `..` or control character may stand between slashes")),
        }
    }

    /// Pages of at most 1,000 names each, one LIST a page.
    fn pages(&self, folder: String, depth: Depth, start: Start) -> BoxStream<'static, Result<Page>> {
        let prefix = self.clone();
        let progress = Progress::new(prefix.place_of_folder(&folder));
        stream::try_unfold((Some(start), progress), move |(next, mut progress)| {
            let (prefix, folder) = (prefix.clone(), folder.clone());
            async move {
                let Some(start) = next else { return Ok(None) };
                let (page, token) = prefix.one_page(&folder, depth, start).await?;
                progress.page(page.objects.len().saturating_add(page.folders.len()), token.as_deref())?;
                Ok(Some((page, (token.map(Start::Token), progress))))
            }
        })
        .boxed()
    }

    /// What is listed, for messages.
    fn place_of_folder(&self, folder: &str) -> String {
        printable::one_line(&format!("s3://{}/{folder}", self.bucket.name)).into_owned()
    }

    async fn one_page(&self, folder: &str, depth: Depth, start: Start) -> Result<(Page, Option<String>)> {
        let (page_token, offset) = match start {
            Start::First => (None, None),
            Start::Token(token) => (Some(token), None),
            Start::Behind(key) => (None, Some(format!("{}{key}", self.folder))),
        };
        let options = PaginatedListOptions {
            delimiter: match depth {
                Depth::OneLevel => Some("/".into()),
                Depth::Flat => None,
            },
            page_token,
            offset,
            extensions: Tries::extensions(None),
            ..PaginatedListOptions::default()
        };
        let place = self.place_of_folder(folder);
        let asked = Some(folder).filter(|folder| !folder.is_empty());
        let mut garbled = 0;
        let answer = loop {
            match self.bucket.client.list_paginated(asked, options.clone()).await {
                // What can't be read as a listing was damaged on its way, or is no S3 service: the next tells.
                Err(error) if explain::is_no_listing(&error) && garbled < AGAIN => garbled += 1,
                answer => break answer.explain(&self.bucket, "list", &place)?,
            }
        };
        Ok((self.page(answer.result)?, answer.page_token))
    }

    fn page(&self, listed: object_store::ListResult) -> Result<Page> {
        let below = |path: &ClientPath, end: &str| {
            let key = format!("{}{end}", keys::restore(path.as_ref()));
            let name = key.strip_prefix(&self.folder).map(str::to_owned);
            name.ok_or_else(|| {
                let (key, folder) = (printable::one_line(&key), self.place_of_folder(&self.folder));
                Error::statement(format!("{} listed `{key}` below `{folder}`", self.bucket.endpoint.name()))
            })
        };
        let mut folders = Vec::with_capacity(listed.common_prefixes.len());
        for path in &listed.common_prefixes {
            let name = below(path, "/")?;
            folders.push(name.strip_suffix('/').unwrap_or(&name).to_owned());
        }
        let mut objects = Vec::with_capacity(listed.objects.len());
        for meta in listed.objects {
            let key = below(&meta.location, "")?;
            // The marker of the folder itself, of which there is nothing to say.
            if !key.is_empty() {
                objects.push(Object { key, size: meta.size, modified: meta.last_modified, etag: meta.e_tag });
            }
        }
        Ok(Page { folders, objects })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stores;
    use super::*;
    use crate::config::{Environment, Signing, StorageConfig};

    #[tokio::test]
    async fn no_name_breaks_the_line_of_a_message() {
        let config =
            StorageConfig { signing: Signing::Anonymous, region: Some("r".into()), ..StorageConfig::default() };
        let bucket = Stores::new(&config, &Environment::empty("/")).bucket("b").await.unwrap();
        let prefix = Prefix::new(bucket, "a\nb");
        assert_eq!(prefix.place_of_folder("a\nb/"), "s3://b/a\\nb/");
        let common_prefixes = vec![ClientPath::parse("other\u{202e}").unwrap()];
        let listed = object_store::ListResult { common_prefixes, objects: Vec::new() };
        let error = prefix.page(listed).err().unwrap();
        assert_eq!(error.message(), "AWS listed `other\\u{202e}/` below `s3://b/a\\nb/`");
    }
}
