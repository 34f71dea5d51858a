//! `pinq tables`: what there is to ask about.

use clap::Args;

use super::options::CommonArgs;
use super::report::{self, ReportColumn};
use crate::config::Environment;
use crate::error::Result;
use crate::ui::{Ui, human};

/// List the tables and views
#[derive(Debug, Args)]
pub struct TablesArgs {}

/// Lists them.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, _arguments: &TablesArgs) -> Result<()> {
    let engine = common.engine(environment)?;
    let tables = engine.tables().await?;
    let text =
        |value: &dyn Fn(&crate::engine::TableInfo) -> String| tables.iter().map(|table| Some(value(table))).collect();
    let columns = vec![
        ReportColumn::Text("name", text(&|table| table.name.clone())),
        ReportColumn::Text("kind", text(&|table| table.kind.to_owned())),
        ReportColumn::Number("objects", tables.iter().map(|table| table.objects).collect()),
        ReportColumn::Number("bytes", tables.iter().map(|table| table.bytes).collect()),
        ReportColumn::Text("location", text(&|table| table.location.clone())),
    ];
    report::write(ui, common, environment, &engine, "tables", columns).await?;
    let passed_over: u64 = tables.iter().filter_map(|table| table.passed_over).sum();
    if passed_over > 0 {
        ui.status(&format!("{} not data and passed over", human::counted(passed_over, "key is", "keys are")));
    }
    for topic in engine.passed_over_topics() {
        ui.warning(&format!(
            "the topic `{}` is no table: the configuration gives the name `{}` to another",
            topic.topic, topic.table
        ));
    }
    Ok(())
}
