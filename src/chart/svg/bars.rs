//! Bars: rows with labels on the left and values on the right, or columns where few short labels allow it.

use super::columns;
use super::frame::{EDGE, Frame};
use super::role::Role;
use super::sheet::{Anchor, Sheet, WIDTH, fit, width_of};
use super::{Picture, counted, listed, name, sheet};
use crate::chart::bar::{self, Bar};
use crate::chart::cells::cut;
use crate::chart::data::{ChartData, Values};
use crate::chart::numbers::whole;
use crate::error::Result;

/// Bars of a chart; what is more stands in the table.
const MOST_BARS: usize = 40;
/// Bars that stand upright.
const MOST_COLUMNS: usize = 24;
/// Units of a row and of the bar in it.
const ROW: i32 = 24;
const THICKNESS: i32 = 16;
/// Units that a bar and that a label gets at least.
const LEAST_BAR: i32 = 90;
const LEAST_LABEL: i32 = 40;

pub(super) fn draw(data: &ChartData, labels: &[usize], value: usize, color: Option<usize>) -> Result<Option<Picture>> {
    let mut bars = bar::bars(data, labels, value, color);
    let all = bars.len();
    let names: Vec<String> = labels.iter().map(|label| name(data, *label)).collect();
    let title = format!("{} by {}", name(data, value), listed(&names));
    let mut notes = Vec::new();
    if all > MOST_BARS {
        bars.truncate(MOST_BARS);
        notes.push(format!("the first {MOST_BARS} of {}", whole(data.rows.into())));
    } else {
        notes.extend(data.cut_note());
    }
    let mut description = format!("bar chart of {title}: {}", counted(bars.len(), "bar"));
    description.push_str(&extremes(&bars));
    for note in &notes {
        description.push_str(&format!("; {note}"));
    }
    let upright = labels.first().filter(|_| labels.len() == 1 && color.is_none() && notes.is_empty());
    if let Some(label) = upright.filter(|label| is_upright(data, **label, &bars)) {
        let (drawn, height) = columns::draw(&bars, &title, name(data, *label))?;
        return Ok(Some(Picture { drawn, height, name: title, description }));
    }
    let rows = Rows::of(&bars);
    let frame = Frame::new(&title, &[], &notes);
    let height = frame.height(rows.height);
    let drawn = sheet::drawn(height, |sheet| {
        frame.draw(sheet, rows.height)?;
        rows.draw(sheet, frame.top(), &bars)
    })?;
    Ok(Some(Picture { drawn, height, name: title, description }))
}

/// `, the largest travel 27, the smallest beauty 11`.
fn extremes(bars: &[Bar]) -> String {
    let named = |bar: &Bar| format!("{} {}", cut(&bar.labels.join(", "), 60), bar.value);
    let valued = || bars.iter().filter_map(|bar| bar.length.map(|length| (bar, length)));
    // The first of equal ones.
    let largest = valued().reduce(|one, other| if other.1 > one.1 { other } else { one });
    let smallest = valued().reduce(|one, other| if other.1 < one.1 { other } else { one });
    match (largest, smallest) {
        (Some((largest, most)), Some((smallest, least))) if most > least => {
            format!(", the largest {}, the smallest {}", named(largest), named(smallest))
        }
        (Some((only, _)), _) if valued().count() == 1 => format!(", {}", named(only)),
        (Some((one, _)), _) => format!(", each {}", one.value),
        _ => ", without a value".to_owned(),
    }
}

/// Times and years go from left to right; so do labels that fit side by side.
fn is_upright(data: &ChartData, label: usize, bars: &[Bar]) -> bool {
    let widest = bars.iter().filter_map(|bar| bar.labels.first()).map(|label| width_of(label)).max().unwrap_or(0);
    let count = i32::try_from(bars.len()).unwrap_or(i32::MAX);
    let fits = count.saturating_mul(widest.saturating_add(14)) <= WIDTH - 70;
    let is_text = matches!(data.columns.get(label).map(|column| &column.values), Some(Values::Text(_)));
    (2..=MOST_COLUMNS).contains(&bars.len()) && (fits || !is_text && widest * 4 < WIDTH)
}

/// Which units labels, bars and values take.
struct Rows {
    grouped: bool,
    /// The left end of bars, their zero, and their right end.
    left: i32,
    zero: i32,
    right: i32,
    height: i32,
}

impl Rows {
    fn of(bars: &[Bar]) -> Rows {
        let grouped = bar::is_grouped(bars);
        let widest = |texts: &dyn Fn(&Bar) -> String| bars.iter().map(|bar| width_of(&texts(bar))).max().unwrap_or(0);
        let value = widest(&|bar| value(bar, grouped)).min(WIDTH / 3);
        let indent = if grouped { 10 } else { 0 };
        let room = WIDTH - 2 * EDGE - value - 18 - LEAST_BAR;
        let label = (widest(&|bar| label(bar, grouped)) + indent).clamp(LEAST_LABEL.min(room), room);
        let (left, right) = (EDGE + label + 8, WIDTH - EDGE - value - 8);
        let bounds = bounds(bars);
        let zero = left + share(bounds, 0.0, right - left);
        let headings = if grouped { headings(bars) } else { 0 };
        let rows = i32::try_from(bars.len() + headings).unwrap_or(0);
        Rows { grouped, left, zero, right, height: rows * ROW + 2 }
    }

    fn draw(&self, sheet: &Sheet<'_>, top: i32, bars: &[Bar]) -> Result<()> {
        let bounds = bounds(bars);
        let mut top = top;
        let mut group = None;
        for bar in bars {
            if self.grouped && group != bar.labels.first() {
                group = bar.labels.first();
                let heading = fit(group.map_or("", String::as_str), WIDTH - 2 * EDGE);
                sheet.text(Role::Group, Anchor::Start, (EDGE, top + ROW / 2), &heading)?;
                top += ROW;
            }
            let middle = top + ROW / 2;
            let (label, value) = (label(bar, self.grouped), value(bar, self.grouped));
            let role = |text: &str| if text.starts_with("NULL") { Role::Note } else { Role::Text };
            let label_room = self.left - 8 - EDGE - if self.grouped { 10 } else { 0 };
            sheet.text(role(&label), Anchor::End, (self.left - 6, middle), &fit(&label, label_room))?;
            let mut end = self.zero;
            if let Some(length) = bar.length {
                end = self.left + share(bounds, length, self.right - self.left);
                // What is there shows, however little.
                if length != 0.0 && end == self.zero {
                    end += if length < 0.0 { -1 } else { 1 };
                }
                sheet.tip(&format!("{}: {}", bar.labels.join(", "), bar.value))?;
                let corners =
                    [(self.zero.min(end), middle - THICKNESS / 2), (self.zero.max(end), middle + THICKNESS / 2)];
                sheet.rectangle(Role::Series(bar.series), corners)?;
            }
            let start = end.max(self.zero) + 6;
            sheet.text(role(&value), Anchor::Start, (start, middle), &fit(&value, WIDTH - start))?;
            top += ROW;
        }
        sheet.line(Role::Axis, vec![(self.zero, top - self.height + 2), (self.zero, top + 2)])
    }
}

/// The text left of a bar.
fn label(bar: &Bar, grouped: bool) -> String {
    if grouped {
        return bar.labels.iter().skip(1).cloned().collect::<Vec<_>>().join(" · ");
    }
    bar.labels.first().cloned().unwrap_or_default()
}

/// The text right of a bar: its value, and the labels that are no heading.
fn value(bar: &Bar, grouped: bool) -> String {
    let mut text = bar.value.clone();
    if !grouped {
        for label in bar.labels.iter().skip(1) {
            text.push_str(" · ");
            text.push_str(label);
        }
    }
    text
}

fn headings(bars: &[Bar]) -> usize {
    usize::from(!bars.is_empty())
        + bars.windows(2).filter(|pair| pair[0].labels.first() != pair[1].labels.first()).count()
}

/// From the smallest to the largest value, with zero.
fn bounds(bars: &[Bar]) -> [f64; 2] {
    let lengths = || bars.iter().filter_map(|bar| bar.length);
    [lengths().fold(0.0, f64::min), lengths().fold(0.0, f64::max)]
}

/// Units from the lowest bound to `value` where all of them take `units`.
fn share(bounds: [f64; 2], value: f64, units: i32) -> i32 {
    // Halves, because the span of all numbers is larger than the largest one.
    let [low, high] = bounds.map(|bound| bound / 2.0);
    let share = (value / 2.0 - low) / (high - low);
    if share.is_finite() { (f64::from(units) * share.clamp(0.0, 1.0)).round() as i32 } else { 0 }
}
