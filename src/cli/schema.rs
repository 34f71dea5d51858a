//! `pinq schema`: the columns of a table or view.

use clap::Args;

use super::options::CommonArgs;
use super::report::{self, ReportColumn};
use crate::config::Environment;
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
    let engine = common.engine(environment)?;
    let schema = engine.schema(&arguments.table).await?;
    let text = |value: fn(&crate::engine::ColumnInfo) -> &String| {
        schema.columns.iter().map(|column| Some(value(column).clone())).collect()
    };
    let columns = vec![
        ReportColumn::Text("column", text(|column| &column.name)),
        ReportColumn::Text("type", text(|column| &column.kind)),
        ReportColumn::Text("evidence", text(|column| &column.evidence)),
    ];
    report::write(ui, common, environment, &engine, "schema", columns).await?;
    if let Some((objects, records)) = schema.sampled {
        let objects = human::counted(objects as u64, "object", "objects");
        ui.status(&format!("inferred from {} in {objects}", human::counted(records, "record", "records")));
    }
    Ok(())
}
