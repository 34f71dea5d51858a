//! Upright bars: few short labels, and the ranges of a histogram.

use super::frame::{Frame, Place, Scale};
use super::role::Role;
use super::sheet::{Anchor, LINE, Sheet, width_of};
use super::{Picture, counted, name, sheet};
use crate::chart::axis::{self, Mark};
use crate::chart::bar::Bar;
use crate::chart::bins;
use crate::chart::data::ChartData;
use crate::chart::hist::{Histogram, MOST_RANGES};
use crate::chart::numbers::whole;
use crate::error::Result;

/// Units of the plot, without the labels of its axes.
const HEIGHT: i32 = 230;
/// Units below it, for the labels.
const LABELS: i32 = LINE + 10;
const HEAD: i32 = 8;
/// Lines of a terminal that have as many marks.
const LINES: usize = 15;
/// What a column takes of its place.
const THICKNESS: f64 = 0.72;

/// The bars as columns, and the height of the drawing.
pub(super) fn draw(bars: &[Bar], title: &str, across: String) -> Result<(String, i32)> {
    let marks = bars
        .iter()
        .enumerate()
        .filter_map(|(number, bar)| Some(Mark { value: number as f64 + 0.5, label: bar.labels.first()?.clone() }));
    let columns = Columns {
        lengths: bars.iter().map(|bar| bar.length).collect(),
        tips: bars.iter().map(|bar| format!("{across} {}: {}", bar.labels.join(", "), bar.value)).collect(),
        marks: marks.collect(),
        thickness: THICKNESS,
    };
    columns.draw(&Frame::new(title, &[], &[]))
}

/// The histogram of a column.
pub(super) fn histogram(data: &ChartData, value: usize) -> Result<Option<Picture>> {
    let title = name(data, value);
    let column = data.columns.get(value);
    let Some(Histogram { ranges, scale, notes }) = column.and_then(|column| Histogram::of(data, column, MOST_RANGES))
    else {
        return Ok(None);
    };
    let growing = if scale == bins::Scale::Growing { ", in ranges that grow" } else { "" };
    let mut description =
        format!("histogram of {title} in {}{growing}: {}", counted(ranges.len(), "range"), notes.join(", "));
    if let Some((range, count)) = ranges.iter().reduce(|one, other| if other.1 > one.1 { other } else { one }) {
        let place = match range.label.strip_suffix(" –") {
            Some(start) => format!("from {start}"),
            None => format!("in {}", range.label),
        };
        description.push_str(&format!("; most of them, {}, {place}", whole((*count).into())));
    }
    let mut notes = notes;
    if scale == bins::Scale::Growing {
        notes.insert(0, "ranges grow (log scale)".to_owned());
    }
    let columns = Columns {
        lengths: ranges.iter().map(|(_, count)| Some(*count as f64)).collect(),
        tips: ranges.iter().map(|(range, count)| format!("{}: {}", range.label, whole((*count).into()))).collect(),
        marks: edges(&ranges),
        thickness: 1.0,
    };
    let (drawn, height) = columns.draw(&Frame::new(&format!("how many have {title}"), &[], &notes))?;
    Ok(Some(Picture { drawn, height, name: format!("how many have {title}"), description }))
}

/// A mark where each range begins, or in the middle of those that hold one value each.
fn edges(ranges: &[(bins::Range, u64)]) -> Vec<Mark> {
    let is_wide = ranges.iter().any(|(range, _)| range.label.contains('–'));
    let shift = if is_wide { 0.0 } else { 0.5 };
    let start = |label: &str| label.split(" –").next().unwrap_or(label).to_owned();
    let marks = ranges.iter().enumerate();
    marks.map(|(number, (range, _))| Mark { value: number as f64 + shift, label: start(&range.label) }).collect()
}

struct Columns {
    lengths: Vec<Option<f64>>,
    tips: Vec<String>,
    /// The first column goes from 0 to 1.
    marks: Vec<Mark>,
    thickness: f64,
}

impl Columns {
    fn draw(&self, frame: &Frame) -> Result<(String, i32)> {
        let body = HEAD + HEIGHT + LABELS;
        let height = frame.height(body);
        let drawn = sheet::drawn(height, |sheet| {
            frame.draw(sheet, body)?;
            self.plot(sheet, frame.top() + HEAD)
        })?;
        Ok((drawn, height))
    }

    fn plot(&self, sheet: &Sheet<'_>, top: i32) -> Result<()> {
        let lengths = || self.lengths.iter().copied().flatten();
        let (low, high) = (lengths().fold(0.0, f64::min), lengths().fold(0.0, f64::max));
        // All zeros stand on the foot.
        let vertical = axis::vertical(low, if high == low { 1.0 } else { high }, LINES);
        let place = Place::beside(&vertical.marks, top, HEIGHT);
        let x = Scale { bounds: [0.0, self.lengths.len().max(1) as f64], marks: self.marks.clone() };
        let y = Scale { bounds: vertical.bounds, marks: vertical.marks };
        let plot = place.plot(sheet, x, y)?;
        let gap = (1.0 - self.thickness) / 2.0;
        for (number, (length, tip)) in self.lengths.iter().zip(&self.tips).enumerate() {
            let (left, zero) = plot.backend_coord(&(number as f64 + gap, 0.0));
            let Some(length) = *length else {
                let (middle, _) = plot.backend_coord(&(number as f64 + 0.5, 0.0));
                if middle - left > width_of("NULL") / 2 {
                    sheet.text(Role::Note, Anchor::Middle, (middle, zero - LINE / 2), "NULL")?;
                }
                continue;
            };
            let (right, mut end) = plot.backend_coord(&(number as f64 + 1.0 - gap, length));
            // What is there shows, however little; columns that touch are told apart by a gap.
            if length != 0.0 && end == zero {
                end += if length < 0.0 { 1 } else { -1 };
            }
            let left = if self.thickness == 1.0 && right - left > 3 { left + 1 } else { left };
            sheet.tip(tip)?;
            sheet.rectangle(Role::Series(0), [(left, end.min(zero)), (right, end.max(zero))])?;
        }
        if low < 0.0 {
            let ends = [0.0, self.lengths.len() as f64].map(|x| plot.backend_coord(&(x, 0.0)));
            sheet.line(Role::Axis, ends.to_vec())?;
        }
        Ok(())
    }
}
