//! The cache as its callers see it: several processes, a bound, damage.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::*;
use crate::column::{Column, ColumnType};
use crate::store::Object;

fn cache(folder: &Path, max_bytes: u64) -> Cache {
    cache_at(1_700_000_000, folder, max_bytes)
}

fn cache_at(began: i64, folder: &Path, max_bytes: u64) -> Cache {
    Cache::new(CacheSettings { folder: folder.join("pinq"), max_bytes, began })
}

fn column() -> CachedColumn {
    CachedColumn::Record(Column::new("n", ColumnType::BigInt))
}

fn segment(rows: i64) -> (Vec<u8>, Description) {
    let mut builder = SegmentBuilder::new(vec![column()]);
    // Numbers that nothing makes smaller, so that a segment has about eight bytes a row.
    let numbers = (0..rows).map(|n| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()).cast_signed());
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    builder.write(&[numbers], rows as usize).unwrap();
    builder.finish(vec!["n".into()]).unwrap()
}

fn piece(key: &str, rows: u64) -> Piece {
    let object = Object { key: key.into(), size: 9, modified: Default::default(), etag: None };
    Piece::new(&object, 0, None, rows, None)
}

fn keep(space: &Space, key: &str, rows: i64) -> Committed {
    let (file, description) = segment(rows);
    space.keep(&file, &description, 1, vec![piece(key, rows as u64)]).unwrap()
}

fn space_keeps(space: &Space, file: &[u8], description: &Description, pieces: Vec<Piece>) {
    assert!(matches!(space.keep(file, description, 2, pieces).unwrap(), Committed::Kept(_)));
}

fn keys(space: &Space) -> Vec<String> {
    let segments = space.segments(|_| true).unwrap();
    segments.segments.iter().flat_map(|segment| segment.pieces.iter().map(|piece| piece.key.clone())).collect()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("pinq").join(FORM).join("segments")).unwrap().count()
}

#[test]
fn segments_are_found_by_the_next_process_and_by_their_space_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = cache(folder.path(), 1 << 30);
    let space = first.space("i", "t", "l").unwrap();
    assert!(matches!(keep(&space, "a", 10), Committed::Kept(_)));
    assert!(matches!(keep(&space, "b", 20), Committed::Kept(_)));
    assert!(keys(&first.space("other", "t", "l").unwrap()).is_empty());
    drop((space, first));

    let second = cache(folder.path(), 1 << 30);
    let space = second.space("i", "t", "l").unwrap();
    assert_eq!(space.columns().unwrap(), [column()]);
    let segments = space.segments(|description| description.rows == 20).unwrap();
    let [segment] = segments.segments.as_slice() else { panic!("one segment") };
    let bytes = SegmentBytes::read(&segment.file, &segment.description, &[0]).unwrap();
    assert_eq!(
        bytes
            .batches(std::slice::from_ref(&(0..20)), 100)
            .unwrap()
            .map(|batch| batch.unwrap().num_rows())
            .sum::<usize>(),
        20
    );
    assert_eq!(keys(&space), ["b", "a"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("pinq").join(FORM)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn what_was_used_least_lately_makes_room_and_what_is_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    // Room for two segments of a thousand rows, and not for three.
    let cache = cache(folder.path(), 20_000);
    let space = cache.space("i", "t", "l").unwrap();
    for key in ["a", "b", "c"] {
        assert!(matches!(keep(&space, key, 1_000), Committed::Kept(_)));
    }
    assert_eq!((keys(&space), files(folder.path())), (vec!["c".to_owned(), "b".to_owned()], 2));
    let reading = space.segments(|_| true).unwrap();
    assert_eq!(keep(&space, "d", 1_000), Committed::NoRoom);
    assert_eq!((keys(&space).len(), files(folder.path())), (2, 2));
    drop(reading);
    assert!(matches!(keep(&space, "d", 1_000), Committed::Kept(_)));
    assert_eq!(keys(&space), ["d", "c"]);
    assert_eq!(keep(&space, "e", 10_000), Committed::NoRoom);
    assert_eq!(keys(&space), ["d", "c"], "nothing goes for what can never fit");
}

#[test]
fn what_a_dead_process_read_or_had_begun_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let first = cache(folder.path(), 1 << 30);
    let space = first.space("i", "t", "l").unwrap();
    keep(&space, "a", 10);
    let index = first.index().unwrap();
    index
        .write(|transaction| {
            transaction.execute_batch(
                "INSERT INTO readers VALUES (1, 'p-dead', 0);
                 INSERT INTO segments (space, generation, writer, total, description, pieces, last_used)
                 VALUES (1, 1, 'p-dead', 5, '{}', x'', 0);",
            )
        })
        .unwrap();
    std::fs::write(index.segment_file(2), "half").unwrap();
    std::fs::write(index.segment_file(77), "nobody's").unwrap();
    let processes = folder.path().join("pinq").join(FORM).join("processes");
    std::fs::write(processes.join("p-dead"), "").unwrap();
    assert_eq!(keys(&space), ["a"], "what is being written is not seen");

    let second = cache(folder.path(), 1 << 30);
    assert_eq!(keys(&second.space("i", "t", "l").unwrap()), ["a"]);
    assert_eq!(files(folder.path()), 1);
    let left = |table: &str| {
        let count = format!("SELECT count(*) FROM {table}");
        index.read(|connection| connection.query_row(&count, [], |row| row.get::<_, i64>(0))).unwrap()
    };
    assert_eq!((left("readers"), left("segments")), (0, 1));
    drop((second, space));
}

#[test]
fn a_damaged_index_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    for damage in [&b"no database at all, but as long as the head of one would be, or a bit longer"[..], &[0; 5000]] {
        let first = cache(folder.path(), 1 << 30);
        let space = first.space("i", "t", "l").unwrap();
        keep(&space, "a", 10);
        drop((space, first));
        let file = folder.path().join("pinq").join(FORM).join("index.sqlite");
        std::fs::write(&file, damage).unwrap();
        let second = cache(folder.path(), 1 << 30);
        let space = second.space("i", "t", "l").unwrap();
        assert!(second.is_index_replaced() && keys(&space).is_empty());
        assert_eq!(files(folder.path()), 0, "files without an index are nobody's");
        assert!(matches!(keep(&space, "b", 10), Committed::Kept(_)));
    }
}

#[test]
fn a_damaged_index_is_left_alone_for_as_long_as_a_process_has_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let first = cache(folder.path(), 1 << 30);
    let space = first.space("i", "t", "l").unwrap();
    keep(&space, "a", 10);
    let damage = |_: &rusqlite::Connection| -> rusqlite::Result<()> {
        Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None))
    };
    assert!(first.index().unwrap().read(damage).is_err());
    let second = cache(folder.path(), 1 << 30);
    assert!(second.space("i", "t", "l").is_err_and(|error| error.to_string().contains("damaged")));
    assert_eq!(files(folder.path()), 1);
    drop((space, first));
    let third = cache(folder.path(), 1 << 30);
    let space = third.space("i", "t", "l").unwrap();
    assert!(third.is_index_replaced() && keys(&space).is_empty());
    keep(&space, "b", 10);
    drop((space, third));
    let fourth = cache(folder.path(), 1 << 30);
    assert_eq!(keys(&fourth.space("i", "t", "l").unwrap()), ["b"]);
    assert!(!fourth.is_index_replaced());
}

#[test]
fn an_unusable_folder_turns_the_cache_off_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pinq"), "a file").unwrap();
    let cache = cache(folder.path(), 1 << 30);
    assert!(cache.trouble().is_none());
    assert!(cache.space("i", "t", "l").is_err());
    let told = cache.trouble().unwrap().to_string();
    assert!(told.contains("pinq"), "{told}");
    cache.turn_off(Error::statement("another"));
    assert_eq!(cache.trouble().unwrap().to_string(), told);
}

#[test]
fn flags_are_found_for_exactly_the_rows_that_they_are_of() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), 1 << 30);
    let space = cache.space("i", "t", "l").unwrap();
    let cover = |pieces: &[(i64, &[u32])]| Cover {
        pieces: pieces.iter().map(|(segment, pieces)| (*segment, pieces.to_vec())).collect(),
    };
    let (one, other) = (cover(&[(1, &[0, 1]), (2, &[0])]), cover(&[(1, &[0]), (2, &[0, 1])]));
    let flags = BTreeMap::from([(1, vec![5, 7]), (2, vec![])]);
    space.keep_flags(&one, &flags).unwrap();
    assert_eq!(space.flags(&one).unwrap(), Some(flags));
    assert_eq!(space.flags(&other).unwrap(), None);
    assert_eq!(cache.space("j", "t", "l").unwrap().flags(&one).unwrap(), None);
}

#[test]
fn flags_that_are_of_use_outlast_others() {
    let folder = tempfile::tempdir().unwrap();
    let cover = |segment| Cover { pieces: BTreeMap::from([(segment, vec![0])]) };
    let flags = BTreeMap::from([(1, vec![5])]);
    for segment in 1..=4 {
        let cache = cache_at(1_700_000_000 + segment * 100, folder.path(), 1 << 30);
        cache.space("i", "t", "l").unwrap().keep_flags(&cover(segment), &flags).unwrap();
    }
    let later = cache_at(1_700_000_900, folder.path(), 1 << 30);
    let space = later.space("i", "t", "l").unwrap();
    assert!(space.flags(&cover(1)).unwrap().is_some());
    space.keep_flags(&cover(5), &flags).unwrap();
    let kept: Vec<i64> = (1..=5).filter(|segment| space.flags(&cover(*segment)).unwrap().is_some()).collect();
    assert_eq!(kept, [1, 3, 4, 5], "the second was used least lately");
}

#[test]
fn what_is_there_is_told_and_cleared_by_table() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), 1 << 30);
    let pin = cache.space("i", "pin", "s3://b/pin/").unwrap();
    // One scan read ten rows of an object into one segment; another split it between two of its partitions.
    keep(&pin, "a", 10);
    let object = Object { key: "a".into(), size: 9, modified: Default::default(), etag: None };
    for (from, to, rows) in [(0, Some(5), 6), (5, None, 4)] {
        let (file, description) = segment(rows);
        let pieces = vec![Piece::new(&object, from, to, rows as u64, None), Piece::of_nobody(0)];
        space_keeps(&pin, &file, &description, pieces);
    }
    keep(&cache.space("j", "geo", "s3://b/geo/").unwrap(), "b", 5);
    pin.count_hits(3).unwrap();
    let status = cache.status().unwrap();
    let shown: Vec<_> =
        status.iter().map(|table| (table.table.as_str(), table.objects, table.records, table.hits)).collect();
    assert_eq!(shown, [("geo", 1, 5, 0), ("pin", 1, 10, 3)]);
    assert_eq!(status[1].columns, ["n"]);
    assert_eq!(status[1].last_used, 1_700_000_000);
    assert!(cache.clear(Some("pin")).unwrap() > 100);
    assert_eq!(cache.status().unwrap().len(), 1);
    assert!(pin.columns().unwrap().is_empty(), "they were asked for before");
    cache.clear(None).unwrap();
    assert!(cache.status().unwrap().is_empty());
    assert_eq!(files(folder.path()), 0);
}

#[test]
fn a_listing_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), 1 << 30);
    let modified = chrono::DateTime::from_timestamp(1_700_000_000, 5).unwrap();
    let object = Object { key: "partition=0/a.json".into(), size: 3, modified, etag: Some("\"x\"".into()) };
    let listing = KnownListing { listed_at: 12, objects: vec![Arc::new(object)] };
    cache.keep_listing("s3://b/", "partition=0/", &listing).unwrap();
    assert_eq!(cache.known_listing("s3://b/", "partition=0/").unwrap(), Some(listing.clone()));
    assert_eq!(cache.known_listing("s3://b/", "partition=1/").unwrap(), None);
    let listed_at = || cache.known_listing("s3://b/", "partition=0/").unwrap().map(|listing| listing.listed_at);
    cache.keep_listing("s3://b/", "partition=0/", &KnownListing { listed_at: 11, ..listing.clone() }).unwrap();
    assert_eq!(listed_at(), Some(12), "another process has listed the whole since");
    let future = cache.now() + 1_000;
    cache.keep_listing("s3://b/", "partition=0/", &KnownListing { listed_at: future, ..listing.clone() }).unwrap();
    cache.keep_listing("s3://b/", "partition=0/", &listing).unwrap();
    assert_eq!(listed_at(), Some(12), "a clock was set back");
    cache.forget_listings("s3://a/").unwrap();
    assert_eq!(listed_at(), Some(12));
    cache.forget_listings("s3://b/").unwrap();
    assert_eq!(listed_at(), None);
}

#[test]
fn a_smaller_bound_holds_from_the_first_use_on() {
    let folder = tempfile::tempdir().unwrap();
    let wide = cache(folder.path(), 1 << 30);
    let space = wide.space("i", "t", "l").unwrap();
    for key in ["a", "b", "c"] {
        keep(&space, key, 1_000);
    }
    drop((space, wide));
    let tight = cache(folder.path(), 20_000);
    assert_eq!(keys(&tight.space("i", "t", "l").unwrap()), ["c", "b"]);
    assert_eq!(files(folder.path()), 2);
}

#[test]
fn listings_and_flags_make_room_too() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), 15_000);
    let space = cache.space("i", "t", "l").unwrap();
    let key = |n: u64| format!("{:x}", xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes()));
    let object = |n| Arc::new(Object { key: key(n), size: 3, modified: Default::default(), etag: None });
    let listing = KnownListing { listed_at: 12, objects: (0..400).map(object).collect() };
    cache.keep_listing("s3://b/", "partition=0/", &listing).unwrap();
    assert!(cache.known_listing("s3://b/", "partition=0/").unwrap().is_some());
    assert!(matches!(keep(&space, "a", 1_000), Committed::Kept(_)), "a listing stands in its way");
    assert!(cache.known_listing("s3://b/", "partition=0/").unwrap().is_none());
    let flags = BTreeMap::from([(1, (0..3_000).map(|n| n * n).collect())]);
    space.keep_flags(&Cover::default(), &flags).unwrap();
    assert!(matches!(keep(&space, "b", 1_500), Committed::Kept(_)), "flags stand in its way");
}

#[test]
fn a_change_that_comes_to_nothing_takes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), 1 << 30);
    let space = cache.space("i", "t", "l").unwrap();
    let Committed::Kept(segment) = keep(&space, "a", 10) else { panic!("there is room") };
    let index = cache.index().unwrap();
    let failed: Result<()> = index.write(|transaction| {
        room::drop_segment(&index, transaction, segment)?;
        Err(rusqlite::Error::InvalidQuery)
    });
    assert!(failed.is_err());
    assert_eq!((keys(&space), files(folder.path())), (vec!["a".to_owned()], 1));
    space.note_damaged(segment);
    assert_eq!((keys(&space).len(), files(folder.path())), (0, 0));
}

#[test]
fn damage_that_a_process_met_is_mended_as_soon_as_nobody_uses_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let first = cache(folder.path(), 1 << 30);
    let space = first.space("i", "t", "l").unwrap();
    keep(&space, "a", 10);
    let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    let met: Result<()> = first.index().unwrap().read(|_| Err(rusqlite::Error::SqliteFailure(damage, None)));
    assert!(met.is_err());
    let second = cache(folder.path(), 1 << 30);
    assert!(second.space("i", "t", "l").is_err());
    assert!(second.trouble().unwrap().to_string().contains("is damaged"));
    assert_eq!(keys(&space), ["a"], "nobody took it away under the first");
    drop((space, first, second));
    let third = cache(folder.path(), 1 << 30);
    assert!(keys(&third.space("i", "t", "l").unwrap()).is_empty());
    assert!(third.index().unwrap().is_replaced());
    keep(&third.space("i", "t", "l").unwrap(), "b", 10);
    drop(third);
    assert_eq!(keys(&cache(folder.path(), 1 << 30).space("i", "t", "l").unwrap()), ["b"], "it was mended once");
}
