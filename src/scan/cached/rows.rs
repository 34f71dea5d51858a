//! The rows of some objects in one segment, on their way from the disk to a decoder's place.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, BooleanBufferBuilder};

use crate::cache::{CachedColumn, Description, SegmentBatches, SegmentBytes, Segments};
use crate::error::Result;
use crate::scan::fetch::Permit;
use crate::scan::objects::Origin;
use crate::store::Object;

/// Rows of listed objects in one segment.
pub struct CachedRows {
    /// The segment's number.
    pub segment: i64,
    /// Its file.
    pub file: PathBuf,
    /// What it holds.
    pub description: Arc<Description>,
    /// What is read of it.
    pub columns: Vec<CachedColumn>,
    /// Whether its rows go into a new segment, too.
    pub is_joined: bool,
    /// Whether no row of it can be in the answer: only what was found in it is told.
    pub is_ruled_out: bool,
    /// Whose rows they are, in the segment's order.
    pub pieces: Vec<CachedPiece>,
    /// The rows that are repeats, where that is known.
    pub flags: Option<Arc<[u32]>>,
    /// Keeps the segment from being dropped.
    #[expect(dead_code, reason = "it is held, not read")]
    pub held: Arc<Segments>,
    /// The share of the byte budget that its bytes have.
    pub permit: Option<Permit>,
}

/// Rows of one object.
pub struct CachedPiece {
    /// Its position among the segment's pieces.
    pub number: u32,
    /// Its rows among the segment's.
    pub rows: Range<u64>,
    /// The object.
    pub object: Arc<Object>,
    /// Whether they are all of the object's rows.
    pub is_whole: bool,
    /// Whether they are the object's first rows.
    pub is_first: bool,
    /// What is to be told of it.
    pub found: Option<String>,
}

/// A segment that is being read.
pub struct SegmentReading {
    /// What is read.
    pub rows: CachedRows,
    batches: SegmentBatches,
    /// The piece that comes next, and how many of its rows were given.
    piece: usize,
    given: u64,
}

/// Some rows of a segment.
pub struct CachedBatch {
    /// The arrays of [`CachedRows::columns`].
    pub columns: Vec<ArrayRef>,
    /// How many rows.
    pub rows: usize,
    /// Whose they are.
    pub origins: Vec<Origin>,
    /// Which of the segment's rows they are.
    pub numbers: Vec<Range<u64>>,
}

impl CachedPiece {
    /// How many rows they are.
    pub fn count(&self) -> u64 {
        self.rows.end.saturating_sub(self.rows.start)
    }
}

impl CachedRows {
    /// How many objects begin in it.
    pub fn objects(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.is_first).count()
    }

    /// How many rows are read of it.
    pub fn count(&self) -> u64 {
        match self.is_ruled_out {
            true => 0,
            false => self.pieces.iter().map(CachedPiece::count).sum(),
        }
    }

    /// The positions of its columns in the segment.
    pub fn positions(&self) -> Vec<usize> {
        if self.is_ruled_out {
            return Vec::new();
        }
        self.columns.iter().filter_map(|column| self.description.position(column)).collect()
    }

    /// Reads the bytes that it needs, checked. Blocks.
    pub fn read(&self) -> Result<SegmentBytes> {
        SegmentBytes::read(&self.file, &self.description, &self.positions())
    }

    /// What finds out, by blocking, whether [`CachedRows::read`] would find everything as it was written.
    pub fn checking(&self) -> impl FnOnce() -> Result<()> + Send + 'static {
        let (file, description, positions) = (self.file.clone(), Arc::clone(&self.description), self.positions());
        move || SegmentBytes::read(&file, &description, &positions).map(drop)
    }

    /// Bytes that [`CachedRows::read`] reads.
    pub fn needed_bytes(&self) -> u64 {
        self.description.needed_bytes(&self.positions())
    }

    /// Begins to read its rows from their bytes.
    pub fn begin(self, bytes: &SegmentBytes, batch_size: usize) -> Result<SegmentReading> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.rows.is_empty() && !self.is_ruled_out) {
            match ranges.last_mut() {
                Some(last) if last.end == piece.rows.start => last.end = piece.rows.end,
                _ => ranges.push(piece.rows.clone()),
            }
        }
        let batches = bytes.batches(&ranges, batch_size)?;
        Ok(SegmentReading { rows: self, batches, piece: 0, given: 0 })
    }
}

impl SegmentReading {
    /// The next rows; `None` after the last.
    pub fn next(&mut self) -> Result<Option<CachedBatch>> {
        let batch = loop {
            match self.batches.next().transpose()? {
                None => return Ok(None),
                Some(batch) if batch.num_rows() > 0 => break batch,
                Some(_) => {}
            }
        };
        let mut left = batch.num_rows() as u64;
        let (mut origins, mut numbers) = (Vec::new(), Vec::new());
        while left > 0 {
            let Some(piece) = self.rows.pieces.get(self.piece) else { break };
            let start = piece.rows.start.saturating_add(self.given);
            let rows = piece.count().saturating_sub(self.given).min(left);
            if rows > 0 {
                let count = usize::try_from(rows).unwrap_or(usize::MAX);
                origins.push(Origin { object: Arc::clone(&piece.object), rows: count });
                numbers.push(start..start.saturating_add(rows));
            }
            left -= rows;
            self.given = self.given.saturating_add(rows);
            if start.saturating_add(rows) >= piece.rows.end {
                (self.piece, self.given) = (self.piece.saturating_add(1), 0);
            }
        }
        Ok(Some(CachedBatch { rows: batch.num_rows(), columns: batch.columns().to_vec(), origins, numbers }))
    }

    /// The array of that column in a batch.
    pub fn column<'a>(&self, batch: &'a CachedBatch, column: &CachedColumn) -> Option<&'a ArrayRef> {
        let position = self.rows.columns.iter().position(|own| own == column)?;
        batch.columns.get(position)
    }

    /// Which rows of a batch are repeats, where that is known.
    pub fn flags(&self, batch: &CachedBatch) -> Option<BooleanArray> {
        let flagged = self.rows.flags.as_ref()?;
        let mut flags = BooleanBufferBuilder::new(batch.rows);
        for rows in &batch.numbers {
            let first = flagged.partition_point(|row| u64::from(*row) < rows.start);
            let mut at = rows.start;
            for row in flagged.iter().skip(first).map(|row| u64::from(*row)).take_while(|row| *row < rows.end) {
                flags.append_n(usize::try_from(row.saturating_sub(at)).unwrap_or_default(), false);
                flags.append(true);
                at = row.saturating_add(1);
            }
            flags.append_n(usize::try_from(rows.end.saturating_sub(at)).unwrap_or_default(), false);
        }
        Some(BooleanArray::new(flags.finish(), None))
    }
}
