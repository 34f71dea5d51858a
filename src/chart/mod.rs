//! Plots of an answer: bars, lines, histograms and heat maps, in characters for the terminal and as SVG for pages.
//!
//! Owns which columns a chart shows and every line and element of it, no wider than the canvas. It must not print, and
//! nothing else may name ratatui or plotters. Texts from data are escaped before they become labels.

mod axis;
mod bar;
mod bins;
mod cells;
mod data;
mod hist;
mod line;
mod numbers;
mod plan;
mod profile;
mod spec;
mod svg;
mod times;

#[cfg(test)]
mod tests;

pub use bins::{Ranges, Scale, sparkline};
pub use cells::{Canvas, Paint};
pub use data::ChartData;
pub use profile::{ColumnProfile, Exactness, Measured, profile_lines};
pub use spec::{ChartKind, ChartSpec};
pub use svg::{SVG_STYLE, Svg, svg};

use crate::error::Result;
use plan::Plan;

/// Columns below which no chart is drawn narrower; its lines are then wider than the terminal.
const NARROWEST: usize = 20;

/// The lines of the chart of `data` that `spec` asks for; none for [`ChartKind::None`].
///
/// # Errors
/// Of `Kind::Usage`: a column that the answer does not have or that does not fit, or no column for a part of the
/// chart. The hints say which columns there are.
pub fn draw(spec: &ChartSpec, data: &ChartData, canvas: Canvas) -> Result<Vec<String>> {
    let canvas = Canvas { width: canvas.width.max(NARROWEST), ..canvas };
    let plan = plan::plan(spec, data)?;
    if data.rows == 0 && plan != Plan::Nothing {
        return Ok(vec!["no rows, so there is nothing to draw".to_owned()]);
    }
    Ok(match plan {
        Plan::Bar { labels, value, color } => bar::draw(data, &labels, value, color, canvas),
        Plan::Line { x, y, series } => line::draw(data, x, &y, series, canvas),
        Plan::Hist { value } => {
            data.columns.get(value).map(|column| hist::draw(data, column, canvas)).unwrap_or_default()
        }
        Plan::Heatmap { x, y, value } => bar::draw(data, &[x, y], value, Some(y), canvas),
        Plan::Nothing => Vec::new(),
    })
}
