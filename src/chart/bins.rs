//! Ranges into which values are counted.
//!
//! Owns how many there are, where they begin, and whether they grow: counts of followers span orders of magnitude, and
//! ranges of one width would hold nearly all of them in the first.

use super::data::TimeKind;
use super::numbers::{Parts, round_step, short, whole};
use super::times::Step;

/// How the ranges of a histogram grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// All are equally wide.
    Even,
    /// Each is a multiple of the one before.
    Growing,
}

impl Scale {
    /// Growing, where positive values span three orders of magnitude and half of them lie in the lowest twentieth.
    pub fn fitting(low: f64, median: f64, high: f64) -> Scale {
        let spans = low >= 0.0 && high >= 1000.0 * low.max(1.0);
        if spans && median < high / 20.0 { Scale::Growing } else { Scale::Even }
    }
}

/// `count` ranges from the smallest to the largest value, for a line of small bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranges {
    low: f64,
    high: f64,
    scale: Scale,
    count: usize,
}

impl Ranges {
    /// Up to `most` ranges from `low` to `high`; of whole numbers no more than there are.
    pub fn new(low: f64, high: f64, most: usize, scale: Scale, whole: bool) -> Ranges {
        let numbers = (high - low + 1.0).max(1.0);
        let count = if whole && scale == Scale::Even && numbers < most as f64 { numbers as usize } else { most.max(1) };
        Ranges { low, high, scale, count }
    }

    /// How many ranges there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The range of `value`; none where it is no number.
    pub fn of(&self, value: f64) -> Option<usize> {
        let place = |value: f64| match self.scale {
            Scale::Even => value,
            // 0 has a place, too.
            Scale::Growing => (1.0 + value.max(0.0)).ln(),
        };
        let (low, high) = (place(self.low), place(self.high));
        let share = if high > low { (place(value) - low) / (high - low) } else { 0.0 };
        let last = self.count.saturating_sub(1);
        share.is_finite().then(|| ((share.max(0.0) * self.count as f64) as usize).min(last))
    }
}

/// Counts as small bars of eight heights: `▁▂█`. Nothing is a blank, and something never is.
pub fn sparkline(counts: &[u64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0);
    let height = |count: u64| match count {
        0 => ' ',
        count => {
            let share = count as f64 / most as f64;
            HEIGHTS.get(((share * 8.0).ceil() as usize).saturating_sub(1)).copied().unwrap_or('█')
        }
    };
    counts.iter().map(|count| height(*count)).collect()
}

/// A range of a histogram: where it begins, and its label. It ends where the next one begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) from: f64,
    pub(super) label: String,
}

/// How many ranges sorted values need, by the rule of Freedman and Diaconis, or that of Sturges where half of the
/// values are the same; at most `most`.
pub(super) fn wanted(sorted: &[f64], most: usize) -> usize {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return 1 };
    let at = |share: f64| sorted.get((share * (sorted.len() - 1) as f64) as usize).copied().unwrap_or(*low);
    let count = sorted.len() as f64;
    let width = 2.0 * (at(0.75) - at(0.25)) / count.cbrt();
    let ranges = if width > 0.0 { ((high - low) / width).ceil() } else { count.log2().ceil() + 1.0 };
    (ranges as usize).clamp(1, most.max(1))
}

/// Ranges of equal, round widths over numbers.
pub(super) fn even(low: f64, high: f64, count: usize, parts: Parts) -> Vec<Range> {
    let is_whole = parts == Parts::Whole;
    let step = round_step(high - low + f64::from(u8::from(is_whole)), count, parts);
    let first = (low / step).floor();
    let last = (high / step).floor().min(first + 1000.0);
    let count = (last - first) as usize + 1;
    let label = |from: f64| match parts {
        Parts::Whole if step <= 1.0 => whole(from as i128),
        Parts::Whole => format!("{} – {}", whole(from as i128), whole((from + step - 1.0) as i128)),
        Parts::Any => format!("{} – {}", super::numbers::real(from), super::numbers::real(from + step)),
    };
    (0..count).map(|number| (first + number as f64) * step).map(|from| Range { from, label: label(from) }).collect()
}

/// Ranges that begin at 1, 2 and 5 times the powers of ten, or at these alone where that is too many. Zero, where it
/// is among the values, has one of its own.
pub(super) fn growing(low: f64, least_positive: f64, high: f64, count: usize) -> Vec<Range> {
    let power = |value: f64| value.max(f64::MIN_POSITIVE).log10().floor() as i32;
    let (first, last) = (power(least_positive), power(high));
    let decades = usize::try_from(last.saturating_sub(first)).unwrap_or(0) + 1;
    let factors: &[f64] = if decades.saturating_mul(3) <= count.max(1) + 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let starts = (first..=last).flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)));
    let mut starts: Vec<f64> = starts.filter(|start| *start <= high).collect();
    let skipped = starts.iter().filter(|start| **start <= least_positive).count().saturating_sub(1);
    starts.drain(..skipped);
    let mut ranges: Vec<Range> = Vec::new();
    if low <= 0.0 {
        ranges.push(Range { from: 0.0, label: "0".to_owned() });
    }
    let next = |position: usize| starts.get(position + 1).copied();
    for (position, start) in starts.iter().enumerate() {
        let label = match next(position) {
            Some(end) => format!("{} – {}", short(*start), short(end)),
            None => format!("{} –", short(*start)),
        };
        ranges.push(Range { from: *start, label });
    }
    ranges
}

/// Ranges of a step of the calendar.
pub(super) fn calendar(low: i64, high: i64, count: usize, kind: TimeKind) -> Vec<Range> {
    let step = Step::covering(high.saturating_sub(low), count, kind);
    let instants = step.instants(step.floor(low), high);
    let open = if step.is_one() { "" } else { " –" };
    let label = |moment| format!("{}{open}", step.label(moment));
    instants.into_iter().map(|moment| Range { from: moment as f64, label: label(moment) }).collect()
}

/// How many of the sorted values fall into each range.
pub(super) fn counts(sorted: &[f64], ranges: &[Range]) -> Vec<u64> {
    let starts = ranges.iter().skip(1).map(|range| sorted.partition_point(|value| *value < range.from));
    let ends: Vec<usize> = starts.chain([sorted.len()]).collect();
    let mut before = 0;
    ends.into_iter().map(|end| (end.saturating_sub(std::mem::replace(&mut before, end))) as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_every_value_once() {
        let sorted: Vec<f64> = (0..100).map(f64::from).collect();
        let ranges = even(0.0, 99.0, 10, Parts::Whole);
        assert_eq!((ranges.len(), ranges[1].label.as_str()), (10, "10 – 19"));
        assert_eq!(counts(&sorted, &ranges), [10; 10]);
        let ranges = growing(0.0, 1.0, 99.0, 16);
        let labels: Vec<&str> = ranges.iter().map(|range| range.label.as_str()).collect();
        assert_eq!(labels, ["0", "1 – 2", "2 – 5", "5 – 10", "10 – 20", "20 – 50", "50 –"]);
        assert_eq!(counts(&sorted, &ranges), [1, 1, 3, 5, 10, 30, 50]);
        assert_eq!(wanted(&sorted, 50), 5);
        assert_eq!(wanted(&[5.0; 8], 50), 4);
        assert_eq!(even(5.0, 5.0, 4, Parts::Any).len(), 1);
    }

    #[test]
    fn small_bars_show_what_is_there() {
        assert_eq!(sparkline(&[0, 1, 50, 100]), " ▁▄█");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(Scale::fitting(0.0, 100.0, 1e6), Scale::Growing);
        assert_eq!(Scale::fitting(13.0, 30.0, 90.0), Scale::Even);
        let ranges = Ranges::new(1.0, 3.0, 20, Scale::Even, true);
        assert_eq!([1.0, 2.0, 3.0, f64::NAN].map(|value| ranges.of(value)), [Some(0), Some(1), Some(2), None]);
    }
}
