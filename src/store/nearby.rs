//! What exists near a location where nothing was found.
//!
//! Owns the walk upwards and the sentence about it. It must not fail: it only helps a message.

use super::{Children, Stores};
use crate::error::Error;
use crate::location::Location;

/// The nearest place above an empty location that holds anything, and the first names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearby {
    /// The folder or prefix.
    pub location: Location,
    /// Up to ten names, folders first and with a slash.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

const NAMES: usize = 10;

impl Stores {
    /// The error about a location that can't be listed with what stands near it, if it is a folder on disk that does not
    /// exist, or with what to do, if it is one that may not be read.
    pub async fn with_nearby(&self, error: Error, location: &Location) -> Error {
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
        if cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied) {
            return error.hint("let its owner give this user leave to read it and to enter each folder above it");
        }
        // On S3 to look around would cost requests, of a service that has just refused one.
        if !matches!(location, Location::Folder(path) if !path.exists()) {
            return error;
        }
        match self.nearby(location).await {
            Some(nearby) => error.hint(nearby.hint()),
            None => error,
        }
    }
}

impl Nearby {
    /// The fragment for a hint.
    pub fn hint(&self) -> String {
        let names = self.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match self.more {
            0 => format!("`{}` holds {names}", self.location),
            more => format!("`{}` holds {names} and {more} more", self.location),
        }
    }

    fn of(location: Location, children: Children) -> Option<Nearby> {
        let folders = children.folders.into_iter().map(|name| name + "/");
        let mut names: Vec<_> = folders.chain(children.objects.into_iter().map(|object| object.key)).collect();
        let more = names.len().saturating_sub(NAMES);
        names.truncate(NAMES);
        (!names.is_empty()).then_some(Nearby { location, names, more })
    }
}

/// Walks up from `location` itself to the first place that holds anything.
pub async fn find(stores: &Stores, location: &Location) -> Option<Nearby> {
    let mut place = Some(location.clone());
    while let Some(location) = place {
        if let Ok(store) = stores.open(&location).await
            && let Ok(children) = store.children().await
            && let Some(nearby) = Nearby::of(location.clone(), children)
        {
            return Some(nearby);
        }
        place = above(&location);
    }
    None
}

fn above(location: &Location) -> Option<Location> {
    match location {
        Location::Folder(path) => path.parent().map(|parent| Location::Folder(parent.to_owned())),
        Location::S3 { prefix, .. } if prefix.is_empty() => None,
        Location::S3 { bucket, prefix } => {
            let inner = prefix.strip_suffix('/').unwrap_or(prefix);
            let prefix = inner.rfind('/').map_or("", |slash| &inner[..=slash]).to_owned();
            Some(Location::S3 { bucket: bucket.clone(), prefix })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_up() {
        let s3 = |prefix: &str| Location::S3 { bucket: "b".into(), prefix: prefix.into() };
        assert_eq!(above(&s3("a/b/")), Some(s3("a/")));
        assert_eq!(above(&s3("a/b")), Some(s3("a/")));
        assert_eq!(above(&s3("a")), Some(s3("")));
        assert_eq!(above(&s3("")), None);
    }
}
