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
    for table in &tables {
        if let Some((key, reason)) = &table.passed_over_example {
            let keys = human::counted(table.passed_over, "key is", "keys are");
            ui.status(&format!("`{}`: {keys} not data and passed over, such as `{key}`: {reason}", table.name));
        }
        if let Some(empty) = &table.empty {
            ui.warning(&format!("`{}`: {empty}", table.name));
        }
    }
    for topic in engine.passed_over_topics() {
        ui.warning(&format!(
            "the topic `{}` is no table: the configuration gives the name `{}` to another",
            topic.topic, topic.table
        ));
    }
    Ok(())
}
