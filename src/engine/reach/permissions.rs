//! What the command line permits statements to read and to write: locations, and what is below them.
//!
//! Owns the comparison of places, component by component. It must not know statements.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

use super::Deed;
use super::places::{self, Place};
use crate::error::{Error, Result};
use crate::location::Location;

/// Permissions that may still be given while the session runs.
pub(super) type Permitting = Arc<RwLock<Permissions>>;

/// Locations that statements may reach. A location permits itself and what is below it: `s3://b/logs/` permits
/// `s3://b/logs/a` and not `s3://b/logs2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    reads: Vec<Place>,
    writes: Vec<Place>,
}

impl Permissions {
    /// What may be read and what may be written. Links on disk are followed now: what they name later is not permitted.
    ///
    /// # Errors
    /// A location is none, or what it names can't be told for sure: it has `..` in a key, or is below a file.
    pub fn new(reads: &[String], writes: &[String], working_folder: &Path) -> Result<Permissions> {
        let places = |texts: &[String], flag: &str| {
            let place = |text: &String| {
                permitted(text, working_folder).map_err(|error| error.within(format!("`{flag} {text}`")))
            };
            texts.iter().map(place).collect::<Result<Vec<Place>>>()
        };
        Ok(Permissions { reads: places(reads, "--allow-read")?, writes: places(writes, "--allow-write")? })
    }

    pub(super) fn allow(&self, deed: Deed, place: &Place) -> bool {
        let permitted = match deed {
            Deed::Read => &self.reads,
            Deed::Write => &self.writes,
        };
        permitted.iter().any(|permitted| covers(permitted, place))
    }
}

fn permitted(text: &str, working_folder: &Path) -> Result<Place> {
    match Location::parse(text, working_folder)? {
        Location::Folder(path) => Ok(Place::Disk(settled(&path)?)),
        Location::S3 { bucket, prefix } => {
            if prefix.split('/').any(|part| part == "." || part == "..") {
                return Err(Error::usage("the prefix has `.` or `..` as a part, which a bucket does not resolve")
                    .hint("write the prefix as it is listed"));
            }
            // Of a location, the planner decodes what an address encodes: a key's parts are as they are listed.
            let key = prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            Ok(Place::Bucket { bucket, key })
        }
    }
}

fn settled(path: &Path) -> Result<PathBuf> {
    places::settled(path)
        .map_err(|error| Error::usage(format!("`{}` can not be resolved", path.display())).because(error))
}

fn covers(permitted: &Place, place: &Place) -> bool {
    match (permitted, place) {
        // Of a path, this compares whole components.
        (Place::Disk(permitted), Place::Disk(path)) => path.starts_with(permitted),
        (Place::Bucket { bucket, key: above }, Place::Bucket { bucket: other, key }) => {
            bucket == other && key.starts_with(above)
        }
        _ => false,
    }
}
