//! The values of one column, counted as they come, within a bound.
//!
//! Owns which values come most often, how many differ while they are few, the exact median of a small table, and the
//! counts of a histogram. Memory does not grow with the rows: beyond the bound, counts become lower bounds.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use xxhash_rust::xxh3::xxh3_128;

use super::profile::{Aggregates, Exactness, Measure, Measured};
use crate::chart::{Ranges, Scale};
use crate::error::{Error, Result};

/// Different values of a column that are counted at a time, and how much of a text is held.
const MOST_COUNTED: usize = 8_192;
const LONGEST_SAMPLE: usize = 80;
/// Values of which the exact median is found.
const MOST_SORTED: u64 = 100_000;
/// Ranges of a histogram.
const RANGES: usize = 20;
/// Frequent values that are shown.
const FREQUENT: usize = 5;

/// The counts of a column in the making.
pub(super) struct Counting {
    measure: Measure,
    counted: HashMap<u128, Counted>,
    /// By how much a count may be too low: how often all counts were lowered to make room.
    lowered: u64,
    ranges: Option<(Ranges, Scale)>,
    histogram: Vec<u64>,
    sorted: Option<Vec<f64>>,
    estimated: Option<f64>,
}

struct Counted {
    count: u64,
    /// The beginning of a text; others can be told from their key.
    sample: Option<Box<str>>,
}

/// What was counted.
pub(super) struct Found {
    pub(super) distinct: Option<Measured<u64>>,
    pub(super) median: Option<Measured<String>>,
    pub(super) frequent: Vec<(String, Measured<u64>)>,
    pub(super) histogram: Vec<u64>,
    pub(super) scale: Scale,
}

impl Counting {
    /// Nothing counted yet of a column of which `found` is known.
    pub(super) fn new(measure: Measure, found: &Aggregates) -> Counting {
        let ranges = found.bounds.filter(|(low, high)| low.is_finite() && high.is_finite()).map(|(low, high)| {
            let scale = match measure {
                Measure::Number => Scale::fitting(low, found.median.unwrap_or(high), high),
                _ => Scale::Even,
            };
            let whole = measure == Measure::Number && low.fract() == 0.0 && high.fract() == 0.0;
            (Ranges::new(low, high, RANGES, scale, whole), scale)
        });
        Counting {
            measure,
            counted: HashMap::new(),
            lowered: 0,
            ranges,
            histogram: vec![0; ranges.map_or(0, |(ranges, _)| ranges.count())],
            sorted: (ranges.is_some() && found.present <= MOST_SORTED).then(Vec::new),
            estimated: found.median,
        }
    }

    /// Counts the values of a batch.
    pub(super) fn push(&mut self, array: &ArrayRef) -> Result<()> {
        match self.measure {
            Measure::Presence => {}
            Measure::Text | Measure::Boolean => {
                let array = as_type(array, &DataType::Utf8View)?;
                for text in array.as_string_view().iter().flatten() {
                    self.count(xxh3_128(text.as_bytes()), Some(text));
                }
            }
            Measure::Number if !array.data_type().is_integer() || *array.data_type() == DataType::UInt64 => {
                let array = as_type(array, &DataType::Float64)?;
                for value in array.as_primitive::<Float64Type>().iter().flatten() {
                    self.count(value.to_bits().into(), None);
                    self.place(value);
                }
            }
            Measure::Number | Measure::Time => {
                let array = as_type(array, &DataType::Int64)?;
                for value in array.as_primitive::<Int64Type>().iter().flatten() {
                    self.count(u128::from(value.cast_unsigned()), None);
                    self.place(value as f64);
                }
            }
        }
        Ok(())
    }

    /// Counts a value. Where too many differ, all counts are lowered by one, and those that were one go: whatever comes
    /// more often than once in `MOST_COUNTED` values stays (Misra and Gries).
    fn count(&mut self, key: u128, text: Option<&str>) {
        if let Some(counted) = self.counted.get_mut(&key) {
            counted.count += 1;
            return;
        }
        if self.counted.len() >= MOST_COUNTED {
            self.lowered += 1;
            self.counted.retain(|_, counted| {
                counted.count -= 1;
                counted.count > 0
            });
            return;
        }
        let sample = text.map(|text| {
            let end = text.floor_char_boundary(LONGEST_SAMPLE);
            let cut = if end < text.len() { "…" } else { "" };
            format!("{}{cut}", text.get(..end).unwrap_or_default()).into_boxed_str()
        });
        self.counted.insert(key, Counted { count: 1, sample });
    }

    fn place(&mut self, value: f64) {
        let range = self.ranges.and_then(|(ranges, _)| ranges.of(value));
        if let Some(count) = range.and_then(|range| self.histogram.get_mut(range)) {
            *count += 1;
        }
        if let Some(sorted) = &mut self.sorted {
            sorted.push(value);
        }
    }

    /// What was counted; values are spelled as `data_type` spells them.
    pub(super) fn finish(self, data_type: &DataType) -> Result<Found> {
        let exactness = if self.lowered == 0 { Exactness::Exact } else { Exactness::About };
        let counts_all = self.lowered == 0 && self.measure != Measure::Presence;
        let distinct = counts_all.then_some(Measured { value: self.counted.len() as u64, exactness: Exactness::Exact });
        let is_whole = data_type.is_integer() && *data_type != DataType::UInt64;
        let spell = |key: u128| -> Option<String> {
            let bits = u64::try_from(key).ok()?;
            let array: ArrayRef = match self.measure {
                Measure::Number if !is_whole => std::sync::Arc::new(Float64Array::from(vec![f64::from_bits(bits)])),
                _ => std::sync::Arc::new(Int64Array::from(vec![bits.cast_signed()])),
            };
            spelled(&cast(&array, data_type).ok()?, 0)
        };
        let median = self.estimated.filter(|_| self.ranges.is_some()).and_then(|estimated| {
            let (value, exactness) = match self.sorted.as_deref().and_then(median_of) {
                Some(exact) => (exact, Exactness::Exact),
                None => (estimated, Exactness::About),
            };
            let value = match self.measure {
                // The mean of two days or instants need not be one.
                Measure::Time => spell(u128::from((value as i64).cast_unsigned()))?,
                _ => Float64Array::from(vec![value]).value(0).to_string(),
            };
            Some(Measured { value, exactness })
        });
        let mut frequent: Vec<(String, u64)> = Vec::new();
        // What came once is not frequent, and neither is what may have come as rarely as what was let go.
        let mut candidates: Vec<(&u128, &Counted)> =
            self.counted.iter().filter(|(_, counted)| counted.count > self.lowered.max(1)).collect();
        // As many as are shown and their equals would be ordered by chance: the value decides then.
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.1.count));
        let least = candidates.get(FREQUENT.saturating_sub(1)).map_or(0, |(_, counted)| counted.count);
        for (key, counted) in candidates.into_iter().take_while(|(_, counted)| counted.count >= least) {
            let value = counted.sample.as_deref().map(str::to_owned).or_else(|| spell(*key));
            frequent.extend(value.map(|value| (value, counted.count)));
        }
        frequent.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        frequent.truncate(FREQUENT);
        let frequent =
            frequent.into_iter().map(|(value, count)| (value, Measured { value: count, exactness })).collect();
        let scale = self.ranges.map_or(Scale::Even, |(_, scale)| scale);
        Ok(Found { distinct, median, frequent, histogram: self.histogram, scale })
    }
}

/// The mean of the middle two where their number is even.
fn median_of(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len().is_multiple_of(2) { Some(f64::midpoint(*sorted.get(middle - 1)?, upper)) } else { Some(upper) }
}

/// A value as text; `None` for NULL.
pub(super) fn spelled(array: &dyn Array, row: usize) -> Option<String> {
    let options = FormatOptions::new().with_display_error(true);
    let formatter = ArrayFormatter::try_new(array, &options).ok()?;
    array.is_valid(row).then(|| formatter.value(row).to_string())
}

fn as_type(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    cast(array, data_type).map_err(|error| Error::statement("a column could not be profiled").because(error))
}
