//! The axes of a plot: where their marks stand, and the text below.
//!
//! Owns bounds and marks. It must not draw the plot.

use unicode_width::UnicodeWidthStr;

use super::data::TimeKind;
use super::numbers::{Parts, multiples, plain, round_step, short};
use super::times::{Step, year_marks};

/// What the horizontal axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Numbers,
    Years,
    Time(TimeKind),
}

/// A value and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) value: f64,
    pub(super) label: String,
}

/// The vertical axis.
pub(super) struct Vertical {
    pub(super) bounds: [f64; 2],
    pub(super) marks: Vec<Mark>,
}

/// The axis from `low` to `high` over `height` lines. It begins at zero where the values are far from equal, so that
/// heights can be compared.
pub(super) fn vertical(low: f64, high: f64, height: usize) -> Vertical {
    let (mut low, mut high) = (low, high);
    if low > 0.0 && low <= high / 2.0 {
        low = 0.0;
    }
    if low == high {
        let room = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
        (low, high) = (low - room, high + room);
    }
    let step = round_step(high - low, (height / 3).max(2), Parts::Any);
    // A mark stands at the foot. The head needs none: most of a step would often be empty.
    let bounds = [(low / step + 1e-9).floor() * step, high];
    let marks = multiples(bounds[0], bounds[1], step);
    Vertical { bounds, marks: marks.into_iter().map(|value| Mark { value, label: short(value) }).collect() }
}

/// The horizontal axis.
pub(super) struct Horizontal {
    pub(super) bounds: [f64; 2],
    pub(super) marks: Vec<Mark>,
}

impl Horizontal {
    /// The axis from `low` to `high` over `width` columns.
    pub(super) fn new(scale: Scale, low: f64, high: f64, width: usize) -> Horizontal {
        let most = |label: usize| (width / (label + 3)).clamp(1, 12);
        let marks: Vec<Mark> = match scale {
            Scale::Years => {
                let marks = year_marks(low, high, most(4)).into_iter();
                marks.map(|value| Mark { value, label: plain(value) }).collect()
            }
            Scale::Time(kind) => {
                let (low, high) = (low as i64, high as i64);
                let step = Step::covering(high.saturating_sub(low), most(8), kind);
                let marks = step.instants(low, high).into_iter();
                let marks: Vec<Mark> =
                    marks.map(|moment| Mark { value: moment as f64, label: step.label(moment) }).collect();
                if marks.is_empty() {
                    vec![Mark { value: low as f64, label: super::times::instant(kind, low) }]
                } else {
                    marks
                }
            }
            Scale::Numbers => {
                let marks = multiples(low, high, round_step(high - low, most(5), Parts::Any)).into_iter();
                marks.map(|value| Mark { value, label: short(value) }).collect()
            }
        };
        let room = if low == high { 0.5_f64.max(low.abs() * 1e-6) } else { 0.0 };
        Horizontal { bounds: [low - room, high + room], marks }
    }

    /// The axis with its marks, and the labels below; those that would touch another are left out.
    pub(super) fn lines(&self, width: usize, column_of: impl Fn(f64) -> usize) -> [String; 2] {
        let mut axis = vec!['─'; width];
        let (mut labels, mut used) = (String::new(), 0);
        for mark in &self.marks {
            let column = column_of(mark.value);
            if let Some(place) = axis.get_mut(column) {
                *place = '┬';
            }
            let columns = mark.label.width();
            let start = column.saturating_sub(columns / 2).min(width.saturating_sub(columns));
            if columns > width || (used > 0 && start < used + 1) {
                continue;
            }
            labels.push_str(&" ".repeat(start - used));
            labels.push_str(&mark.label);
            used = start + columns;
        }
        [axis.into_iter().collect(), labels]
    }
}
