//! `pinq report show`: where the files of a run are, and its page in a browser.

use clap::Args;

use super::{moment, open};
use crate::cli::listing::{Listing, ReportColumn};
use crate::cli::options::CommonArgs;
use crate::config::{Environment, ReportFormat};
use crate::error::{Error, Result};
use crate::publication::{Outcome, RunRecord};
use crate::report::PAGE;
use crate::spelling::nearest;
use crate::store::Stores;
use crate::ui::Ui;

/// List the files of a run, or open its page
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The report
    #[arg(value_name = "NAME")]
    name: String,
    /// The run, as `pinq report history` lists it; the latest complete one where it is left out
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Open the page in the browser that `BROWSER` names, or in the desktop's
    #[arg(long)]
    open: bool,
}

/// Shows the run.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &ShowArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let config = common.config(environment)?;
    let report = super::report(&config, &arguments.name)?;
    let publications = super::publications(&config, environment, report).await?;
    let runs = publications.runs().await?.runs;
    let run = find(&runs, &arguments.name, arguments.run.as_deref())?;
    let place = publications.location_of(&run.run);
    if arguments.open {
        return open::page(ui, environment, &place.join(PAGE)).await;
    }
    // The page is not one of the files that the record lists.
    let mut files = vec![("run.json".to_owned(), None)];
    if report.formats.contains(&ReportFormat::Html) {
        files.insert(0, (PAGE.to_owned(), None));
    }
    let of_questions = run.questions.iter().flat_map(|question| &question.files);
    files.extend(of_questions.map(|file| (file.name.clone(), Some(file.bytes))));
    let columns = vec![
        ReportColumn::Text("file", files.iter().map(|(name, _)| Some(name.clone())).collect()),
        ReportColumn::Number("bytes", files.iter().map(|(_, bytes)| *bytes).collect()),
        ReportColumn::Text("path", files.iter().map(|(name, _)| Some(place.join(name).to_string())).collect()),
    ];
    listing.write(&Stores::new(&config.storage, environment), "show", columns).await?;
    let (when, outcome) =
        (moment::shown(run.scheduled_for, moment::zone(report)), super::history::outcome(run.outcome));
    ui.summary(&format!("the run `{}` of `{}`, for {when}: {outcome}", run.run, report.name));
    Ok(())
}

fn find<'a>(runs: &'a [RunRecord], report: &str, run: Option<&str>) -> Result<&'a RunRecord> {
    let Some(name) = run else {
        return runs.iter().find(|run| run.outcome == Outcome::Complete).ok_or_else(|| {
            let error = Error::statement(format!("the report `{report}` has no complete run"));
            match runs.first() {
                Some(failed) => error.hint(format!("`--run {}` shows the last one, which failed", failed.run)),
                None => error.hint(format!("`pinq report run {report}` makes one")),
            }
        });
    };
    runs.iter().find(|run| run.run == name).ok_or_else(|| {
        let error = Error::statement(format!("the report `{report}` has no run `{name}`"));
        match nearest(name, runs.iter().map(|run| run.run.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("`pinq report history {report}` lists them")),
        }
    })
}
