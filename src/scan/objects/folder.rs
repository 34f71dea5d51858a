//! A folder of a table's location, and the columns that folders called `name=value` are.
//!
//! Owns their names, types and values. It must not list.
//!
//! The sink writes the values of its partitioners as they are, without any encoding, so nothing is
//! decoded here: neither `%2B` nor, least of all, `+`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{ArrayRef, Int32Array, StringViewBuilder};
use arrow::datatypes::{DataType, Field};

use super::listing::{Depth, Extent, Lister, Listing};
use crate::landing::Folder as NamedFolder;

/// Hive's name for the folder of records that have no value.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
/// Folders that hold numbers, whatever their values look like: a type must not depend on what landed.
const NUMBERS: [&str; 5] = ["year", "month", "day", "hour", "minute"];

/// A folder, and its listing once somebody needed it.
#[derive(Debug)]
pub struct Folder {
    path: String,
    /// For each folder on the way its name and value; a plain folder has an empty name.
    names: Vec<NamedFolder>,
    listing: Mutex<Option<Arc<Listing>>>,
}

/// The names of folders on the way to objects, from the outside in; a plain one is empty.
pub type Layout = Vec<String>;

/// A column that the folders of one name are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderColumn {
    name: String,
}

impl Folder {
    /// The folder of that path below the location, empty or with a slash at its end.
    pub fn new(path: String) -> Self {
        let names = path.split_terminator('/').map(named).collect();
        Folder { path, names, listing: Mutex::new(None) }
    }

    /// Its path, empty or with a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its own and the outer folders, from the outside in.
    pub fn names(&self) -> &[NamedFolder] {
        &self.names
    }

    /// Its listing to the end: the one that there is, or a new one as deep as `depth`. One that was only
    /// looked at goes on, unless it goes deeper than is wanted.
    pub fn list(&self, lister: &Lister, depth: Depth) -> Arc<Listing> {
        let mut listing = self.lock();
        if let Some(listing) = listing.as_ref()
            && !(depth == Depth::Level && listing.depth() == Depth::Below && listing.is_paused())
        {
            listing.resume();
            return Arc::clone(listing);
        }
        Arc::clone(listing.insert(Arc::new(Listing::start(lister, self, depth, Extent::All))))
    }

    /// Its listing, of which the first page is wanted.
    pub fn look(&self, lister: &Lister) -> Arc<Listing> {
        let mut listing = self.lock();
        let start = || Arc::new(Listing::start(lister, self, Depth::Below, Extent::FirstPage));
        Arc::clone(listing.get_or_insert_with(start))
    }

    /// Its listing, if there is one.
    pub fn listing(&self) -> Option<Arc<Listing>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Listing>>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FolderColumn {
    /// The columns of these layouts in the order in which folders stand. `partition=` is none: the
    /// column `_partition` has it.
    pub fn of_layouts(layouts: &[Layout]) -> Vec<FolderColumn> {
        let mut columns: Vec<FolderColumn> = Vec::new();
        for name in layouts.iter().flatten().filter(|name| !name.is_empty() && *name != "partition") {
            if !columns.iter().any(|column| column.name == *name) {
                columns.push(FolderColumn { name: name.clone() });
            }
        }
        columns
    }

    /// The name before the `=`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Arrow field: INT for years, months, days, hours and minutes, else VARCHAR.
    pub fn field(&self) -> Field {
        let data_type = if self.is_number() { DataType::Int32 } else { DataType::Utf8View };
        Field::new(&self.name, data_type, true)
    }

    /// Whether a key below these folders has its value from them.
    pub fn is_decided_by(&self, folders: &[NamedFolder]) -> bool {
        folders.iter().any(|folder| folder.name == self.name)
    }

    /// A column that holds for each key's folders the value, so many times.
    pub fn array<'a>(&self, keys: impl Iterator<Item = (&'a [NamedFolder], usize)>) -> ArrayRef {
        let values = keys.map(|(folders, rows)| (self.value(folders), rows));
        if self.is_number() {
            let numbers = values.map(|(value, rows)| (value.and_then(|value| value.parse::<i32>().ok()), rows));
            return Arc::new(
                numbers.flat_map(|(number, rows)| std::iter::repeat_n(number, rows)).collect::<Int32Array>(),
            );
        }
        let mut builder = StringViewBuilder::new().with_deduplicate_strings();
        for (value, rows) in values {
            for _ in 0..rows {
                builder.append_option(value);
            }
        }
        Arc::new(builder.finish())
    }

    fn value<'a>(&self, folders: &'a [NamedFolder]) -> Option<&'a str> {
        let folder = folders.iter().find(|folder| folder.name == self.name)?;
        (folder.value != NO_VALUE).then_some(folder.value.as_str())
    }

    fn is_number(&self) -> bool {
        NUMBERS.contains(&self.name.as_str())
    }
}

/// The layout of a key: its folders' names.
pub fn layout_of(key: &str) -> Layout {
    let folders = key.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split_terminator('/').map(|folder| named(folder).name).collect()
}

fn named(folder: &str) -> NamedFolder {
    NamedFolder::parse(folder).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int32Type;

    use super::*;

    fn column(name: &str) -> FolderColumn {
        FolderColumn { name: name.to_owned() }
    }

    #[test]
    fn columns_are_named_folders_but_for_the_partition() {
        let layouts =
            [layout_of("year=2024/month=05/partition=0/a.json"), layout_of("plain/dt=x/year=1/a.json"), layout_of("a")];
        let names: Vec<_> = FolderColumn::of_layouts(&layouts).into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["year", "month", "dt"]);
        assert_eq!(layouts[1], ["", "dt", "year"]);
    }

    #[test]
    fn numbers_are_integers_or_null_and_all_else_is_text_as_it_stands() {
        let folders = [
            Folder::new("month=05/dt=2024-05-01/city=a%2Bb+c/".into()),
            Folder::new("month=May/dt=__HIVE_DEFAULT_PARTITION__/".into()),
        ];
        let keys = || folders.iter().map(|folder| (folder.names(), 2));
        let months = column("month").array(keys());
        assert_eq!(months.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(5), Some(5), None, None]);
        let text = |name| {
            column(name).array(keys()).as_string_view().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(text("dt"), [Some("2024-05-01".to_owned()), Some("2024-05-01".to_owned()), None, None]);
        assert_eq!(text("city")[0].as_deref(), Some("a%2Bb+c"));
        assert_eq!(text("city")[2], None);
        assert!(column("dt").is_decided_by(folders[1].names()) && !column("city").is_decided_by(folders[1].names()));
    }
}
