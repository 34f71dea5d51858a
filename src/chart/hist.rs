//! A histogram: how many values of a column fall into each of some ranges.

use super::bar::{Bar, histogram};
use super::bins::{self, Scale};
use super::cells::{Canvas, Ink, cut, flow};
use super::data::{ChartData, Column, Number, Values};
use super::numbers::{Parts, real, whole};
use super::times;
use crate::printable;

/// Ranges of a histogram at most, on a screen however high.
pub(super) const MOST_RANGES: usize = 20;
/// Lines that are no range: the heading and what stands below.
const OTHER_LINES: usize = 4;

/// The values of a column, counted.
pub(super) struct Histogram {
    /// Where each range begins, and how many values fall into it.
    pub(super) ranges: Vec<(bins::Range, u64)>,
    pub(super) scale: Scale,
    /// `1,350 values`, `min 0` and so on.
    pub(super) notes: Vec<String>,
}

impl Histogram {
    /// The values of `column` in at most about `most` ranges; none where it holds no value.
    pub(super) fn of(data: &ChartData, column: &Column, most: usize) -> Option<Histogram> {
        let all = (0..data.kept).filter_map(|row| column.values.at(row));
        let mut sorted: Vec<f64> = all.clone().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let endless = all.count() - sorted.len();
        let nulls = data.kept - sorted.len() - endless;
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let middle = median(&sorted);
        let (ranges, scale) = ranges(column, &sorted, middle, most);
        let counts = bins::counts(&sorted, &ranges);
        let spelled = |value: f64| match &column.values {
            Values::Time(kind, _) => times::instant(*kind, value as i64),
            _ => real(value),
        };
        let mut notes = vec![
            format!("{} values", whole(sorted.len() as i128)),
            format!("min {}", spelled(low)),
            format!("median {}", spelled(middle)),
            format!("max {}", spelled(high)),
        ];
        notes.extend((nulls > 0).then(|| format!("{} NULL", whole(nulls as i128))));
        notes.extend((endless > 0).then(|| format!("{} not finite", whole(endless as i128))));
        notes.extend(data.cut_note());
        Some(Histogram { ranges: ranges.into_iter().zip(counts).collect(), scale, notes })
    }
}

pub(super) fn draw(data: &ChartData, column: &Column, canvas: Canvas) -> Vec<String> {
    let name = printable::one_line(&column.name);
    let most = canvas.height.saturating_sub(OTHER_LINES).clamp(3, MOST_RANGES);
    let Some(Histogram { ranges, scale, notes }) = Histogram::of(data, column, most) else {
        return vec![cut(&format!("`{name}` holds no value"), canvas.width)];
    };
    let bars: Vec<Bar> = ranges
        .into_iter()
        .map(|(range, count)| Bar {
            labels: vec![range.label],
            length: Some(count as f64),
            value: whole(count.into()),
            series: 0,
        })
        .collect();
    let mut heading = name.into_owned();
    if scale == Scale::Growing {
        heading.push_str(" (ranges grow: log scale)");
    }
    let mut lines = vec![canvas.paint.ink(Ink::Faint, &cut(&heading, canvas.width))];
    lines.extend(histogram(&bars, canvas));
    let notes: Vec<_> = notes.into_iter().map(|note| (note, Some(Ink::Faint))).collect();
    lines.extend(flow(&notes, canvas.width, canvas.paint));
    lines
}

fn ranges(column: &Column, sorted: &[f64], middle: f64, most: usize) -> (Vec<bins::Range>, Scale) {
    let (low, high) = (sorted.first().copied().unwrap_or(0.0), sorted.last().copied().unwrap_or(0.0));
    if let Values::Time(kind, _) = column.values {
        return (bins::calendar(low as i64, high as i64, bins::wanted(sorted, most), kind), Scale::Even);
    }
    let scale = Scale::fitting(low, middle, high);
    if scale == Scale::Growing {
        let least = sorted.iter().copied().find(|value| *value > 0.0).unwrap_or(1.0);
        return (bins::growing(low, least, high, most), scale);
    }
    let is_whole = matches!(&column.values, Values::Number(numbers)
        if numbers.iter().flatten().all(|number| matches!(number, Number::Whole(_))));
    let parts = if is_whole { Parts::Whole } else { Parts::Any };
    // Few whole numbers have a range each: stars from one to five.
    let wanted = if is_whole && high - low < most as f64 { most } else { bins::wanted(sorted, most) };
    (bins::even(low, high, wanted, parts), scale)
}

/// The mean of the middle two where their number is even.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    let at = |position: usize| sorted.get(position).copied().unwrap_or(0.0);
    if sorted.len().is_multiple_of(2) { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) } else { at(middle) }
}
