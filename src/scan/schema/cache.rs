//! The columns that were inferred in earlier runs, kept in small files of the user's cache folder.
//!
//! Owns their form and when one holds: where the sample that would be taken now is the same objects,
//! unchanged. A file that is missing, broken or can't be written does no harm: the columns are then
//! inferred again.

use std::fs::{self, DirBuilder};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::sample::{Sample, SampleOrigin};
use crate::json::InferredColumn;
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
    objects: Vec<Identity>,
    columns: Vec<InferredColumn>,
    records: u64,
    bad_records: u64,
}

/// What tells whether an object is the same as before.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What was inferred from exactly these objects.
    pub fn read(&self, sampled: &[Arc<Object>]) -> Option<Sample> {
        let mut text = Vec::new();
        fs::File::open(&self.path).ok()?.take(MOST_BYTES).read_to_end(&mut text).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        let is_same = kept.version == VERSION
            && kept.location == self.location
            && kept.objects.len() == sampled.len()
            && kept.objects.iter().zip(sampled).all(|(kept, object)| *kept == Identity::of(object));
        is_same.then_some(Sample {
            columns: kept.columns,
            objects: sampled.len(),
            records: kept.records,
            bad_records: kept.bad_records,
            origin: SampleOrigin::EarlierRun,
        })
    }

    /// Keeps what was inferred from these objects. Only that it failed is of interest, and to tests alone.
    pub fn write(&self, sampled: &[Arc<Object>], sample: &Sample) -> std::io::Result<()> {
        let kept = Kept {
            version: VERSION.to_owned(),
            location: self.location.clone(),
            objects: sampled.iter().map(|object| Identity::of(object)).collect(),
            columns: sample.columns.clone(),
            records: sample.records,
            bad_records: sample.bad_records,
        };
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
    use crate::column::{Column, ColumnType};
    use crate::config::RecordPolicy;
    use crate::json::WidenedFrom;

    fn objects() -> Vec<Arc<Object>> {
        let object = |key: &str, size| Object {
            key: key.to_owned(),
            size,
            modified: Default::default(),
            etag: Some("\"e\"".to_owned()),
        };
        vec![Arc::new(object("a", 1)), Arc::new(object("b", 2))]
    }

    fn sample() -> Sample {
        let kind = ColumnType::Struct(vec![Column::new("x\"y", ColumnType::List(Box::new(ColumnType::BigInt)))]);
        let from = |kind: &str| WidenedFrom { path: ".x".into(), kind: kind.into(), object: "a".into(), line: 1 };
        let widened = Some(vec![from("BIGINT"), from("DOUBLE")]);
        let column = InferredColumn { column: Column::new("c", kind), seen: 3, nulls: 1, objects: 2, widened };
        Sample { columns: vec![column], objects: 2, records: 4, bad_records: 1, origin: SampleOrigin::ThisRun }
    }

    fn file(folder: &Path) -> SchemaFile {
        SchemaCache::below(folder).file(&Location::Folder("/l".into()), &TableOptions::default())
    }

    #[test]
    fn what_was_inferred_is_found_again_for_the_same_objects_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert!(file.read(&objects()).is_none(), "nothing there");
        file.write(&objects(), &sample()).unwrap();
        let found = file.read(&objects()).unwrap();
        assert_eq!((found.columns, found.records, found.bad_records), (sample().columns, 4, 1));
        assert_eq!(found.origin, SampleOrigin::EarlierRun);
        for change in [
            (|object: &mut Object| object.key = "c".into()) as fn(&mut Object),
            |object| object.size = 9,
            |object| object.etag = None,
            |object| object.modified += chrono::Duration::nanoseconds(1),
        ] {
            let mut changed = objects();
            change(Arc::make_mut(&mut changed[1]));
            assert!(file.read(&changed).is_none());
        }
        assert!(file.read(&objects()[..1]).is_none(), "fewer objects");
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
        file.write(&objects(), &sample()).unwrap();
        fs::write(&file.path, "{\"version\":").unwrap();
        assert!(file.read(&objects()).is_none());
        fs::write(folder.path().join("no-folder"), "").unwrap();
        let nowhere = SchemaCache::below(&folder.path().join("no-folder"));
        let nowhere = nowhere.file(&Location::Folder("/l".into()), &TableOptions::default());
        assert!(nowhere.write(&objects(), &sample()).is_err() && nowhere.read(&objects()).is_none());
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
