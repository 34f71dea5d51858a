//! `pinq report history`: the runs that stand at the destination of a report.

use clap::Args;

use super::moment;
use crate::cli::listing::{Listing, ReportColumn};
use crate::cli::options::CommonArgs;
use crate::config::Environment;
use crate::error::Result;
use crate::publication::{Outcome, RunRecord};
use crate::store::Stores;
use crate::ui::{Ui, human};

/// List the runs of a report, the newest first
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The report
    #[arg(value_name = "NAME")]
    name: String,
}

/// Lists them.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &HistoryArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let config = common.config(environment)?;
    let report = super::report(&config, &arguments.name)?;
    let history = super::publications(&config, environment, report).await?.runs().await?;
    let runs = &history.runs;
    let zone = moment::zone(report);
    let text = |value: &dyn Fn(&RunRecord) -> Option<String>| runs.iter().map(value).collect();
    let number = |value: fn(&RunRecord) -> u64| runs.iter().map(|run| Some(value(run))).collect();
    let failed = |run: &RunRecord| {
        let questions = run.questions.iter().filter(|question| question.outcome == Outcome::Failed).count();
        (questions + run.checks.iter().filter(|check| check.outcome == Outcome::Failed).count()) as u64
    };
    let columns = vec![
        ReportColumn::Text("run", text(&|run| Some(run.run.clone()))),
        ReportColumn::Text("scheduled_for", text(&|run| Some(moment::shown(run.scheduled_for, zone)))),
        ReportColumn::Text("outcome", text(&|run| Some(outcome(run.outcome).to_owned()))),
        ReportColumn::Text("took", text(&|run| (run.finished - run.started).to_std().ok().map(human::duration))),
        ReportColumn::Number("tries", number(|run| run.tries.into())),
        ReportColumn::Number("questions", number(|run| run.questions.len() as u64)),
        ReportColumn::Number("checks", number(|run| run.checks.len() as u64)),
        ReportColumn::Number("failed", runs.iter().map(|run| Some(failed(run))).collect()),
        ReportColumn::Number("rows", number(|run| run.questions.iter().map(|question| question.rows).sum())),
    ];
    listing.write(&Stores::new(&config.storage, environment), "history", columns).await?;
    for damaged in &history.damaged {
        ui.warning(&format!("the record of the run `{}` can't be read: {}", damaged.run, damaged.error));
    }
    Ok(())
}

/// The word for it.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Failed => "failed",
    }
}
