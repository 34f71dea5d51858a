//! `pinq profile`: what the values of a table's columns are.

use clap::Args;

use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::chart::{self, Canvas, sparkline};
use crate::config::Environment;
use crate::engine::{ColumnProfile, Exactness, Measured, Shown, ticking};
use crate::error::Result;
use crate::output::Format;
use crate::ui::Ui;

/// Columns of the lines where no terminal says how many it has.
const WIDTH_OF_FILES: usize = 160;

/// Show what the values of each column are: NULLs, distinct, smallest, median, largest, most frequent
///
/// This reads every record, once. A number after `~` is an estimate: where many values differ, they are
/// not all held in memory. A histogram goes from the smallest value to the largest; where its ranges grow,
/// it says `log`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// `pin`, `raw.pin`, `landed.pin`
    #[arg(value_name = "TABLE")]
    table: String,
}

/// Shows it.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &ProfileArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let engine = common.engine(environment)?;
    let progress = Shown::of(ui, &engine);
    let columns = ticking(&progress, &engine, engine.profile(&arguments.table)).await?;
    progress.bar.finish();
    if listing.format() == Format::Table {
        let width = listing.width().unwrap_or(WIDTH_OF_FILES);
        let canvas = Canvas { width, height: usize::MAX, paint: super::charts::paint(ui, listing.width()) };
        return listing.write_lines(engine.stores(), "profile", chart::profile_lines(&columns, canvas)).await;
    }
    let text = |value: &dyn Fn(&ColumnProfile) -> Option<String>| columns.iter().map(value).collect();
    let number = |value: &dyn Fn(&ColumnProfile) -> Option<u64>| columns.iter().map(value).collect();
    let written = vec![
        ReportColumn::Text("column", text(&|column| Some(column.name.clone()))),
        ReportColumn::Text("type", text(&|column| Some(column.kind.clone()))),
        ReportColumn::Number("rows", number(&|column| Some(column.rows))),
        ReportColumn::Number("nulls", number(&|column| Some(column.nulls))),
        ReportColumn::Number("distinct", number(&|column| column.distinct.as_ref().map(|distinct| distinct.value))),
        ReportColumn::Text("distinct_is", text(&|column| column.distinct.as_ref().map(exactness))),
        ReportColumn::Text("min", text(&|column| column.minimum.clone())),
        ReportColumn::Text("median", text(&|column| column.median.as_ref().map(|median| median.value.clone()))),
        ReportColumn::Text("median_is", text(&|column| column.median.as_ref().map(exactness))),
        ReportColumn::Text("max", text(&|column| column.maximum.clone())),
        ReportColumn::Number("shortest", number(&|column| column.lengths.map(|lengths| lengths.0))),
        ReportColumn::Number("longest", number(&|column| column.lengths.map(|lengths| lengths.1))),
        ReportColumn::Text("most_frequent", text(&|column| column.frequent.first().map(|(value, _)| value.clone()))),
        ReportColumn::Number("times", number(&|column| column.frequent.first().map(|(_, count)| count.value))),
        ReportColumn::Text("histogram", text(&|column| Some(sparkline(&column.histogram)).filter(|it| !it.is_empty()))),
    ];
    listing.write(engine.stores(), "profile", written).await
}

fn exactness<T>(measured: &Measured<T>) -> String {
    match measured.exactness {
        Exactness::Exact => "exact".to_owned(),
        Exactness::About => "estimate".to_owned(),
    }
}
