//! Which rows of some segments are exact repeats of earlier ones, when exactly these rows are read together.
//!
//! Owns what tells one such set of rows from another. Which of several equal rows are flagged is for whoever reads
//! them to say; kept is what was said the first time, so that nobody has to look at every fingerprint again.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::space::Space;
use super::{packed, room};
use crate::error::Result;

/// For each segment, by its number, the flagged rows among all of its rows, ascending.
pub type Flags = BTreeMap<i64, Vec<u32>>;

/// Flags of that many rows are not kept: a landing in which most records are repeats has too many.
const MOST_FLAGS: usize = 10_000_000;
/// Seconds after which it is noted again that flags are of use. Not at each use: who only reads them would have to wait
/// for who writes.
const TOUCHED_ANEW: u64 = 60;

/// The rows that are read together: segments, and which pieces of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// By the segments' numbers, the positions of the pieces, ascending.
    pub pieces: BTreeMap<i64, Vec<u32>>,
}

impl Cover {
    fn digest(&self) -> [u8; 16] {
        let mut hash = Xxh3::new();
        for (segment, pieces) in &self.pieces {
            hash.update(&segment.to_le_bytes());
            hash.update(&(pieces.len() as u64).to_le_bytes());
            pieces.iter().for_each(|piece| hash.update(&piece.to_le_bytes()));
        }
        hash.digest128().to_le_bytes()
    }
}

impl Space {
    /// The flags of exactly these rows, if they were kept.
    pub fn flags(&self, cover: &Cover) -> Result<Option<Flags>> {
        let (digest, now) = (cover.digest(), self.now());
        let found: Option<(Vec<u8>, i64)> = self.index().read(|connection| {
            let look = "SELECT flags, last_used FROM repeats WHERE space = ?1 AND cover = ?2";
            connection.query_row(look, params![self.id(), digest], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })?;
        let Some((flags, last_used)) = found else { return Ok(None) };
        if last_used.abs_diff(now) >= TOUCHED_ANEW {
            let touch = "UPDATE repeats SET last_used = ?3 WHERE space = ?1 AND cover = ?2";
            self.index().write(|transaction| transaction.execute(touch, params![self.id(), digest, now]))?;
        }
        packed::unpack(&flags).map(Some)
    }

    /// Keeps the flags of these rows in place of those of the space's other rows, which hardly come again.
    pub fn keep_flags(&self, cover: &Cover, flags: &Flags) -> Result<()> {
        if flags.values().map(Vec::len).sum::<usize>() > MOST_FLAGS {
            return Ok(());
        }
        let (digest, flags, now) = (cover.digest(), packed::pack(flags)?, self.now());
        self.index().write(|transaction| {
            // Two questions may read different parts of a table in turn.
            transaction.execute(
                "DELETE FROM repeats WHERE space = ?1 AND cover NOT IN
                   (SELECT cover FROM repeats WHERE space = ?1 ORDER BY last_used DESC LIMIT 3)",
                params![self.id()],
            )?;
            if room::make_room(self.index(), transaction, flags.len() as u64, self.max_bytes())? {
                transaction.execute(
                    "INSERT OR REPLACE INTO repeats (space, cover, flags, last_used) VALUES (?1, ?2, ?3, ?4)",
                    params![self.id(), digest, flags, now],
                )?;
            }
            Ok(())
        })
    }
}
