//! Charts as SVG, for pages.
//!
//! Owns the drawing and its words; which columns are shown, how values are counted and where axes have marks is what
//! terminals show, too. It must not know pages: a chart is an element that a page takes in as it is. Plotters draws,
//! and `dress` makes of its colours the classes that [`SVG_STYLE`] colours, in light, dark and print:
//!
//! | class | of |
//! |---|---|
//! | `pinq-chart` | the `<svg>` element, as wide as what it stands in |
//! | `name` | what the chart shows, above it |
//! | `text`, `note`, `group` | labels and values; what was left out, and NULL; a heading of several bars |
//! | `axis`, `grid` | lines of axes; lines behind the values |
//! | `series-1` to `series-8` | bars and points |
//! | `line-1` to `line-8` | lines and their samples in the legend, each with dashes of its own |
//! | `heat-1` to `heat-7`, `heat-empty` | places of a heat map, from the smallest value on; those without one |
//! | `on-heat-1` to `on-heat-7` | texts on these places |
//!
//! Every element is bounded, whatever the data: bars, places and lines are cut, points are thinned, and tips end at
//! 100,000 bytes.

mod bars;
mod columns;
mod dress;
mod frame;
mod heat;
mod lines;
mod role;
mod sheet;
mod style;

#[cfg(test)]
mod tests;

pub use style::SVG_STYLE;

use super::data::ChartData;
use super::plan::{self, Plan};
use super::spec::{ChartKind, ChartSpec};
use crate::error::Result;
use crate::printable;

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg {
    /// The `<svg>` element; every text in it is escaped.
    pub element: String,
    /// What it shows, for those who can't see it.
    pub description: String,
}

/// What was drawn, as plotters wrote it, and its words.
struct Picture {
    drawn: String,
    height: i32,
    /// `posts by category`.
    name: String,
    description: String,
}

/// The chart of `data` that `spec` asks for. `id` tells it from other charts on the page, and may be any text. None
/// for [`ChartKind::None`], for no rows, and where no chart was asked for and none fits.
///
/// # Errors
/// Of `Kind::Usage`, as for [`super::draw`]: a column that the answer does not have or that does not fit, or no column
/// for a part of the chart that was asked for.
pub fn svg(spec: &ChartSpec, data: &ChartData, id: &str) -> Result<Option<Svg>> {
    let is_asked_for = spec.kind != ChartKind::Fitting || spec.columns().next().is_some();
    // One row says more in the table than in a chart of one bar.
    let is_telling = data.rows > 1 || (is_asked_for && data.rows > 0);
    let plan = match plan::plan(spec, data) {
        Ok(plan) => plan,
        Err(_) if !is_asked_for => return Ok(None),
        Err(error) => return Err(error),
    };
    if !is_telling {
        return Ok(None);
    }
    let picture = match plan {
        Plan::Bar { labels, value, color } => bars::draw(data, &labels, value, color)?,
        Plan::Line { x, y, series } => lines::draw(data, x, &y, series)?,
        Plan::Hist { value } => columns::histogram(data, value)?,
        Plan::Heatmap { x, y, value } => heat::draw(data, x, y, value)?,
        Plan::Nothing => None,
    };
    Ok(picture.map(|picture| {
        let description = sheet::plain(&picture.description);
        let names = dress::Names { id, title: &picture.name, description: &description };
        Svg { element: dress::dressed(&picture.drawn, picture.height, &names), description }
    }))
}

/// The name of a column, on one line.
fn name(data: &ChartData, column: usize) -> String {
    data.columns.get(column).map(|column| printable::one_line(&column.name).into_owned()).unwrap_or_default()
}

/// `year, country and category`.
fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// `13 bars`, `1 bar`.
fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", super::numbers::whole(count as i128), if count == 1 { "" } else { "s" })
}
