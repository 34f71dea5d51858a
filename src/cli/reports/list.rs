//! `pinq report list`: the reports and when they run. Nothing is asked of a destination.

use clap::Args;

use super::moment;
use crate::cli::listing::{Listing, ReportColumn};
use crate::cli::options::CommonArgs;
use crate::config::{Clock, Environment, ReportConfig, SystemClock};
use crate::error::Result;
use crate::store::Stores;
use crate::ui::Ui;

/// List the reports, and when they run next
#[derive(Debug, Args)]
pub struct ListArgs {}

/// Next times that are shown.
const NEXT: usize = 2;

/// Lists them.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, _arguments: &ListArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let config = common.config(environment)?;
    let reports = &config.reports;
    let next: Vec<Vec<String>> = reports.iter().map(next_times).collect();
    let text = |value: &dyn Fn(&ReportConfig) -> Option<String>| reports.iter().map(value).collect();
    let time = |number: usize| next.iter().map(|times| times.get(number).cloned()).collect();
    let schedule = |value: fn(&crate::schedule::Schedule) -> String| {
        reports.iter().map(|report| report.schedule.as_ref().map(value)).collect()
    };
    let columns = vec![
        ReportColumn::Text("report", text(&|report| Some(report.name.clone()))),
        ReportColumn::Text("title", text(&|report| report.title.clone())),
        ReportColumn::Text("schedule", schedule(|schedule| schedule.text().to_owned())),
        ReportColumn::Text("timezone", schedule(|schedule| schedule.zone().to_string())),
        ReportColumn::Text("next", time(0)),
        ReportColumn::Text("then", time(1)),
        ReportColumn::Text("destination", text(&|report| Some(report.destination.to_string()))),
    ];
    listing.write(&Stores::new(&config.storage, environment), "reports", columns).await?;
    if reports.is_empty() {
        let place = config.file.as_ref().map_or("pinq.toml".to_owned(), |file| file.display().to_string());
        ui.hint(&format!("add `[reports.NAME]` to `{place}`"));
    }
    Ok(())
}

fn next_times(report: &ReportConfig) -> Vec<String> {
    let Some(schedule) = &report.schedule else { return Vec::new() };
    let times = std::iter::successors(schedule.next(SystemClock.now()), |time| schedule.next(*time));
    times.take(NEXT).map(|time| moment::shown(time, schedule.zone())).collect()
}
