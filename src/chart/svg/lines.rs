//! Lines over numbers, years or times.

use super::frame::{Frame, Place, Plot, Scale};
use super::role::Role;
use super::sheet::{LINE, Sheet};
use super::{Picture, counted, listed, name, sheet};
use crate::chart::axis::{self, Horizontal};
use crate::chart::data::ChartData;
use crate::chart::line::{self, Lines, Series};
use crate::chart::numbers::{plain, real};
use crate::chart::times;
use crate::error::Result;

/// Units of the plot, without the labels of its axes.
const HEIGHT: i32 = 240;
const LABELS: i32 = LINE + 10;
const HEAD: i32 = 8;
/// Lines of a terminal that have as many marks.
const LINES: usize = 15;
/// Points of all lines that are drawn as dots, too.
const MOST_DOTS: usize = 200;

pub(super) fn draw(data: &ChartData, x: usize, y: &[usize], series: Option<usize>) -> Result<Option<Picture>> {
    let all = Lines::of(data, x, y, series);
    let Some([across, upwards]) = all.bounds() else { return Ok(None) };
    let scale = line::scale_of(data, x);
    let spelled = |value: f64| match scale {
        axis::Scale::Time(kind) => times::instant(kind, value as i64),
        axis::Scale::Years => plain(value),
        axis::Scale::Numbers => real(value),
    };
    let title = match y {
        [_] => line::title(data, x, y),
        several => {
            let names: Vec<String> = several.iter().map(|column| name(data, *column)).collect();
            format!("{} by {}", listed(&names), name(data, x))
        }
    };
    let mut description = format!(
        "line chart of {title}: {} from {} {} to {}",
        counted(all.lines.len(), "line"),
        name(data, x),
        spelled(across[0]),
        spelled(across[1])
    );
    description.push_str(&extremes(&all.lines, &spelled));
    for note in &all.notes {
        description.push_str(&format!("; {note}"));
    }
    let names: Vec<String> = all.lines.iter().map(|line| line.name.clone()).collect();
    let frame = Frame::new(&title, if names.len() > 1 { &names } else { &[] }, &all.notes);
    let body = HEAD + HEIGHT + LABELS;
    let height = frame.height(body);
    let drawn = sheet::drawn(height, |sheet| {
        frame.draw(sheet, body)?;
        let vertical = axis::vertical(upwards[0], upwards[1], LINES);
        let place = Place::beside(&vertical.marks, frame.top() + HEAD, HEIGHT);
        // Marks that would touch another are left out, so that there may be more than fit for sure.
        let columns = place.columns() * 3 / 2;
        let Horizontal { bounds, marks } = Horizontal::new(scale, across[0], across[1], columns);
        let y = Scale { bounds: vertical.bounds, marks: vertical.marks };
        let plot = place.plot(sheet, Scale { bounds, marks }, y)?;
        lines(sheet, &plot, &all.lines, &spelled)
    })?;
    Ok(Some(Picture { drawn, height, name: title, description }))
}

fn extremes(lines: &[Series], spelled: &dyn Fn(f64) -> String) -> String {
    let points = || lines.iter().flat_map(|line| line.points.iter().map(move |point| (line, point)));
    let largest = points().reduce(|one, other| if other.1.1 > one.1.1 { other } else { one });
    let smallest = points().reduce(|one, other| if other.1.1 < one.1.1 { other } else { one });
    let named = |(line, point): (&Series, &(f64, f64))| {
        let of = if lines.len() > 1 { format!("{} ", line.name) } else { String::new() };
        format!("{of}{} at {}", real(point.1), spelled(point.0))
    };
    match (largest, smallest) {
        (Some(largest), Some(smallest)) => {
            format!(", the largest value {}, the smallest {}", named(largest), named(smallest))
        }
        _ => String::new(),
    }
}

fn lines(sheet: &Sheet<'_>, plot: &Plot<'_, '_>, lines: &[Series], spelled: &dyn Fn(f64) -> String) -> Result<()> {
    let places: Vec<Vec<(i32, i32)>> =
        lines.iter().map(|line| line.points.iter().map(|point| plot.backend_coord(point)).collect()).collect();
    for (number, points) in places.iter().enumerate().filter(|(_, points)| points.len() > 1) {
        sheet.line(Role::Line(number), thinned(points))?;
    }
    let dots: usize = lines.iter().map(|line| line.points.len()).sum();
    for (number, (line, places)) in lines.iter().zip(&places).enumerate() {
        // A line of one point is a dot or nothing.
        if dots > MOST_DOTS && places.len() > 1 {
            continue;
        }
        for (point, place) in line.points.iter().zip(places).take(MOST_DOTS) {
            let of = if lines.len() > 1 { format!("{}, ", line.name) } else { String::new() };
            sheet.tip(&format!("{of}{}: {}", spelled(point.0), real(point.1)))?;
            sheet.dot(Role::Series(number), *place, if dots > MOST_DOTS / 4 { 2 } else { 3 })?;
        }
    }
    Ok(())
}

/// Of the points on one vertical, in their order: the first, the lowest, the highest and the last. The line through
/// these covers the same units as the line through all.
fn thinned(points: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for column in points.chunk_by(|one, other| one.0 == other.0) {
        let at = |place: Option<(usize, &(i32, i32))>| place.map_or(0, |(position, _)| position);
        let lowest = at(column.iter().enumerate().max_by_key(|(_, point)| point.1));
        let highest = at(column.iter().enumerate().min_by_key(|(_, point)| point.1));
        let mut positions = [0, lowest.min(highest), lowest.max(highest), column.len() - 1].to_vec();
        positions.dedup();
        kept.extend(positions.into_iter().filter_map(|position| column.get(position)));
    }
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_what_stands_out() {
        let points = [(0, 5), (1, 4), (1, 9), (1, 3), (1, 6), (1, 5), (2, 5), (2, 5)];
        assert_eq!(thinned(&points), [(0, 5), (1, 4), (1, 9), (1, 3), (1, 5), (2, 5)]);
        let wild: Vec<(i32, i32)> = (0..100_000).map(|number| (number / 250, number * 7919 % 240)).collect();
        assert!(thinned(&wild).len() <= 1600);
    }
}
