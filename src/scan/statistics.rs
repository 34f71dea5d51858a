//! What the planner is told about a scan before it runs: how many rows it yields, and how large they are.
//!
//! The planner builds a join's hash table from the smaller side and collects a small one whole. What is counted is
//! exact; what is estimated from the listing says so, and no answer depends on it.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Statistics};

use super::objects::Snapshot;
use super::refining::Refinement;

/// Bytes of a record in a plain object, where nothing else is known; records of a topic have a hundred to a thousand.
const RECORD_BYTES: u64 = 300;
/// Rows of a table that is still being listed: as many in each, so that of two such tables the one with fewer bytes a row
/// is the smaller, and so many that none is taken for small.
const UNLISTED_ROWS: usize = 1_000_000_000;
/// Bytes of a text in memory, with what points at it.
const TEXT_BYTES: usize = 32;

/// The statistics of a scan of all or, with a limit, of some rows of `snapshot`.
pub fn statistics(
    refinement: &Refinement,
    snapshot: &Arc<Snapshot>,
    counted: Option<usize>,
    limit: Option<usize>,
) -> Statistics {
    let estimated = || {
        let listed = snapshot.listed().map(|totals| usize::try_from(totals.bytes / RECORD_BYTES).unwrap_or(usize::MAX));
        Precision::Inexact(listed.unwrap_or(UNLISTED_ROWS))
    };
    let rows = match (counted.map_or_else(estimated, Precision::Exact), limit) {
        (rows, None) if refinement.conditions.is_empty() => rows,
        (rows, None) => rows.to_inexact(),
        (rows, Some(limit)) => rows.to_inexact().min(&Precision::Inexact(limit)),
    };
    let width =
        refinement.schema.fields().iter().fold(0_usize, |bytes, field| bytes.saturating_add(width(field.data_type())));
    Statistics {
        num_rows: rows,
        total_byte_size: rows.multiply(&Precision::Inexact(width)).to_inexact(),
        column_statistics: refinement.schema.fields().iter().map(|_| ColumnStatistics::new_unknown()).collect(),
    }
}

/// About how many bytes a value takes in memory.
fn width(kind: &DataType) -> usize {
    kind.primitive_width().unwrap_or(match kind {
        DataType::Boolean => 1,
        _ => TEXT_BYTES,
    })
}
