//! What stands around the values: the name of the chart, its legend and its notes; and the plot with its axes.
//!
//! Owns the places of these. Marks come from `axis`, which terminals share.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::style::TRANSPARENT;
use std::ops::Range;

use super::role::Role;
use super::sheet::{Anchor, LINE, Sheet, WIDTH, characters, failed, fit, stroke, text_style, width_of};
use crate::chart::axis::Mark;
use crate::chart::cells::{Paint, flow};
use crate::error::Result;

/// Units around everything.
pub(super) const EDGE: i32 = 4;
/// The line before a name in the legend.
const SAMPLE: i32 = 24;
const TICK: i32 = 4;

/// The texts above and below a chart.
pub(super) struct Frame {
    name: String,
    legend: Vec<Sample>,
    notes: Vec<String>,
    lines_of_legend: i32,
}

struct Sample {
    series: usize,
    name: String,
    left: i32,
    line: i32,
}

impl Frame {
    /// The name of the chart, the names of its lines where these need telling apart, and its notes.
    pub(super) fn new(name: &str, series: &[String], notes: &[String]) -> Frame {
        let (mut legend, mut left, mut line) = (Vec::new(), EDGE, 0);
        for (number, name) in series.iter().enumerate() {
            let name = fit(name, WIDTH / 2 - SAMPLE);
            let width = SAMPLE + 6 + width_of(&name) + 20;
            if left > EDGE && left + width > WIDTH {
                (left, line) = (EDGE, line + 1);
            }
            legend.push(Sample { series: number, name, left, line });
            left += width;
        }
        let notes: Vec<_> = notes.iter().map(|note| (note.clone(), None)).collect();
        let notes = flow(&notes, characters(WIDTH - 2 * EDGE), Paint::Plain);
        // Blanks alone would become one.
        let notes: Vec<String> = notes.into_iter().map(|line| line.replace("  ", " · ")).collect();
        let lines_of_legend = if legend.is_empty() { 0 } else { line + 1 };
        Frame { name: fit(name, WIDTH - 2 * EDGE), legend, notes, lines_of_legend }
    }

    /// Units above the values.
    pub(super) fn top(&self) -> i32 {
        EDGE + LINE + 4 + self.lines_of_legend * LINE + if self.legend.is_empty() { 0 } else { 4 }
    }

    /// The height of a chart whose values take `body` units.
    pub(super) fn height(&self, body: i32) -> i32 {
        let notes = i32::try_from(self.notes.len()).unwrap_or(0);
        self.top() + body + notes * LINE + EDGE + if notes > 0 { 4 } else { 0 }
    }

    pub(super) fn draw(&self, sheet: &Sheet<'_>, body: i32) -> Result<()> {
        sheet.text(Role::Name, Anchor::Start, (EDGE, EDGE + LINE / 2), &self.name)?;
        for sample in &self.legend {
            let middle = EDGE + LINE + 4 + sample.line * LINE + LINE / 2;
            sheet.line(Role::Line(sample.series), vec![(sample.left, middle), (sample.left + SAMPLE, middle)])?;
            sheet.text(Role::Text, Anchor::Start, (sample.left + SAMPLE + 6, middle), &sample.name)?;
        }
        let mut middle = self.top() + body + 4 + LINE / 2;
        for note in &self.notes {
            sheet.text(Role::Note, Anchor::Start, (EDGE, middle), note)?;
            middle += LINE;
        }
        Ok(())
    }
}

/// One axis: its bounds, which may fall, and its marks.
#[derive(Clone)]
pub(super) struct Scale {
    pub(super) bounds: [f64; 2],
    pub(super) marks: Vec<Mark>,
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        // Halves, because the span of all numbers is larger than the largest one.
        let [low, high] = self.bounds.map(|bound| bound / 2.0);
        let share = (value / 2.0 - low) / (high - low);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.marks.iter().map(|mark| mark.value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.bounds[0]..self.bounds[1]
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        self.marks.iter().find(|mark| mark.value == *value).map(|mark| mark.label.clone()).unwrap_or_default()
    }
}

/// A plot of two axes, which maps values to units of the sheet.
pub(super) type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;

/// Where a plot stands, without its axes' labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

impl Place {
    /// The place right of the labels of `y`, and `height` units high.
    pub(super) fn beside(y: &[Mark], top: i32, height: i32) -> Place {
        let widest = y.iter().map(|mark| width_of(&mark.label)).max().unwrap_or(0).min(WIDTH / 3);
        Place { left: EDGE + widest + 2 * TICK + 2, right: WIDTH - 24, top, bottom: top + height }
    }

    /// Characters that fit side by side.
    pub(super) fn columns(&self) -> usize {
        characters(self.right - self.left)
    }

    /// The axes, with their labels; those of x that would touch another are left out.
    pub(super) fn plot<'a, 'b>(&self, sheet: &Sheet<'b>, x: Scale, y: Scale) -> Result<Plot<'a, 'b>> {
        let (_, height) = sheet.area.dim_in_pixel();
        let below = i32::try_from(height).unwrap_or(0) - self.bottom;
        let marks = self.apart(&x);
        // Plotters would let the labels at the ends leave the sheet: it draws the ticks alone.
        let ticks = marks.iter().map(|(mark, _)| Mark { value: mark.value, label: String::new() }).collect();
        let x = Scale { bounds: x.bounds, marks: ticks };
        let y = Scale { marks: self.apart_upwards(&y), ..y };
        let mut builder = ChartBuilder::on(&sheet.area);
        builder.margin_top(self.top).margin_right(WIDTH - self.right);
        builder.set_label_area_size(plotters::chart::LabelAreaPosition::Left, self.left);
        builder.set_label_area_size(plotters::chart::LabelAreaPosition::Bottom, below);
        let mut plot = builder.build_cartesian_2d(x, y).map_err(failed)?;
        let mut lines = plot.configure_mesh();
        lines.max_light_lines(0).light_line_style(TRANSPARENT).bold_line_style(stroke(Role::Grid));
        lines.axis_style(stroke(Role::Axis)).set_all_tick_mark_size(TICK);
        lines.label_style(text_style(Role::Text, Anchor::Middle));
        lines.disable_x_mesh();
        lines.draw().map_err(failed)?;
        for (mark, middle) in marks.iter().filter_map(|(mark, middle)| Some((mark, (*middle)?))) {
            let point = (middle, self.bottom + 2 * TICK + LINE / 2 - 1);
            sheet.text(Role::Text, Anchor::Middle, point, &mark.label)?;
        }
        Ok(plot)
    }

    /// The marks of a horizontal axis, and where their labels stand. These leave neither the sheet nor touch another:
    /// each second, third and so on has one where all do not fit.
    fn apart<'m>(&self, x: &'m Scale) -> Vec<(&'m Mark, Option<i32>)> {
        let mut marks: Vec<(&Mark, i32)> = Vec::new();
        for mark in &x.marks {
            let at = x.map(&mark.value, (self.left, self.right));
            if marks.last().is_none_or(|(_, before)| *before != at) {
                marks.push((mark, at));
            }
        }
        let half = |mark: &Mark| width_of(&mark.label) / 2 + 1;
        let middle = |mark: &Mark, at: i32| at.max(half(mark)).min(WIDTH - half(mark));
        let fits = |every: &usize| {
            let mut used = 0;
            marks.iter().step_by(*every).all(|(mark, at)| {
                let (start, end) = (middle(mark, *at) - half(mark), middle(mark, *at) + half(mark));
                let fits = start >= used && end <= WIDTH;
                used = end + 6;
                fits
            })
        };
        let every = (1..marks.len()).find(fits).unwrap_or(marks.len().max(1));
        let place = |(number, (mark, at)): (usize, &(&'m Mark, i32))| {
            let is_labelled = number % every == 0 && width_of(&mark.label) <= WIDTH;
            (*mark, is_labelled.then(|| middle(mark, *at)))
        };
        marks.iter().enumerate().map(place).collect()
    }

    /// The marks of a vertical axis whose labels do not touch: numbers may be so large that all steps are one.
    fn apart_upwards(&self, y: &Scale) -> Vec<Mark> {
        let mut before: Option<i32> = None;
        let is_apart = |mark: &&Mark| {
            let middle = y.map(&mark.value, (self.bottom, self.top));
            let is_apart = before.is_none_or(|before| (before - middle).abs() >= LINE - 4);
            before = if is_apart { Some(middle) } else { before };
            is_apart
        };
        y.marks.iter().filter(is_apart).cloned().collect()
    }
}
