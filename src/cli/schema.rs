//! `pinq schema`: the columns of a table or view.

use clap::Args;

use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::config::Environment;
use crate::engine::SampleOrigin;
use crate::error::Result;
use crate::ui::{Ui, human};

/// Show the columns of a table or view, and where their types come from
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// `pin`, `raw.pin`, `landed.pin`
    #[arg(value_name = "TABLE")]
    table: String,
}

/// Shows them.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &SchemaArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let engine = common.engine(environment)?;
    let schema = engine.schema(&arguments.table).await?;
    let text = |value: fn(&crate::engine::ColumnInfo) -> &String| {
        schema.columns.iter().map(|column| Some(value(column).clone())).collect()
    };
    let number = |value: fn(&crate::engine::ColumnInfo) -> Option<u64>| schema.columns.iter().map(value).collect();
    let columns = vec![
        ReportColumn::Text("column", text(|column| &column.name)),
        ReportColumn::Text("type", text(|column| &column.kind)),
        ReportColumn::Number("records", number(|column| column.records)),
        ReportColumn::Number("nulls", number(|column| column.nulls)),
        ReportColumn::Number("objects", number(|column| column.objects)),
        ReportColumn::Text("evidence", text(|column| &column.evidence)),
    ];
    listing.write(engine.stores(), "schema", columns).await?;
    if let Some(sampled) = schema.sampled {
        let records = human::counted(sampled.records, "record", "records");
        let objects = human::counted(sampled.objects, "object", "objects");
        let cached = match sampled.origin {
            SampleOrigin::ThisRun => "",
            SampleOrigin::EarlierRun => " (cached: they are unchanged since an earlier run)",
        };
        ui.status(&format!("inferred from {records} in {objects}{cached}"));
        if sampled.bad_records > 0 {
            let bad = human::counted(sampled.bad_records, "record", "records");
            ui.warning(&format!("{bad} of the sample can't be read, and took no part, as `on_bad_record` says"));
        }
    }
    Ok(())
}
