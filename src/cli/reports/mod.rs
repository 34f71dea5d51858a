//! `pinq report`: the reports of the configuration, their runs, and what was published.
//!
//! Owns the subcommands, one file each, and how a report is named.

mod history;
mod list;
mod moment;
mod open;
mod run;
mod show;
mod start;

use clap::{Args, Subcommand};

use super::options::CommonArgs;
use super::signals::Signals;
use crate::config::{Config, Environment, ReportConfig};
use crate::error::{Error, Result};
use crate::publication::Publications;
use crate::spelling::nearest;
use crate::store::Stores;
use crate::ui::Ui;

/// Publish reports: questions and checks on a schedule
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    List(list::ListArgs),
    Run(run::RunArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Start(start::StartArgs),
}

/// Runs the subcommand.
pub async fn run(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    arguments: &ReportArgs,
    signals: &Signals,
) -> Result<()> {
    match &arguments.command {
        ReportCommand::List(arguments) => list::run(ui, common, environment, arguments).await,
        ReportCommand::Run(arguments) => run::run(ui, common, environment, arguments).await,
        ReportCommand::History(arguments) => history::run(ui, common, environment, arguments).await,
        ReportCommand::Show(arguments) => show::run(ui, common, environment, arguments).await,
        ReportCommand::Start(arguments) => start::run(ui, common, environment, arguments, signals).await,
    }
}

/// The report of that name.
///
/// # Errors
/// Of `Kind::Usage`: there is none; the hints say which ones there are.
fn report<'a>(config: &'a Config, name: &str) -> Result<&'a ReportConfig> {
    if let Some(report) = config.reports.iter().find(|report| report.name == name) {
        return Ok(report);
    }
    let names: Vec<&str> = config.reports.iter().map(|report| report.name.as_str()).collect();
    let error = Error::usage(format!("there is no report `{name}`"));
    Err(match (nearest(name, names.iter().copied()), names.is_empty()) {
        (_, true) => no_reports(config, error),
        (Some(near), false) => error.hint(format!("did you mean `{near}`?")),
        (None, false) => error.hint(format!("the reports are {}", named(&names))),
    })
}

fn named(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn no_reports(config: &Config, error: Error) -> Error {
    match &config.file {
        Some(file) => error.hint(format!("add `[reports.NAME]` to `{}`", file.display())),
        None => error.hint("add `[reports.NAME]` to a file `pinq.toml`, which `pinq init` makes"),
    }
}

/// What stands at the destination of a report.
async fn publications(config: &Config, environment: &Environment, report: &ReportConfig) -> Result<Publications> {
    Publications::open(&Stores::new(&config.storage, environment), report).await
}
