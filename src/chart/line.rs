//! Lines over numbers, years or instants, drawn in dots of braille.
//!
//! Owns the lines' points and the legend; `axis` has the marks. The plot itself is drawn by ratatui into a buffer that
//! no terminal sees.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};
use unicode_width::UnicodeWidthStr;

use super::axis::{self, Horizontal, Scale};
use super::cells::{COLOURS, Canvas, Ink, Paint, cut, flow, right, widest};
use super::data::ChartData;
use super::plan;
use crate::printable;

/// Lines that can be told apart.
const MOST_LINES: usize = 8;
/// What marks the points of each.
const SIGNS: [&str; MOST_LINES] = ["●", "▲", "■", "◆", "○", "△", "□", "◇"];
/// Lines of the screen that a plot takes at most, its axis included, and at least.
const HIGHEST: usize = 20;
const LOWEST: usize = 6;

/// One line: its name and its points, ordered by x.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// The lines of an answer, as many as can be told apart, and what was left out.
pub(super) struct Lines {
    pub(super) lines: Vec<Series>,
    pub(super) notes: Vec<String>,
}

impl Lines {
    /// A line for each of `y`, or for each value of `series`.
    pub(super) fn of(data: &ChartData, x: usize, y: &[usize], series: Option<usize>) -> Lines {
        let mut notes = Vec::new();
        let mut lines = series_of(data, x, y, series, &mut notes);
        if lines.len() > MOST_LINES {
            let height = |line: &Series| line.points.iter().fold(0.0_f64, |most, point| most.max(point.1.abs()));
            let all = lines.len();
            lines.sort_by(|one, other| height(other).total_cmp(&height(one)));
            lines.truncate(MOST_LINES);
            notes.push(format!("{MOST_LINES} of {all} lines: those that reach furthest"));
        }
        notes.extend(data.cut_note());
        Lines { lines, notes }
    }

    /// The smallest and the largest values of x, and those of y; none without a point.
    pub(super) fn bounds(&self) -> Option<[[f64; 2]; 2]> {
        let all = || self.lines.iter().flat_map(|line| line.points.iter());
        let bounds = |of: fn(&(f64, f64)) -> f64| {
            all().map(of).fold([f64::MAX, f64::MIN], |[low, high], value| [low.min(value), high.max(value)])
        };
        all().next().map(|_| [bounds(|point| point.0), bounds(|point| point.1)])
    }
}

/// What the values of `x` are.
pub(super) fn scale_of(data: &ChartData, x: usize) -> Scale {
    match data.columns.get(x).map(|column| &column.values) {
        Some(super::data::Values::Time(kind, _)) => Scale::Time(*kind),
        _ if plan::is_year(data, x) => Scale::Years,
        _ => Scale::Numbers,
    }
}

/// What the lines show: `posts by day`, or `by day` where there are several columns.
pub(super) fn title(data: &ChartData, x: usize, y: &[usize]) -> String {
    let named = |column: usize| {
        data.columns.get(column).map(|it| printable::one_line(&it.name).into_owned()).unwrap_or_default()
    };
    match y {
        [only] => format!("{} by {}", named(*only), named(x)),
        _ => format!("by {}", named(x)),
    }
}

pub(super) fn draw(data: &ChartData, x: usize, y: &[usize], series: Option<usize>, canvas: Canvas) -> Vec<String> {
    let all = Lines::of(data, x, y, series);
    let bounds = all.bounds();
    let Lines { lines, notes } = all;
    let named = |column: usize| {
        data.columns.get(column).map(|it| printable::one_line(&it.name).into_owned()).unwrap_or_default()
    };
    let Some(bounds) = bounds else {
        return vec![cut(
            &format!(
                "`{}` and `{}` hold no values together",
                named(x),
                y.first().copied().map(named).unwrap_or_default()
            ),
            canvas.width,
        )];
    };
    let mut drawn = Vec::new();
    drawn.push(canvas.paint.ink(Ink::Faint, &cut(&title(data, x, y), canvas.width)));
    if lines.len() > 1 {
        let sign = |number: usize| SIGNS.get(number).copied().unwrap_or("•");
        let parts = lines
            .iter()
            .enumerate()
            .map(|(number, line)| (format!("{} {}", sign(number), line.name), Some(Ink::Series(number))));
        drawn.extend(flow(&parts.collect::<Vec<_>>(), canvas.width, canvas.paint));
    }
    let height = canvas.height.min(HIGHEST).saturating_sub(drawn.len() + 2).max(LOWEST);
    drawn.extend(plot(&lines, bounds, scale_of(data, x), height, canvas));
    let notes: Vec<_> = notes.into_iter().map(|note| (note, Some(Ink::Faint))).collect();
    drawn.extend(flow(&notes, canvas.width, canvas.paint));
    drawn
}

fn series_of(data: &ChartData, x: usize, y: &[usize], series: Option<usize>, notes: &mut Vec<String>) -> Vec<Series> {
    let mut lines: Vec<Series> = Vec::new();
    let mut left_out = 0_u64;
    let Some(across) = data.columns.get(x) else { return lines };
    for column in y.iter().filter_map(|column| data.columns.get(*column)) {
        for row in 0..data.kept {
            let name = match series.and_then(|series| data.columns.get(series)) {
                Some(series) => series.values.label(row),
                None => printable::one_line(&column.name).into_owned(),
            };
            let point = across.values.at(row).zip(column.values.at(row));
            let Some(point) = point.filter(|(x, y)| x.is_finite() && y.is_finite()) else {
                left_out += 1;
                continue;
            };
            match lines.iter_mut().find(|line| line.name == name) {
                Some(line) => line.points.push(point),
                None => lines.push(Series { name, points: vec![point] }),
            }
        }
    }
    for line in &mut lines {
        line.points.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    if left_out > 0 {
        notes.push(format!("{} without a value left out", super::numbers::whole(left_out.into())));
    }
    lines
}

fn plot(lines: &[Series], bounds: [[f64; 2]; 2], scale: Scale, height: usize, canvas: Canvas) -> Vec<String> {
    let [[left, right_end], [low, high]] = bounds;
    let vertical = axis::vertical(low, high, height);
    let labels: Vec<String> = vertical.marks.iter().map(|mark| mark.label.clone()).collect();
    let margin = widest(&labels).min(canvas.width / 3);
    let width = canvas.width.saturating_sub(margin + 2).max(1);
    let horizontal = Horizontal::new(scale, left, right_end, width);
    let field = Field { width, height, x: horizontal.bounds, y: vertical.bounds };
    let rows = field.rows(lines, canvas.paint);
    let mut drawn = Vec::new();
    for (number, row) in rows.into_iter().enumerate() {
        let mark = vertical.marks.iter().find(|mark| field.row_of(mark.value) == number);
        let label = right(mark.map_or("", |mark| mark.label.as_str()), margin);
        let line = if mark.is_some() { "┤" } else { "│" };
        drawn.push(format!("{}{row}", canvas.paint.ink(Ink::Faint, &format!("{label} {line}"))));
    }
    for line in horizontal.lines(width, |value| field.column_of(value)) {
        let corner = if drawn.len() == height { "└" } else { " " };
        drawn.push(canvas.paint.ink(Ink::Faint, &format!("{} {corner}{line}", " ".repeat(margin))));
    }
    drawn
}

/// The cells of a plot and what they stand for.
struct Field {
    width: usize,
    height: usize,
    x: [f64; 2],
    y: [f64; 2],
}

impl Field {
    /// The column of a value, as ratatui's canvas rounds it.
    fn column_of(&self, value: f64) -> usize {
        place((value - self.x[0]) / (self.x[1] - self.x[0]), self.width, 2)
    }

    fn row_of(&self, value: f64) -> usize {
        place((self.y[1] - value) / (self.y[1] - self.y[0]), self.height, 4)
    }

    fn rows(&self, lines: &[Series], paint: Paint) -> Vec<String> {
        let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).min(1000);
        let area = Rect::new(0, 0, short(self.width), short(self.height));
        let mut buffer = Buffer::empty(area);
        let set = |(number, line)| {
            let line: &Series = line;
            let kind = if line.points.len() > 1 { GraphType::Line } else { GraphType::Scatter };
            let colour = Color::Indexed(u8::try_from(number % COLOURS).unwrap_or(0));
            Dataset::default()
                .marker(Marker::Braille)
                .graph_type(kind)
                .style(Style::default().fg(colour))
                .data(&line.points)
        };
        Chart::new(lines.iter().enumerate().map(set).collect())
            .x_axis(Axis::default().bounds(self.x))
            .y_axis(Axis::default().bounds(self.y))
            .legend_position(None)
            .render(area, &mut buffer);
        self.mark(lines, &mut buffer);
        let cells = buffer.content().chunks(usize::from(area.width).max(1));
        cells.map(|row| self.row(row, paint)).collect()
    }

    /// Puts each line's sign on its points; on some of them where they stand close.
    fn mark(&self, lines: &[Series], buffer: &mut Buffer) {
        for (number, line) in lines.iter().enumerate() {
            if lines.len() == 1 && line.points.len() > 1 {
                return;
            }
            let apart = (self.width / 8).max(3);
            let mut next = if line.points.len() > self.width / 3 { number } else { 0 };
            let close = line.points.len() > self.width / 3;
            for point in &line.points {
                let (column, row) = (self.column_of(point.0), self.row_of(point.1));
                if close && column < next {
                    continue;
                }
                next = column + apart;
                let at = (u16::try_from(column).unwrap_or(u16::MAX), u16::try_from(row).unwrap_or(u16::MAX));
                if let Some(cell) = buffer.cell_mut(at) {
                    cell.set_symbol(SIGNS.get(number).copied().unwrap_or("•"));
                    cell.set_fg(Color::Indexed(u8::try_from(number % COLOURS).unwrap_or(0)));
                }
            }
        }
    }

    fn row(&self, cells: &[ratatui_core::buffer::Cell], paint: Paint) -> String {
        let ink = |cell: &ratatui_core::buffer::Cell| match cell.fg {
            Color::Indexed(number) => Some(usize::from(number)),
            _ => None,
        };
        let mut row = String::new();
        let last = cells.iter().rposition(|cell| !matches!(cell.symbol(), " " | "\u{2800}")).map_or(0, |last| last + 1);
        for run in cells.get(..last).unwrap_or_default().chunk_by(|one, other| ink(one) == ink(other)) {
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            match run.first().and_then(ink) {
                Some(number) => row.push_str(&paint.ink(Ink::Series(number), &text)),
                None => row.push_str(&text),
            }
        }
        debug_assert!(paint == Paint::Ansi || row.width() <= self.width);
        row
    }
}

fn place(share: f64, cells: usize, dots: usize) -> usize {
    let last = cells.saturating_mul(dots).saturating_sub(1);
    ((share * last as f64).round().max(0.0) as usize).min(last) / dots
}
