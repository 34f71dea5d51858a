//! The set of repeats against a plain set.

use std::collections::HashSet;

use arrow::array::Int64Array;
use datafusion::execution::memory_pool::{GreedyMemoryPool, UnboundedMemoryPool};

use super::*;

fn columns(kinds: &[ColumnType]) -> Vec<Column> {
    let name = |number| format!("column {number}");
    kinds.iter().enumerate().map(|(number, kind)| Column { name: name(number), kind: kind.clone() }).collect()
}

fn repeats(pool: &Arc<dyn MemoryPool>, volume: Arc<Volume>, kinds: &[ColumnType]) -> Repeats {
    Repeats::new(pool, volume, &columns(kinds))
}

fn unbounded() -> Arc<dyn MemoryPool> {
    Arc::new(UnboundedMemoryPool::default())
}

fn settled(bytes: u64) -> Arc<Volume> {
    let volume = Arc::new(Volume::default());
    volume.add(bytes);
    volume.settle();
    volume
}

/// Texts' fingerprints, far apart.
fn fingerprint(text: u128) -> u128 {
    (text + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
}

#[test]
fn flags_what_came_before() {
    let pool = unbounded();
    let repeats = repeats(&pool, Arc::default(), &[]);
    let first = repeats.observe(&[1, 2, 1, 1 << 100], &[]).unwrap();
    assert_eq!(first.iter().flatten().collect::<Vec<_>>(), [false, false, true, false]);
    let second = repeats.observe(&[2, 3, 1 << 100], &[]).unwrap();
    assert_eq!(second.iter().flatten().collect::<Vec<_>>(), [true, false, true]);
    assert!(pool.reserved() > 0);
}

/// The numbers of records in landings of many kinds, each of a record's text alone.
const NUMBERS: [fn(u128) -> Option<i64>; 8] = [
    |text| i64::try_from(text % 100_000).ok(),
    |text| i64::try_from(text % 100_000).ok().map(|number| number * 3 - 150_000),
    |text| i64::try_from(text % 97).ok(),
    |text| Some(fingerprint(text) as i64),
    |text| Some((text as i64 % 1_000) << 40),
    |_| None,
    |text| (!text.is_multiple_of(5)).then_some(text as i64 % 10_000),
    |text| [i64::MIN, i64::MAX, 0, -1].get((text % 4) as usize).copied(),
];

#[test]
fn agrees_with_a_set_wherever_fingerprints_stand() {
    let kinds = [ColumnType::Varchar, ColumnType::BigInt, ColumnType::BigInt];
    for (kind, number) in (0..).zip(NUMBERS.map(Some).into_iter().chain([None])) {
        let pool = unbounded();
        let repeats = repeats(&pool, settled(3_000_000), if number.is_some() { &kinds } else { &kinds[..1] });
        let mut seen = HashSet::new();
        let mut state = 7_u128;
        for batch in 0..40_u64 {
            let texts: Vec<u128> = (0..3_000)
                .map(|row| {
                    state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
                    // In their order, with texts among them that came before or come soon.
                    if state >> 126 == 0 { (state >> 64) % 90_000 } else { u128::from(batch) * 3_000 + row }
                })
                .collect();
            let fingerprints: Vec<u128> = texts
                .iter()
                .map(|text| match text % 100 {
                    // Some lie at the very end of their table, and one is what marks an empty place.
                    0 => text << 90 | u128::from(u64::MAX),
                    1 if *text == 1 => 0,
                    _ => fingerprint(*text),
                })
                .collect();
            let other: ArrayRef = Arc::new(Int64Array::from_iter_values(0..3_000));
            let numbers: ArrayRef =
                Arc::new(texts.iter().map(|text| number.and_then(|number| number(*text))).collect::<Int64Array>());
            repeats.add_bytes(3_000 * 25);
            let flags = repeats.observe(&fingerprints, &[Arc::clone(&other), numbers, other]).unwrap();
            let expected: Vec<bool> = fingerprints.iter().map(|fingerprint| !seen.insert(*fingerprint)).collect();
            assert_eq!(flags.iter().flatten().collect::<Vec<_>>(), expected, "kind {kind}, batch {batch}");
        }
        // At most a number's place for every other one, and the pages and slots that there are at the start.
        let (least, most) = (seen.len() * size_of::<u64>(), (seen.len() * 4 + 140_000) * size_of::<u128>());
        assert!((least..most).contains(&pool.reserved()), "kind {kind}: {}", pool.reserved());
    }
}

#[test]
fn threads_agree_on_one_that_is_not_flagged() {
    let pool = unbounded();
    let repeats = repeats(&pool, Arc::default(), &[ColumnType::BigInt]);
    let texts: Vec<u128> = (0..40_000).collect();
    let unflagged: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let observe = |texts: &[u128]| {
                        let fingerprints: Vec<u128> = texts.iter().copied().map(fingerprint).collect();
                        // Two records have each number, and every seventh has none.
                        let number = |text: &u128| (!text.is_multiple_of(7)).then_some((text / 2) as i64);
                        let numbers: ArrayRef = Arc::new(texts.iter().map(number).collect::<Int64Array>());
                        repeats.observe(&fingerprints, &[numbers]).unwrap().false_count()
                    };
                    texts.chunks(1_000).map(observe).sum::<usize>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(unflagged, texts.len());
}

#[test]
fn makes_room_for_what_is_foreseen_and_no_more() {
    let (rows, batch) = (300_000_usize, 8_000);
    let fingerprints: Vec<u128> = (0..rows as u128).map(fingerprint).collect();
    let places = |limit: usize, volume: &Arc<Volume>| {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(limit));
        let repeats = repeats(&pool, Arc::clone(volume), &[]);
        for part in fingerprints.chunks(batch) {
            repeats.add_bytes(part.len() as u64 * 100);
            let flags = repeats.observe(part, &[]).unwrap();
            assert_eq!(flags.true_count(), 0);
        }
        pool.reserved() / size_of::<u128>()
    };
    let fitting = places(usize::MAX, &settled(rows as u64 * 100));
    let needed = rows * 4 / 3;
    assert!(fitting > needed && fitting < needed * 11 / 10, "{fitting} slots for {rows}");
    // A forecast that is far off, or that memory has no room for, does no harm.
    assert!(places(usize::MAX, &settled(1 << 40)) <= 10_000_000);
    let short = places(needed * 16 * 2, &settled(1 << 40));
    assert!(short >= needed, "{short}");
}

#[test]
fn numbers_of_one_partition_among_many_fill_their_pages_in_the_end() {
    let (rows, partitions) = (240_000_usize, 12);
    let pool = unbounded();
    let repeats = repeats(&pool, settled(rows as u64 * 100), &[ColumnType::BigInt]);
    for partition in 0..partitions {
        let texts: Vec<usize> = (partition..rows).step_by(partitions).collect();
        for texts in texts.chunks(5_000) {
            let fingerprints: Vec<u128> = texts.iter().map(|text| fingerprint(*text as u128)).collect();
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(texts.iter().map(|text| *text as i64)));
            repeats.add_bytes(texts.len() as u64 * 100);
            assert_eq!(repeats.observe(&fingerprints, &[numbers]).unwrap().true_count(), 0);
        }
    }
    let places = pool.reserved() / size_of::<u64>();
    assert!(places >= rows && places < rows * 21 / 20, "{places} places for {rows}");
}

#[test]
fn stops_at_the_memory_limit() {
    let many: Vec<u128> = (0..100_000).map(fingerprint).collect();
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100_000));
    for kinds in [&[][..], &[ColumnType::BigInt]] {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(10_000));
        let repeats = repeats(&pool, Arc::default(), kinds);
        assert!(repeats.observe(&many, std::slice::from_ref(&numbers)).is_err());
        drop(repeats);
        assert_eq!(pool.reserved(), 0);
    }
}
