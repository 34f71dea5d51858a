//! `pinq cache`: what is kept from run to run.

use clap::{Args, Subcommand};

use super::findings;
use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::config::Environment;
use crate::engine::CachedTable;
use crate::error::Result;
use crate::ui::{Ui, human};

/// Show, fill or clear what is kept of tables from run to run
///
/// Objects of a landing never change, so what a run decodes is kept in the user's cache folder, and later runs read
/// it from there. An object that is replaced or deleted is noticed.
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Show what is kept of each table
    Status,
    /// Drop what is kept of a table, or of all
    Clear {
        /// The table
        #[arg(value_name = "TABLE")]
        table: Option<String>,
    },
    /// Read every column of a table, or of all, so that questions yet to come find it kept
    Warm {
        /// The table
        #[arg(value_name = "TABLE")]
        table: Option<String>,
    },
}

/// Runs one of the commands.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &CacheArgs) -> Result<()> {
    let engine = common.engine(environment)?;
    match &arguments.command {
        CacheCommand::Status => {
            let listing = Listing::new(ui, common, environment)?;
            let tables = engine.cached_tables().await?;
            let number = |value: fn(&CachedTable) -> u64| tables.iter().map(|table| Some(value(table))).collect();
            let text = |value: fn(&CachedTable) -> String| tables.iter().map(|table| Some(value(table))).collect();
            let columns = vec![
                ReportColumn::Text("table", text(|table| table.table.clone())),
                ReportColumn::Number("objects", number(|table| table.objects)),
                ReportColumn::Number("records", number(|table| table.records)),
                ReportColumn::Text("columns", text(|table| table.columns.join(", "))),
                ReportColumn::Number("bytes", number(|table| table.bytes)),
                ReportColumn::Number("hits", number(|table| table.hits)),
                ReportColumn::Text("last_used", text(|table| human::moment(table.last_used))),
                ReportColumn::Text("location", text(|table| table.location.clone())),
            ];
            listing.write(engine.stores(), "cache", columns).await?;
            if let Some((folder, most)) = engine.cache_place() {
                let bytes = human::bytes(tables.iter().map(|table| table.bytes).sum());
                ui.summary(&format!("{bytes} of at most {} in `{folder}`", human::bytes(most)));
            }
        }
        CacheCommand::Clear { table } => {
            let freed = engine.clear_cache(table.clone()).await?;
            ui.summary(&format!("{} freed", human::bytes(freed)));
        }
        CacheCommand::Warm { table } => {
            let tables = engine.warm_cache(table.as_deref()).await?;
            let scans = engine.totals().scans;
            ui.summary(&format!(
                "{}: {} and {} read, {} from the cache",
                human::counted(tables.len() as u64, "table", "tables"),
                human::counted(scans.objects, "object", "objects"),
                human::counted(scans.records, "record", "records"),
                human::counted(scans.cached_objects, "object", "objects"),
            ));
        }
    }
    findings::tell_of_cache(ui, &engine);
    Ok(())
}
