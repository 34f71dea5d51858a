//! The ranges of values that an object or a folder can have, for predicates that can't be evaluated on it.
//!
//! Owns the bounds. They must hold for every record; where nothing is sure, nothing is said.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, StringViewArray, UInt64Array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::logical_expr::Expr;

use crate::landing::{Compression, LandingKey};
use crate::scan::objects::folder::Folder;
use crate::scan::objects::listing::Page;
use crate::scan::objects::origin::OriginColumn;
use crate::store::Object;

/// More records than this for each stored byte can be in no gzip object: what deflate can do at best.
const GZIP_RECORDS_A_BYTE: u64 = 1_032;

/// What is known of one column for each object or folder: the least and the greatest value.
pub struct Known {
    /// The least values, NULL where nothing is known.
    pub minimum: ArrayRef,
    maximum: ArrayRef,
    /// Whether `minimum` is the one value that there is, NULL included.
    pub decided: Vec<bool>,
    /// Whether all values are NULL (1) or none is (0), where that is known.
    nulls: Vec<Option<u64>>,
}

impl Known {
    /// Each value is the only one of its object.
    pub fn constant(values: ArrayRef) -> Known {
        let decided = vec![true; values.len()];
        Known::where_decided(values, decided)
    }

    /// Each value is the only one where it is `decided`; else it is NULL and says nothing.
    pub fn where_decided(values: ArrayRef, decided: Vec<bool>) -> Known {
        let nulls = decided.iter().enumerate().map(|(row, decided)| decided.then(|| u64::from(values.is_null(row))));
        Known { nulls: nulls.collect(), decided, maximum: Arc::clone(&values), minimum: values }
    }

    /// Nothing is known of `column`.
    pub fn unknown(column: &OriginColumn, count: usize) -> Known {
        let nothing = new_null_array(column.field().data_type(), count);
        Known::where_decided(nothing, vec![false; count])
    }

    /// The offsets that an object may hold: from its name's on, and no more records than bytes. Where
    /// the next object begins says less: what was written again after a restart may overlap.
    pub fn offsets(page: &Page) -> Known {
        let ranges: Vec<Option<(i64, i64)>> = page.iter().map(|object| offset_range(object)).collect();
        Known {
            minimum: Arc::new(ranges.iter().map(|range| range.map(|range| range.0)).collect::<Int64Array>()),
            maximum: Arc::new(ranges.iter().map(|range| range.map(|range| range.1)).collect::<Int64Array>()),
            decided: vec![false; ranges.len()],
            // A name without an offset gives its records none.
            nulls: ranges.iter().map(|range| range.is_none().then_some(1)).collect(),
        }
    }

    /// The keys that a folder may hold: those that begin with its path.
    pub fn keys(folders: &[Arc<Folder>]) -> Known {
        let last = |folder: &Arc<Folder>| Some(format!("{}\u{10ffff}", folder.path()));
        Known {
            minimum: Arc::new(folders.iter().map(|folder| Some(folder.path())).collect::<StringViewArray>()),
            maximum: Arc::new(folders.iter().map(last).collect::<StringViewArray>()),
            decided: vec![false; folders.len()],
            nulls: vec![Some(0); folders.len()],
        }
    }
}

fn offset_range(object: &Object) -> Option<(i64, i64)> {
    let key = LandingKey::parse(&object.key).ok()?;
    let start = key.start_offset?;
    let most = match key.compression {
        Compression::None => object.size,
        Compression::Gzip => object.size.saturating_mul(GZIP_RECORDS_A_BYTE),
        Compression::Zstd => u64::MAX,
    };
    let last = start.saturating_add(most.saturating_sub(1));
    Some((i64::try_from(start).ok()?, i64::try_from(last).unwrap_or(i64::MAX)))
}

/// The field with its text as plain text.
pub fn plain_field(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8View => field.clone().with_data_type(DataType::Utf8),
        _ => field.clone(),
    }
}

fn plain_text(values: &ArrayRef) -> Option<ArrayRef> {
    match values.data_type() {
        DataType::Utf8View => cast(values, &DataType::Utf8).ok(),
        _ => Some(Arc::clone(values)),
    }
}

/// The filter with its text as plain text.
pub fn plain_literals(filter: Expr) -> Result<Expr> {
    let plain = filter.transform_up(|expression| {
        Ok(match expression {
            Expr::Literal(ScalarValue::Utf8View(text), metadata) => {
                Transformed::yes(Expr::Literal(ScalarValue::Utf8(text), metadata))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(plain.data)
}

/// What is known of each column, as the judge of ranges asks for it.
pub struct Ranges<'a> {
    /// How many objects or folders.
    pub count: usize,
    /// The columns.
    pub columns: &'a [OriginColumn],
    /// What is known of each.
    pub known: &'a [Known],
}

impl Ranges<'_> {
    fn of(&self, column: &Column) -> Option<&Known> {
        let index = self.columns.iter().position(|known| known.name() == column.name)?;
        self.known.get(index)
    }
}

impl PruningStatistics for Ranges<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).and_then(|known| plain_text(&known.minimum))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).and_then(|known| plain_text(&known.maximum))
    }

    fn num_containers(&self) -> usize {
        self.count
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|known| Arc::new(known.nulls.iter().copied().collect::<UInt64Array>()) as ArrayRef)
    }

    /// As if each object held one row: what counts is whether all of its values are NULL.
    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from(vec![1; self.count])))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
