//! Which listed objects the cache holds, and the rows of those that were listed.
//!
//! Owns the choice among segments that hold the same object. An object is covered only where every byte of it was
//! read within one scan.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::caching::Caching;
use super::found::Found;
use super::rows::{CachedPiece, CachedRows};
use crate::cache::{CachedColumn, Cover, Description, Flags, Piece, Segments};
use crate::store::Object;

/// A piece by its segment and its position in it.
type At = (usize, usize);

/// What the cache holds for one scan.
pub struct Coverage {
    segments: Arc<Segments>,
    /// Segment by segment, what is read of it.
    columns: Vec<Vec<CachedColumn>>,
    is_joined: Vec<bool>,
    /// Segment by segment, the row at which each piece begins.
    starts: Vec<Vec<u64>>,
    /// Of each key the newest that is one piece.
    whole: HashMap<String, At>,
    /// Of each key all else: objects in several pieces, and what was there before an object was replaced.
    others: HashMap<String, Vec<Vec<At>>>,
    /// Segment by segment, the pieces whose objects were listed since the last time.
    taken: Vec<Vec<(usize, Arc<Object>)>>,
}

impl Coverage {
    /// What these segments, the newest of which come first, hold for that scan. What is `joined` is read in full, to
    /// be kept together with others.
    pub fn new(segments: Segments, caching: &Caching, joined: &dyn Fn(&Description) -> bool) -> Coverage {
        let segments = Arc::new(segments);
        let (mut whole, mut others, mut pieces) = (HashMap::new(), HashMap::<_, Vec<_>>::new(), BTreeMap::new());
        let (mut starts, mut columns, mut is_joined) = (Vec::new(), Vec::new(), Vec::new());
        for (number, segment) in segments.segments.iter().enumerate() {
            let mut row = 0;
            let mut begins = Vec::with_capacity(segment.pieces.len());
            for (position, piece) in segment.pieces.iter().enumerate() {
                begins.push(row);
                row += piece.rows;
                if !serves(piece, caching) {
                    continue;
                }
                if piece.is_whole() {
                    let newest = *whole.entry(piece.key.clone()).or_insert((number, position));
                    if !at(&segments, newest).is_some_and(|newest| newest.is_of_same(piece)) {
                        others.entry(piece.key.clone()).or_default().push(vec![(number, position)]);
                    }
                } else {
                    let key = (piece.key.as_str(), segment.generation);
                    pieces.entry(key).or_insert_with(Vec::new).push((number, position));
                }
            }
            starts.push(begins);
            let joins = joined(&segment.description) && segment.pieces.iter().all(Piece::is_whole);
            columns.push(if joins { caching.columns() } else { caching.wanted() }.to_vec());
            is_joined.push(joins);
        }
        for ((key, _), mut chain) in pieces {
            chain.sort_by_key(|own| at(&segments, *own).map(|piece| (piece.from, piece.to.unwrap_or(u64::MAX))));
            if is_chain(chain.iter().filter_map(|own| at(&segments, *own))) {
                others.entry(key.to_owned()).or_default().push(chain);
            }
        }
        let taken = segments.segments.iter().map(|_| Vec::new()).collect();
        Coverage { segments, columns, is_joined, starts, whole, others, taken }
    }

    /// Whether the cache holds that very object; its rows then come with the next [`Coverage::rows`].
    pub fn take(&mut self, object: &Arc<Object>) -> bool {
        let whole = self.whole.get(&object.key).map(std::slice::from_ref);
        let others = self.others.get(&object.key).into_iter().flatten().map(Vec::as_slice);
        let is_of = |own: &At| at(&self.segments, *own).is_some_and(|piece| piece.is_of(object));
        let chains = whole.into_iter().chain(others).filter(|chain| chain.iter().all(is_of));
        // What is newer holds what is older and more, be it whole or in pieces, and segments that a scan does not read
        // may be dropped at its end: an older one read instead would cost what only the newer one has.
        let newest = |chain: &&[At]| chain.iter().map(|(segment, _)| *segment).min();
        let Some(chain) = chains.min_by_key(newest) else { return false };
        for (segment, position) in chain {
            if let Some(taken) = self.taken.get_mut(*segment) {
                taken.push((*position, Arc::clone(object)));
            }
        }
        true
    }

    /// The rows of the objects that were taken since the last time, a value for each segment; nothing is read yet.
    pub fn rows(&mut self) -> Vec<CachedRows> {
        let mut all = Vec::new();
        for (number, taken) in self.taken.iter_mut().enumerate() {
            let Some(segment) = self.segments.segments.get(number) else { continue };
            let mut taken = std::mem::take(taken);
            taken.sort_unstable_by_key(|(position, _)| *position);
            let cached = |(position, object): (usize, Arc<Object>)| {
                let piece = segment.pieces.get(position)?;
                let start = *self.starts.get(number)?.get(position)?;
                let rows = start..start.saturating_add(piece.rows);
                let number = u32::try_from(position).ok()?;
                let (is_whole, is_first) = (piece.is_whole(), piece.from == 0);
                Some(CachedPiece { number, rows, object, is_whole, is_first, found: piece.found.clone() })
            };
            let pieces: Vec<CachedPiece> = taken.into_iter().filter_map(cached).collect();
            if !pieces.is_empty() {
                all.push(CachedRows {
                    segment: segment.id,
                    file: segment.file.clone(),
                    description: Arc::clone(&segment.description),
                    columns: self.columns.get(number).cloned().unwrap_or_default(),
                    is_joined: self.is_joined.get(number).copied().unwrap_or_default(),
                    is_ruled_out: false,
                    pieces,
                    flags: None,
                    held: Arc::clone(&self.segments),
                    permit: None,
                });
            }
        }
        all
    }
}

/// The rows as the cache tells them from others.
pub fn cover(rows: &[CachedRows]) -> Cover {
    let numbers = |rows: &CachedRows| rows.pieces.iter().map(|piece| piece.number).collect();
    Cover { pieces: rows.iter().map(|rows| (rows.segment, numbers(rows))).collect() }
}

/// Gives each segment's rows their flags, and what was read to find them is read no more.
pub fn set_flags(rows: &mut [CachedRows], mut flags: Flags) {
    for rows in rows {
        rows.flags = Some(flags.remove(&rows.segment).unwrap_or_default().into());
        if !rows.is_joined {
            rows.columns.retain(|column| *column != CachedColumn::Fingerprint);
        }
    }
}

/// Takes every object of `rows` out of all of them that has a piece in one of the segments `gone`; those objects.
pub fn without(rows: &mut Vec<CachedRows>, gone: &HashSet<i64>) -> Vec<Arc<Object>> {
    let mut objects: BTreeMap<String, Arc<Object>> = BTreeMap::new();
    for lost in rows.iter().filter(|rows| gone.contains(&rows.segment)) {
        objects.extend(lost.pieces.iter().map(|piece| (piece.object.key.clone(), Arc::clone(&piece.object))));
    }
    for rows in rows.iter_mut() {
        rows.pieces.retain(|piece| !objects.contains_key(&piece.object.key));
    }
    rows.retain(|rows| !rows.pieces.is_empty());
    objects.into_values().collect()
}

fn at(segments: &Segments, (segment, position): At) -> Option<&Piece> {
    segments.segments.get(segment).and_then(|segment| segment.pieces.get(position))
}

fn serves(piece: &Piece, caching: &Caching) -> bool {
    let Some(text) = &piece.found else { return true };
    Found::decoded(text).is_some_and(|found| caching.accepts(&found.nulled))
}

/// Whether the pieces are all of one object from its first byte to its end.
fn is_chain<'a>(pieces: impl Iterator<Item = &'a Piece>) -> bool {
    let mut at = Some(0);
    let mut first: Option<&Piece> = None;
    for piece in pieces {
        let same = first.is_none_or(|first| first.is_of_same(piece));
        if at != Some(piece.from) || !same {
            return false;
        }
        first.get_or_insert(piece);
        at = piece.to;
    }
    first.is_some() && at.is_none()
}

#[cfg(test)]
mod tests {
    use super::super::caching::Keeping;
    use super::*;
    use crate::cache::{Cache, CacheSettings, Committed, SegmentBuilder};
    use crate::config::OnBadValue;
    use crate::scan::provider::Projection;

    fn object() -> Object {
        Object { key: "a".into(), size: 9, modified: Default::default(), etag: None }
    }

    fn piece(from: u64, to: Option<u64>) -> Piece {
        Piece::new(&object(), from, to, 1, None)
    }

    /// The segments that are read of an object after scans one after another kept it in these pieces, a segment each.
    fn read_of(scans: &[&[Piece]]) -> (Vec<Vec<i64>>, Vec<i64>) {
        let folder = tempfile::tempdir().unwrap();
        let settings = CacheSettings { folder: folder.path().join("c"), max_bytes: 1 << 30, began: 1_700_000_000 };
        let space = Cache::new(settings).space("i", "t", "l").unwrap();
        let keep = |generation, piece: &Piece| {
            let mut builder = SegmentBuilder::new(Vec::new());
            builder.write(&[], 1).unwrap();
            let (file, description) = builder.finish(Vec::new()).unwrap();
            match space.keep(&file, &description, generation, vec![piece.clone()]).unwrap() {
                Committed::Kept(segment) => segment,
                Committed::NoRoom => panic!("there is room"),
            }
        };
        let kept = (1..).zip(scans).map(|(generation, pieces)| pieces.iter().map(|it| keep(generation, it)).collect());
        let kept: Vec<Vec<i64>> = kept.collect();
        let projection = Projection::of(Vec::new(), Vec::new(), Vec::new());
        let caching = Caching::new(space, &projection, Keeping::All, OnBadValue::Null, 1);
        let mut coverage = caching.coverage().unwrap();
        assert!(coverage.take(&Arc::new(object())));
        let mut read: Vec<i64> = coverage.rows().iter().map(|rows| rows.segment).collect();
        read.sort_unstable();
        (kept, read)
    }

    #[test]
    fn what_is_newest_is_read_be_it_whole_or_in_pieces() {
        let (whole, halves) = ([piece(0, None)], [piece(0, Some(5)), piece(5, None)]);
        let torn = [piece(0, Some(5))];
        for (scans, newest) in [
            (vec![&whole[..], &halves[..]], 1),
            (vec![&halves[..], &whole[..]], 1),
            (vec![&halves[..], &halves[..]], 1),
            (vec![&whole[..], &halves[..], &torn[..]], 1),
            (vec![&whole[..], &halves[..], &whole[..]], 2),
        ] {
            let (kept, read) = read_of(&scans);
            assert_eq!(read, kept[newest], "of {kept:?}");
        }
    }

    #[test]
    fn a_chain_has_no_gap_no_overlap_and_an_end() {
        let check = |pieces: &[Piece]| is_chain(pieces.iter());
        assert!(check(&[piece(0, Some(5)), piece(5, Some(5)), piece(5, None)]));
        assert!(!check(&[piece(0, Some(5))]), "no end");
        assert!(!check(&[piece(5, None)]), "no beginning");
        assert!(!check(&[piece(0, Some(5)), piece(6, None)]), "a gap");
        assert!(!check(&[piece(0, Some(5)), piece(4, None)]), "an overlap");
        assert!(!check(&[]));
        let other = Piece { etag: Some("\"e\"".into()), ..piece(5, None) };
        assert!(!check(&[piece(0, Some(5)), other]), "another object");
    }
}
