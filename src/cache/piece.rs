//! A piece of an object whose rows stand in a segment, and the form in which the index keeps such pieces.
//!
//! Owns the encoding. What an object is recognised by stands with each piece, so that a piece of an object that was
//! replaced is never taken for one of the new object.

use serde::{Deserialize, Serialize};

use super::packed;
use crate::error::Result;
use crate::store::Object;

/// Rows of one object, which follow one another in their segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The object's key below the table's location.
    pub key: String,
    /// Its bytes as stored.
    pub size: u64,
    /// Nanoseconds since 1970, UTC, when it was last written.
    pub modified: i64,
    /// Its entity tag, if its store has such.
    pub etag: Option<String>,
    /// The offset in the decompressed object from which its records were read.
    pub from: u64,
    /// The offset up to which they were; `None` is the object's end.
    pub to: Option<u64>,
    /// How many rows they are.
    pub rows: u64,
    /// What was found in them beside rows, in the form of whoever wrote it; mostly nothing.
    pub found: Option<String>,
}

/// As it is written: a list without names.
#[derive(Serialize, Deserialize)]
struct Written(String, u64, i64, Option<String>, u64, Option<u64>, u64, Option<String>);

impl Piece {
    /// Rows of `object` from that offset to that one.
    pub fn new(object: &Object, from: u64, to: Option<u64>, rows: u64, found: Option<String>) -> Piece {
        let modified = object.modified.timestamp_nanos_opt().unwrap_or_default();
        Piece { key: object.key.clone(), size: object.size, modified, etag: object.etag.clone(), from, to, rows, found }
    }

    /// Rows that nobody is to find: they stand among others, and their object is fetched again.
    pub fn of_nobody(rows: u64) -> Piece {
        let key = String::new();
        Piece { key, size: 0, modified: 0, etag: None, from: 0, to: Some(0), rows, found: None }
    }

    /// Whether nobody is to find it.
    pub fn is_of_nobody(&self) -> bool {
        // No object has this key.
        self.key.is_empty()
    }

    /// Whether both are of the same object, unchanged.
    pub fn is_of_same(&self, other: &Piece) -> bool {
        (&self.key, self.size, self.modified, &self.etag) == (&other.key, other.size, other.modified, &other.etag)
    }

    /// Whether `next` begins where it ends, so that both may be told as one.
    pub fn goes_on_with(&self, next: &Piece) -> bool {
        self.to == Some(next.from) && self.found.is_none() && next.found.is_none() && self.is_of_same(next)
    }

    /// Whether it is of that very object, unchanged.
    pub fn is_of(&self, object: &Object) -> bool {
        self.key == object.key
            && self.size == object.size
            && self.etag == object.etag
            && Some(self.modified) == object.modified.timestamp_nanos_opt()
    }

    /// Whether it is the whole object.
    pub fn is_whole(&self) -> bool {
        self.from == 0 && self.to.is_none()
    }
}

/// The pieces as the index keeps them.
pub fn encode(pieces: Vec<Piece>) -> Result<Vec<u8>> {
    let written: Vec<Written> = pieces
        .into_iter()
        .map(|piece| {
            let Piece { key, size, modified, etag, from, to, rows, found } = piece;
            Written(key, size, modified, etag, from, to, rows, found)
        })
        .collect();
    packed::pack(&written)
}

/// What [`encode`] made.
pub fn decode(bytes: &[u8]) -> Result<Vec<Piece>> {
    let written: Vec<Written> = packed::unpack(bytes)?;
    let piece = |Written(key, size, modified, etag, from, to, rows, found)| Piece {
        key,
        size,
        modified,
        etag,
        from,
        to,
        rows,
        found,
    };
    Ok(written.into_iter().map(piece).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object {
        let modified = chrono::DateTime::from_timestamp(1_700_000_000, 123).unwrap();
        Object { key: "a\"b/ü.json".into(), size: 7, modified, etag: Some("\"e\"".into()) }
    }

    #[test]
    fn pieces_come_back_as_they_were() {
        let pieces = vec![
            Piece::new(&object(), 0, None, 3, Some("{\"bad\":1}".into())),
            Piece::new(&object(), 9, Some(20), 0, None),
        ];
        assert_eq!(decode(&encode(pieces.clone()).unwrap()).unwrap(), pieces);
        assert!(decode(b"no").is_err());
    }

    #[test]
    fn any_difference_is_another_object() {
        let piece = Piece::new(&object(), 0, None, 3, None);
        assert!(piece.is_of(&object()) && piece.is_whole());
        let changes: [fn(&mut Object); 4] = [
            |object| object.key.push('x'),
            |object| object.size += 1,
            |object| object.etag = None,
            |object| object.modified += chrono::Duration::nanoseconds(1),
        ];
        for change in changes {
            let mut other = object();
            change(&mut other);
            assert!(!piece.is_of(&other));
        }
    }
}
