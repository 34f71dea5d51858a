//! Bars: a line for each row, with its labels, its value and a bar of eighths of a column.
//!
//! Owns the arithmetic of bars, which histograms share.

use super::cells::{Canvas, Ink, cut, left, right, widest};
use super::data::ChartData;
use crate::printable;
use unicode_width::UnicodeWidthStr;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// A bar never gets fewer columns, whatever the labels are.
const NARROWEST_BAR: usize = 8;
const NARROWEST_LABEL: usize = 4;
/// Nor more: eyes lose the line of one that crosses a wide screen.
const WIDEST_BAR: usize = 100;

/// One line of a chart of bars.
pub(super) struct Bar {
    /// The texts before the bar.
    pub(super) labels: Vec<String>,
    /// How long it is; none for NULL, which has no bar.
    pub(super) length: Option<f64>,
    /// The value as it is written.
    pub(super) value: String,
    /// Its colour.
    pub(super) series: usize,
}

/// The bars of `data`.
pub(super) fn draw(
    data: &ChartData,
    labels: &[usize],
    value: usize,
    color: Option<usize>,
    canvas: Canvas,
) -> Vec<String> {
    let column = |position: &usize| data.columns.get(*position);
    let names: Vec<String> =
        labels.iter().filter_map(column).map(|column| printable::one_line(&column.name).into_owned()).collect();
    let Some(values) = column(&value) else { return Vec::new() };
    let mut bars = bars(data, labels, value, color);
    align_places(&mut bars);
    let header = Header { labels: &names, value: &printable::one_line(&values.name) };
    lines(bars, &header, canvas, data)
}

/// A bar for each row that is kept, in the order of the answer. The colour is the number of the row's group among
/// those seen so far.
pub(super) fn bars(data: &ChartData, labels: &[usize], value: usize, color: Option<usize>) -> Vec<Bar> {
    let column = |position: &usize| data.columns.get(*position);
    let Some(values) = column(&value) else { return Vec::new() };
    let mut groups: Vec<String> = Vec::new();
    let mut bars = Vec::new();
    for row in 0..data.kept {
        let series = color.as_ref().and_then(column).map_or(0, |column| {
            let group = column.values.label(row);
            groups.iter().position(|known| *known == group).unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            })
        });
        bars.push(Bar {
            labels: labels.iter().filter_map(column).map(|column| column.values.label(row)).collect(),
            length: values.values.at(row).filter(|value| value.is_finite()),
            value: values.values.quantity(row),
            series,
        });
    }
    bars
}

/// Whether the first labels are headings of those below: there are several labels, and the first of them mostly stays
/// as it was on the bar before.
pub(super) fn is_grouped(bars: &[Bar]) -> bool {
    let labels = bars.first().map_or(0, |bar| bar.labels.len());
    let runs = 1 + bars.windows(2).filter(|pair| pair[0].labels.first() != pair[1].labels.first()).count();
    labels > 1 && runs.saturating_mul(2) <= bars.len()
}

/// Gives every value as many places as the one that has most, so that the points stand below each other.
fn align_places(bars: &mut [Bar]) {
    let is_plain = |value: &str| value.chars().all(|character| matches!(character, '0'..='9' | '-' | ',' | '.'));
    let places = |value: &str| value.split_once('.').map_or(0, |(_, places)| places.len());
    let most = bars.iter().filter(|bar| is_plain(&bar.value)).map(|bar| places(&bar.value)).max().unwrap_or(0);
    for bar in bars.iter_mut().filter(|bar| is_plain(&bar.value)) {
        let missing = most.saturating_sub(places(&bar.value));
        if missing == most && most > 0 {
            bar.value.push('.');
        }
        bar.value.push_str(&"0".repeat(missing));
    }
}

struct Header<'a> {
    labels: &'a [String],
    value: &'a str,
}

fn lines(mut bars: Vec<Bar>, header: &Header<'_>, canvas: Canvas, data: &ChartData) -> Vec<String> {
    let grouped = is_grouped(&bars);
    let room = canvas.height.saturating_sub(2 + usize::from(grouped)).max(1);
    // A heading is a line, too.
    let (mut used, mut shown) = (0, 0);
    for (position, bar) in bars.iter().enumerate() {
        let opens = grouped
            && (position == 0 || bars.get(position - 1).is_none_or(|one| one.labels.first() != bar.labels.first()));
        used += 1 + usize::from(opens);
        if used > room {
            break;
        }
        shown = position + 1;
    }
    // One row more needs no line more than the words that it is left out.
    if shown + 1 == bars.len() && !grouped {
        shown += 1;
    }
    let left_out = bars.len().saturating_sub(shown.max(1));
    bars.truncate(shown.max(1));
    let layout = Layout::of(&bars, header, canvas, usize::from(grouped));
    let mut lines = Vec::new();
    if let (true, Some(name)) = (grouped, header.labels.first()) {
        lines.push(canvas.paint.ink(Ink::Faint, &cut(name, canvas.width)));
    }
    lines.push(canvas.paint.ink(Ink::Faint, &layout.header(header, canvas.width)));
    let mut group = None;
    for bar in &bars {
        if grouped && group != bar.labels.first() {
            group = bar.labels.first();
            let heading = cut(group.map_or("", String::as_str), canvas.width);
            lines.push(canvas.paint.ink(Ink::Strong, &heading));
        }
        lines.push(layout.line(bar, canvas));
    }
    if left_out > 0 {
        let more = super::numbers::whole(left_out as i128);
        lines.push(canvas.paint.ink(Ink::Faint, &cut(&format!("… {more} more"), canvas.width)));
    }
    lines.extend(data.cut_note().map(|note| canvas.paint.ink(Ink::Faint, &cut(&note, canvas.width))));
    lines
}

/// The bars of a histogram, with their ranges on the right of their column.
pub(super) fn histogram(bars: &[Bar], canvas: Canvas) -> Vec<String> {
    let header = Header { labels: &[], value: "" };
    let layout = Layout::of(bars, &header, canvas, 0);
    bars.iter().map(|bar| layout.line(bar, canvas)).collect()
}

/// Which columns labels, values and bars take.
struct Layout {
    /// Labels before these stand in headings.
    from: usize,
    labels: Vec<usize>,
    value: usize,
    /// Columns left of zero and right of it.
    below: usize,
    above: usize,
    /// Columns a unit of length.
    scale: f64,
}

impl Layout {
    fn of(bars: &[Bar], header: &Header<'_>, canvas: Canvas, from: usize) -> Layout {
        let columns = bars.iter().map(|bar| bar.labels.len()).max().unwrap_or(0);
        let mut labels: Vec<usize> = (from..columns)
            .map(|column| {
                let name = header.labels.get(column);
                widest(bars.iter().filter_map(|bar| bar.labels.get(column)).chain(name))
            })
            .collect();
        let value = widest(bars.iter().map(|bar| &bar.value)).min(canvas.width / 2);
        let gaps = labels.len() + 1 + from * 2;
        let least = NARROWEST_BAR.max(canvas.width / 4);
        let room = canvas.width.saturating_sub(value + gaps + least);
        while labels.iter().sum::<usize>() > room {
            let Some(widest) = labels.iter_mut().max() else { break };
            if *widest <= NARROWEST_LABEL {
                break;
            }
            *widest -= 1;
        }
        let taken = labels.iter().sum::<usize>() + value + gaps;
        let lengths = || bars.iter().filter_map(|bar| bar.length);
        let (low, high) = (lengths().fold(0.0, f64::min), lengths().fold(0.0, f64::max));
        let axis = usize::from(low < 0.0);
        let width = canvas.width.saturating_sub(taken + axis).clamp(1, WIDEST_BAR);
        let span = (high - low).max(f64::MIN_POSITIVE);
        let below = if low < 0.0 { ((width as f64 * (-low / span)).round() as usize).clamp(1, width) } else { 0 };
        let above = width.saturating_sub(below);
        let fits = |columns: usize, length: f64| if length > 0.0 { columns as f64 / length } else { f64::MAX };
        let scale = fits(below, -low).min(fits(above.max(usize::from(high > 0.0)), high));
        Layout { from, labels, value, below, above, scale }
    }

    fn header(&self, header: &Header<'_>, width: usize) -> String {
        let mut line = "  ".repeat(self.from);
        for (column, name) in self.labels.iter().zip(header.labels.iter().skip(self.from)) {
            line.push_str(&left(name, *column));
            line.push(' ');
        }
        // A name that is wider than the values may stand above the bars.
        line.push_str(&if header.value.width() <= self.value {
            right(header.value, self.value)
        } else {
            header.value.to_owned()
        });
        cut(line.trim_end(), width)
    }

    fn line(&self, bar: &Bar, canvas: Canvas) -> String {
        let mut line = "  ".repeat(self.from);
        for (width, label) in self.labels.iter().zip(bar.labels.iter().skip(self.from)) {
            let text = left(label, *width);
            line.push_str(&if label == "NULL" { canvas.paint.ink(Ink::Faint, &text) } else { text });
            line.push(' ');
        }
        let value = right(&bar.value, self.value);
        line.push_str(&if bar.value == "NULL" { canvas.paint.ink(Ink::Faint, &value) } else { value });
        let drawn = self.bar(bar.length);
        if !drawn.is_empty() {
            line.push(' ');
            line.push_str(&canvas.paint.ink(Ink::Series(bar.series), &drawn));
        }
        line
    }

    fn bar(&self, length: Option<f64>) -> String {
        let Some(length) = length else { return String::new() };
        let columns = (length.abs() * self.scale).min(self.below.max(self.above) as f64);
        let axis = if self.below > 0 { "│" } else { "" };
        if length < 0.0 {
            // There are no eighths that begin on the right; halves are there.
            let halves = ((columns * 2.0).round() as usize).clamp(1, self.below.max(1) * 2);
            let drawn = format!("{}{}", if halves % 2 == 1 { "▐" } else { "" }, "█".repeat(halves / 2));
            return format!("{}{axis}", right(&drawn, self.below));
        }
        let mut eighths = ((columns * 8.0).round() as usize).min(self.above.max(1) * 8);
        if length > 0.0 {
            // What is there shows, however little.
            eighths = eighths.max(1);
        }
        let part = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
        let drawn = format!("{}{axis}{}{part}", " ".repeat(self.below), "█".repeat(eighths / 8));
        drawn.trim_end().to_owned()
    }
}
