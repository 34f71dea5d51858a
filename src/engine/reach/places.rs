//! From the text of a location in a statement to the one place that it means.
//!
//! Owns every step that could make two texts mean one place: schemes, `..`, links, percent-encoding, slashes. What is
//! checked is what the planner will use: the text is read once, by the planner's own reading of it, and handed on as it
//! was read.

use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use datafusion::datasource::listing::ListingTableUrl;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use url::Url;

use crate::error::{Error, Result};

/// A place on disk or in a bucket, in the one form in which places are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Absolute, without `.`, `..` and links.
    Disk(PathBuf),
    /// A key's parts as they are listed: what an address encodes is decoded.
    Bucket { bucket: String, key: Vec<String> },
}

/// A location that a statement names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// The location as the planner is to take it.
    pub(super) url: ListingTableUrl,
    /// The same as text, which the planner reads as `url`.
    pub(super) text: String,
    pub(super) place: Place,
}

impl Named {
    /// Reads the location as the planner would, a relative path below `working_folder`.
    ///
    /// # Errors
    /// It has a scheme that pinq does not reach, or what it means can't be told for sure.
    pub(super) fn parse(text: &str, working_folder: &Path) -> Result<Named> {
        let wrong = |why: &str| Error::statement(format!("`{text}` is no location that can be permitted: {why}"));
        let full = match text.split_once("://") {
            None if text.is_empty() => return Err(wrong("it is empty")),
            // A glob's pattern is a part of the path until the planner has cut it off.
            None => working_folder.join(text).to_str().map(str::to_owned).ok_or_else(|| wrong("it is not UTF-8"))?,
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "file" => format!("file://{rest}"),
                "s3" | "s3a" | "s3n" => format!("s3://{rest}"),
                _ => return Err(wrong("pinq reaches files and `s3://BUCKET/PREFIX/`, nothing else")),
            },
        };
        let full = literal(&full).unwrap_or(full);
        let url = ListingTableUrl::parse(&full).map_err(|error| wrong("it can not be read").because(error))?;
        let place = of_url(&url).map_err(|why| wrong(&why))?;
        // The text of a path keeps its pattern, which a URL's text has not; a URL says what it resolved to.
        let text = if full.contains("://") { url.as_str().to_owned() } else { full };
        Ok(Named { url, text, place })
    }
}

/// The URL of a path whose name has characters of a pattern and is none: it is there, or it names a file in a folder
/// that is. The planner would look for what matches it.
fn literal(full: &str) -> Option<String> {
    const PATTERN: [char; 3] = ['*', '?', '['];
    let path = Path::new(full);
    if full.contains("://") || !full.contains(PATTERN) {
        return None;
    }
    let names_one = path.file_name()?.to_str().is_some_and(|name| !name.contains(PATTERN));
    let is_name = path.symlink_metadata().is_ok() || (names_one && path.parent()?.is_dir());
    if !is_name {
        return None;
    }
    let is_folder = full.ends_with('/') || path.is_dir();
    let url = if is_folder { Url::from_directory_path(path) } else { Url::from_file_path(path) };
    url.ok().map(String::from)
}

/// The place of a location that the planner has read before.
///
/// # Errors
/// It is none that could be permitted, and why.
pub(super) fn of_url(url: &ListingTableUrl) -> std::result::Result<Place, String> {
    let parsed = Url::parse(url.as_str()).map_err(|error| error.to_string())?;
    let has_credentials = !parsed.username().is_empty() || parsed.password().is_some();
    if has_credentials || parsed.port().is_some() || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err("it holds more than a bucket or a path".to_owned());
    }
    match (parsed.scheme(), parsed.host_str().unwrap_or_default()) {
        ("file", "") => on_disk(url.prefix()).map(Place::Disk).map_err(|error| error.to_string()),
        ("s3", bucket) if !bucket.is_empty() => Ok(in_bucket(bucket, url.prefix())),
        _ => Err("it is neither a file nor in a bucket".to_owned()),
    }
}

/// The place of a key of a bucket.
pub(super) fn in_bucket(bucket: &str, key: &Key) -> Place {
    let key = key.parts().map(|part| part.as_ref().to_owned()).collect();
    Place::Bucket { bucket: bucket.to_owned(), key }
}

/// The path of what the planner's store of files knows by `key`.
pub(super) fn on_disk(key: &Key) -> std::io::Result<PathBuf> {
    let path = if key.as_ref().is_empty() {
        PathBuf::from("/")
    } else {
        LocalFileSystem::new().path_to_filesystem(key).map_err(IoError::other)?
    };
    settled(&path)
}

/// The path without `.`, `..` and links. What does not exist yet is below what does; blocks for a moment.
///
/// # Errors
/// A link leads nowhere, a part is below a file, or `..` follows a part that does not exist.
pub(super) fn settled(path: &Path) -> std::io::Result<PathBuf> {
    let mut missing = Vec::new();
    let mut known = path;
    loop {
        match known.canonicalize() {
            Ok(mut found) => {
                found.extend(missing.iter().rev());
                return Ok(found);
            }
            // A link that leads nowhere is there: what would be written through it could be anywhere.
            Err(error) if error.kind() == ErrorKind::NotFound && known.symlink_metadata().is_err() => {
                let (Some(name), Some(above)) = (known.file_name(), known.parent()) else { return Err(error) };
                missing.push(name);
                known = above;
            }
            Err(error) => return Err(error),
        }
    }
}
