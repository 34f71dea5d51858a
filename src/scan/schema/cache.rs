//! What samples of earlier runs saw in each of their objects, kept in small files of the cache folder.
//!
//! Owns their form, and that an object is recognised: what was seen in one that is unchanged need not be fetched
//! again. A file that is missing, broken or can't be written does no harm.

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::sample::Seen;
use crate::column::Column;
use crate::json::Inference;
use crate::location::Location;
use crate::scan::options::TableOptions;
use crate::store::Object;

/// No schema is as large; what is, is not read.
const MOST_BYTES: u64 = 16 << 20;
/// What writes files that others may not understand.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of the files, one a table.
#[derive(Clone, Debug)]
pub struct SchemaCache {
    folder: PathBuf,
}

/// What is kept of a sample.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: String,
    location: String,
    objects: Vec<(Identity, Seen)>,
}

/// What tells whether an object is the same as before.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Identity {
    key: String,
    size: u64,
    etag: Option<String>,
    modified: String,
}

impl Identity {
    fn of(object: &Object) -> Self {
        Identity {
            key: object.key.clone(),
            size: object.size,
            etag: object.etag.clone(),
            modified: object.modified.to_rfc3339(),
        }
    }
}

impl SchemaCache {
    /// Files below `folder`, where the cache is.
    pub fn below(folder: &Path) -> Self {
        SchemaCache { folder: folder.join("schemas") }
    }

    /// The file for a table at `location`.
    pub fn file(&self, location: &Location, options: &TableOptions) -> SchemaFile {
        let name = format!("{VERSION}\n{location}\n{options:?}");
        SchemaFile {
            path: self.folder.join(format!("{:032x}.json", xxh3_128(name.as_bytes()))),
            location: location.to_string(),
        }
    }
}

/// The file of one table.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    path: PathBuf,
    location: String,
}

impl SchemaFile {
    /// For each of these objects what was seen in it, where it is unchanged.
    pub fn read(&self, sampled: &[Arc<Object>]) -> Vec<Option<Seen>> {
        let mut known: HashMap<Identity, Seen> = self.kept().unwrap_or_default().into_iter().collect();
        sampled.iter().map(|object| known.remove(&Identity::of(object))).collect()
    }

    /// The columns that the last sample showed, without a look at what is there now.
    pub fn last_columns(&self) -> Option<Vec<Column>> {
        let mut inference = Inference::new();
        self.kept()?.into_iter().for_each(|(_, seen)| inference.merge(seen.inference));
        Some(inference.columns().into_iter().map(|inferred| inferred.column).collect())
    }

    fn kept(&self) -> Option<Vec<(Identity, Seen)>> {
        let mut text = Vec::new();
        fs::File::open(&self.path).ok()?.take(MOST_BYTES).read_to_end(&mut text).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.version == VERSION && kept.location == self.location).then_some(kept.objects)
    }

    /// Keeps what was seen in each of these objects. Only that it failed is of interest, and to tests alone.
    pub fn write(&self, sampled: &[Arc<Object>], seen: &[Seen]) -> std::io::Result<()> {
        let objects = sampled.iter().zip(seen).map(|(object, seen)| (Identity::of(object), seen.clone()));
        let kept = Kept { version: VERSION.to_owned(), location: self.location.clone(), objects: objects.collect() };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        // Keys and names of columns are nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        // A file takes its place whole, whatever other runs do at the same time.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RecordPolicy;
    use crate::json::{Framing, InferredColumn, Records};

    fn objects() -> Vec<Arc<Object>> {
        let object = |key: &str, size| Object {
            key: key.to_owned(),
            size,
            modified: Default::default(),
            etag: Some("\"e\"".to_owned()),
        };
        vec![Arc::new(object("a", 1)), Arc::new(object("b", 2))]
    }

    fn seen(text: &str) -> Seen {
        let mut inference = Inference::new();
        for record in Records::new(text.as_bytes(), Framing::Lines, 1, 0, 0) {
            inference.observe(&record.unwrap(), "o").unwrap();
        }
        Seen { inference, bad_records: 1, first_bad: Some("b".into()) }
    }

    fn both() -> Vec<Seen> {
        vec![seen("{\"a\":{\"x\\\"y\":[1,2.5]}}\n{\"a\":null,\"b\":[]}"), seen("{\"b\":12345678901234567890}")]
    }

    fn columns(seen: &[Seen]) -> Vec<InferredColumn> {
        let mut all = Inference::new();
        seen.iter().for_each(|seen| all.merge(seen.inference.clone()));
        all.columns()
    }

    fn file(folder: &Path) -> SchemaFile {
        SchemaCache::below(folder).file(&Location::Folder("/l".into()), &TableOptions::default())
    }

    #[test]
    fn what_was_seen_is_found_again_for_unchanged_objects_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert_eq!(file.read(&objects()), [None, None], "nothing there");
        assert_eq!(file.last_columns(), None, "nothing there");
        file.write(&objects(), &both()).unwrap();
        let found: Vec<Seen> = file.read(&objects()).into_iter().flatten().collect();
        assert_eq!(columns(&found), columns(&both()));
        let last: Vec<String> = file.last_columns().unwrap().into_iter().map(|column| column.name).collect();
        assert_eq!(last, ["a", "b"], "in the order of the sample");
        assert_eq!((found[0].bad_records, found[1].first_bad.as_deref()), (1, Some("b")));
        for change in [
            (|object: &mut Object| object.key = "c".into()) as fn(&mut Object),
            |object| object.size = 9,
            |object| object.etag = None,
            |object| object.modified += chrono::Duration::nanoseconds(1),
        ] {
            let mut changed = objects();
            change(Arc::make_mut(&mut changed[1]));
            let found: Vec<bool> = file.read(&changed).iter().map(Option::is_some).collect();
            assert_eq!(found, [true, false]);
        }
        let others: Vec<bool> = file.read(&objects()[1..]).iter().map(Option::is_some).collect();
        assert_eq!(others, [true], "another sample");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join("schemas")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn a_broken_file_and_an_unwritable_folder_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        file.write(&objects(), &both()).unwrap();
        fs::write(&file.path, "{\"version\":").unwrap();
        assert_eq!(file.read(&objects()), [None, None]);
        fs::write(folder.path().join("no-folder"), "").unwrap();
        let nowhere = SchemaCache::below(&folder.path().join("no-folder"));
        let nowhere = nowhere.file(&Location::Folder("/l".into()), &TableOptions::default());
        assert!(nowhere.write(&objects(), &both()).is_err());
        assert_eq!(nowhere.read(&objects()), [None, None]);
    }

    #[test]
    fn other_options_and_places_are_other_files() {
        let cache = SchemaCache::below(Path::new("/c"));
        let one = cache.file(&Location::Folder("/l".into()), &TableOptions::default());
        let policy = RecordPolicy { max_record_bytes: 1, ..RecordPolicy::default() };
        let options = TableOptions { policy, ..TableOptions::default() };
        assert_ne!(one.path, cache.file(&Location::Folder("/l".into()), &options).path);
        assert_ne!(one.path, cache.file(&Location::Folder("/m".into()), &TableOptions::default()).path);
    }
}
