//! Heat maps: a place for each x and y, the darker (in the dark: the lighter) the larger its value.

use std::collections::HashMap;

use super::frame::{EDGE, Frame};
use super::role::{HEATS, Role};
use super::sheet::{Anchor, FONT, LINE, Sheet, WIDTH, fit, width_of};
use super::{Picture, counted, name, sheet};
use crate::chart::bins::{Ranges, Scale};
use crate::chart::data::{ChartData, Values};
use crate::chart::numbers::{short, whole};
use crate::error::Result;

/// Places across and down; what is more stands in the table.
const MOST_ACROSS: usize = 50;
const MOST_DOWN: usize = 30;
/// The height of a place, and units that the labels of rows and columns take at most.
const ROW: i32 = 24;
const WIDEST_ROW_LABEL: i32 = 150;
const HIGHEST_COLUMN_LABEL: i32 = 110;
/// The width of one step in the scale.
const STEP: i32 = 26;

pub(super) fn draw(data: &ChartData, x: usize, y: usize, value: usize) -> Result<Option<Picture>> {
    let Some(map) = Map::of(data, x, y, value) else { return Ok(None) };
    let title = format!("{} by {} and {}", name(data, value), name(data, x), name(data, y));
    let mut notes = Vec::new();
    for (side, column) in [(&map.across, x), (&map.down, y)] {
        if side.all > side.labels.len() {
            let all = whole(side.all as i128);
            notes.push(format!("the first {} of {all} of {}", side.labels.len(), name(data, column)));
        }
    }
    if map.repeated > 0 {
        let rows = if map.repeated == 1 { "row repeats a place" } else { "rows repeat a place" };
        notes.push(format!("{} {rows}; the first is shown", whole(map.repeated as i128)));
    }
    if map.scale == Scale::Growing {
        notes.push("log scale of colours".to_owned());
    }
    notes.extend(data.cut_note());
    let mut description = format!(
        "heat map of {title}: {} across, {} down{}",
        counted(map.across.labels.len(), "column"),
        counted(map.down.labels.len(), "row"),
        map.extremes()
    );
    for note in &notes {
        description.push_str(&format!("; {note}"));
    }
    let frame = Frame::new(&title, &[], &notes);
    let grid = Grid::of(&map, frame.top());
    let body = grid.bottom + grid.labels - frame.top();
    let height = frame.height(body);
    let drawn = sheet::drawn(height, |sheet| {
        frame.draw(sheet, body)?;
        grid.draw(sheet, &map, frame.top())
    })?;
    Ok(Some(Picture { drawn, height, name: title, description }))
}

/// The labels of one side, in the order of the answer, or of numbers and times.
struct Side {
    labels: Vec<String>,
    /// How many there are in the answer.
    all: usize,
    position: HashMap<String, usize>,
}

impl Side {
    fn of(data: &ChartData, values: &Values, most: usize) -> Side {
        let mut known = HashMap::new();
        let mut labels: Vec<(String, Option<f64>)> = Vec::new();
        for row in 0..data.kept {
            let label = values.label(row);
            if known.insert(label.clone(), ()).is_none() {
                labels.push((label, values.at(row)));
            }
        }
        // Texts and NULL have no number, and stay as they come, behind what has one.
        labels.sort_by(|one, other| match (one.1, other.1) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        });
        let all = labels.len();
        let labels: Vec<String> = labels.into_iter().map(|(label, _)| label).take(most).collect();
        let position = labels.iter().cloned().enumerate().map(|(position, label)| (label, position)).collect();
        Side { labels, all, position }
    }
}

/// A value and how it is written.
type Place = Option<(f64, String)>;

/// What is shown where.
struct Map {
    across: Side,
    down: Side,
    /// Row by row.
    places: Vec<Place>,
    repeated: usize,
    low: f64,
    high: f64,
    scale: Scale,
}

impl Map {
    /// None without a value.
    fn of(data: &ChartData, x: usize, y: usize, value: usize) -> Option<Map> {
        let column = |position: usize| data.columns.get(position).map(|column| &column.values);
        let (x, y, value) = (column(x)?, column(y)?, column(value)?);
        let (across, down) = (Side::of(data, x, MOST_ACROSS), Side::of(data, y, MOST_DOWN));
        let mut places: Vec<Place> = vec![None; across.labels.len().saturating_mul(down.labels.len())];
        let mut taken = vec![false; places.len()];
        let mut repeated = 0;
        for row in 0..data.kept {
            let at = down.position.get(&y.label(row)).zip(across.position.get(&x.label(row)));
            let Some(at) = at.map(|(down, left)| down * across.labels.len() + left) else { continue };
            let (Some(place), Some(is_taken)) = (places.get_mut(at), taken.get_mut(at)) else { continue };
            if std::mem::replace(is_taken, true) {
                repeated += 1;
                continue;
            }
            *place = value.at(row).filter(|value| value.is_finite()).map(|number| (number, value.quantity(row)));
        }
        let mut sorted: Vec<f64> = places.iter().flatten().map(|place| place.0).collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let scale = Scale::fitting(low, *sorted.get(sorted.len() / 2)?, high);
        Some(Map { across, down, places, repeated, low, high, scale })
    }

    fn step(&self, value: f64) -> usize {
        Ranges::new(self.low, self.high, HEATS, self.scale, false).of(value).unwrap_or(0)
    }

    /// The labels of the place of this number.
    fn labels(&self, at: usize) -> String {
        let columns = self.across.labels.len().max(1);
        let label = |side: &Side, at: usize| side.labels.get(at).cloned().unwrap_or_default();
        format!("{}, {}", label(&self.across, at % columns), label(&self.down, at / columns))
    }

    fn extremes(&self) -> String {
        let valued =
            || self.places.iter().enumerate().filter_map(|(at, place)| place.as_ref().map(|place| (at, place)));
        let largest = valued().reduce(|one, other| if other.1.0 > one.1.0 { other } else { one });
        let smallest = valued().reduce(|one, other| if other.1.0 < one.1.0 { other } else { one });
        let named = |(at, place): (usize, &(f64, String))| format!("{} {}", self.labels(at), place.1);
        match (largest, smallest) {
            (Some(largest), Some(_)) if self.low == self.high => format!(", each {}", largest.1.1),
            (Some(largest), Some(smallest)) => {
                format!("; the largest {}, the smallest {}", named(largest), named(smallest))
            }
            _ => String::new(),
        }
    }
}

/// Where the places stand.
struct Grid {
    left: i32,
    top: i32,
    bottom: i32,
    /// The height of the labels below.
    labels: i32,
    /// Whether these are read upwards.
    upwards: bool,
}

impl Grid {
    fn of(map: &Map, top: i32) -> Grid {
        let widest = |side: &Side| side.labels.iter().map(|label| width_of(label)).max().unwrap_or(0);
        let left = EDGE + widest(&map.down).min(WIDEST_ROW_LABEL) + 8;
        let columns = i32::try_from(map.across.labels.len().max(1)).unwrap_or(1);
        let rows = i32::try_from(map.down.labels.len()).unwrap_or(0);
        let top = top + LINE + 10;
        let upwards = widest(&map.across) + 6 > (WIDTH - EDGE - left) / columns;
        let labels = if upwards { widest(&map.across).min(HIGHEST_COLUMN_LABEL) + 10 } else { LINE + 4 };
        Grid { left, top, bottom: top + rows * ROW, labels, upwards }
    }

    /// The left end of a column; that of the one behind the last is the right end of all.
    fn column(&self, number: usize, columns: usize) -> i32 {
        let share = number as f64 / columns.max(1) as f64;
        self.left + (f64::from(WIDTH - EDGE - self.left) * share).round() as i32
    }

    fn draw(&self, sheet: &Sheet<'_>, map: &Map, top: i32) -> Result<()> {
        self.draw_scale(sheet, map, top + LINE / 2)?;
        let columns = map.across.labels.len();
        let texts = self.texts(map);
        for (at, place) in map.places.iter().enumerate() {
            let (number, row) = (at % columns.max(1), i32::try_from(at / columns.max(1)).unwrap_or(0));
            let (left, right) = (self.column(number, columns), self.column(number + 1, columns));
            let top = self.top + row * ROW;
            let gap = i32::from(right - left > 4);
            let corners = [(left, top), (right - gap, top + ROW - 1)];
            let Some((value, text)) = place else {
                sheet.rectangle(Role::HeatEmpty, corners)?;
                continue;
            };
            let step = map.step(*value);
            sheet.tip(&format!("{}: {text}", map.labels(at)))?;
            sheet.rectangle(Role::Heat(step), corners)?;
            if let Some(text) = texts.get(at) {
                sheet.text(Role::OnHeat(step), Anchor::Middle, (left.midpoint(right), top + ROW / 2), text)?;
            }
        }
        for (row, label) in (0..).zip(&map.down.labels) {
            let middle = self.top + row * ROW + ROW / 2;
            let label = fit(label, self.left - EDGE - 6);
            sheet.text(Role::Text, Anchor::End, (self.left - 6, middle), &label)?;
        }
        let width = ((WIDTH - EDGE - self.left) / i32::try_from(columns.max(1)).unwrap_or(1)).max(1);
        let every = usize::try_from((FONT + width - 1) / width).unwrap_or(1);
        for (number, label) in map.across.labels.iter().enumerate() {
            let middle = self.column(number, columns).midpoint(self.column(number + 1, columns));
            if !self.upwards {
                sheet.text(Role::Text, Anchor::Middle, (middle, self.bottom + LINE / 2 + 2), label)?;
            } else if number % every == 0 {
                let label = fit(label, HIGHEST_COLUMN_LABEL);
                sheet.text_upwards(Role::Text, (middle, self.bottom + 6), &label)?;
            }
        }
        Ok(())
    }

    /// The values as they are written in their places: in full, or short, or not at all, so that all are alike.
    fn texts(&self, map: &Map) -> Vec<String> {
        let columns = i32::try_from(map.across.labels.len().max(1)).unwrap_or(1);
        let room = (WIDTH - EDGE - self.left) / columns - 3;
        let written = |form: &dyn Fn(&(f64, String)) -> String| -> Vec<String> {
            map.places.iter().map(|place| place.as_ref().map(form).unwrap_or_default()).collect()
        };
        let fits = |texts: &Vec<String>| texts.iter().all(|text| width_of(text) <= room);
        let full = written(&|place| place.1.clone());
        let texts = if fits(&full) { full } else { written(&|place| short(place.0)) };
        if fits(&texts) { texts } else { Vec::new() }
    }

    /// What the colours mean: the smallest value, the steps, the largest.
    fn draw_scale(&self, sheet: &Sheet<'_>, map: &Map, middle: i32) -> Result<()> {
        let low = short(map.low);
        sheet.text(Role::Text, Anchor::Start, (EDGE, middle), &low)?;
        let mut left = EDGE + width_of(&low) + 8;
        for step in 0..HEATS {
            sheet.rectangle(Role::Heat(step), [(left, middle - 7), (left + STEP - 1, middle + 7)])?;
            left += STEP;
        }
        sheet.text(Role::Text, Anchor::Start, (left + 8, middle), &short(map.high))
    }
}
