//! Where a landing, a table or an answer lies: a folder on disk or a prefix of a bucket.
//!
//! Owns the text form of a location. It must not look at the disk or the network.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A folder on disk or a prefix of an S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// A folder (or, for outputs, a file) on disk.
    Folder(PathBuf),
    /// `s3://bucket/prefix`; the prefix has no leading slash and keeps every byte that was typed.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// The prefix below it: empty, or as typed, perhaps ending in `/`.
        prefix: String,
    },
}

impl Location {
    /// Reads `s3://bucket/prefix`, `s3a://...`, `file:///path` or a path. A relative path is taken
    /// below `base`.
    pub fn parse(text: &str, base: &Path) -> Result<Location> {
        let Some((scheme, rest)) = text.split_once("://") else {
            if text.is_empty() {
                return Err(Error::usage("a location is empty").hint("write a folder or `s3://BUCKET/PREFIX/`"));
            }
            if let Some(rest) = text.strip_prefix("s3:/") {
                return Err(Error::usage(format!("`{text}` lacks a slash")).hint(format!("write `s3://{rest}`")));
            }
            return Ok(Location::Folder(base.join(text)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            // Hadoop's names for the same thing, which people copy from Spark jobs.
            "s3" | "s3a" | "s3n" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(Error::usage(format!("`{text}` names no bucket")).hint("write `s3://BUCKET/PREFIX/`"));
                }
                Ok(Location::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            }
            "file" => Ok(Location::Folder(base.join(rest))),
            other => Err(Error::usage(format!("`{text}` has the unknown scheme `{other}`"))
                .hint("pinq reads folders and `s3://BUCKET/PREFIX/`")),
        }
    }

    /// The location one name below this one; `name` may hold slashes.
    #[must_use]
    pub fn join(&self, name: &str) -> Location {
        match self {
            Location::Folder(path) => Location::Folder(path.join(name)),
            Location::S3 { bucket, prefix } => {
                let mut prefix = prefix.clone();
                if !prefix.is_empty() && !prefix.ends_with('/') {
                    prefix.push('/');
                }
                prefix.push_str(name);
                Location::S3 { bucket: bucket.clone(), prefix }
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder(path) => write!(f, "{}", path.display()),
            Location::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location> {
        Location::parse(text, Path::new("/base"))
    }

    #[test]
    fn reads_folders_and_prefixes() {
        assert_eq!(parse("a/b").unwrap(), Location::Folder("/base/a/b".into()));
        assert_eq!(parse("/a").unwrap(), Location::Folder("/a".into()));
        assert_eq!(parse("file:///a/b").unwrap(), Location::Folder("/a/b".into()));
        let s3 = Location::S3 { bucket: "b".into(), prefix: "topics/x+0".into() };
        assert_eq!(parse("s3://b/topics/x+0").unwrap(), s3);
        assert_eq!(parse("S3A://b/topics/x+0").unwrap(), s3);
        assert_eq!(s3.to_string(), "s3://b/topics/x+0");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(parse("").is_err());
        assert!(parse("s3:///x").is_err());
        assert_eq!(parse("s3:/b/x").unwrap_err().hints(), ["write `s3://b/x`"]);
        assert!(parse("gs://b/x").unwrap_err().message().contains("`gs`"));
    }

    #[test]
    fn joins_below() {
        assert_eq!(parse("s3://b").unwrap().join("t/").to_string(), "s3://b/t/");
        assert_eq!(parse("s3://b/topics").unwrap().join("t").to_string(), "s3://b/topics/t");
        assert_eq!(parse("/a").unwrap().join("t").to_string(), "/a/t");
    }
}
