//! `pinq report run`: a report once, now.
//!
//! Owns for which time it runs and what is told of it. With `--due` several hosts may start it at the same minute, and
//! one of them publishes.

use chrono::{DateTime, Utc};
use clap::Args;

use super::{moment, publications};
use crate::cli::options::CommonArgs;
use crate::config::{Clock, Config, Environment, ReportConfig, ReportFormat, SystemClock};
use crate::error::{Error, Result};
use crate::printable;
use crate::publication::{
    Claim, Claimed, Holder, LEASE, Outcome, Publications, RENEW_AFTER, Released, RunRecord, TableRecord,
};
use crate::report::{Notice, PAGE, Publishing, RunRequest, notify, run_report};
use crate::ui::{Ui, human};

/// Run a report once, now, and publish it
///
/// Every question and check is run, whatever became of the others. The exit code is 1 where one of them failed; what
/// failed is published and recorded, but is not the latest.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The report
    #[arg(value_name = "NAME")]
    name: String,
    /// Run it for this time instead of now: RFC 3339, or `2026-11-23` or `2026-11-23 06:00` in its time zone
    #[arg(long, value_name = "TIME", conflicts_with = "due")]
    at: Option<String>,
    /// Run it for the last time of its schedule, unless that was published already, here or on another host
    #[arg(long)]
    due: bool,
}

/// Runs it.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &RunArgs) -> Result<()> {
    let config = common.config(environment)?;
    let report = super::report(&config, &arguments.name)?;
    if let Some(option) = common.way_of_writing() {
        return Err(Error::usage(format!("a report is written as its configuration says, not as `{option}` does"))
            .hint(format!("set `formats`, `csv_formulas` and `destination` of `[reports.{}]`", report.name)));
    }
    let running = Running { ui, config: &config, environment, report };
    let publications = publications(&config, environment, report).await?;
    let now = SystemClock.now();
    if arguments.due {
        return running.run_due(&publications, now).await;
    }
    let zone = moment::zone(report);
    let scheduled_for = match &arguments.at {
        Some(text) => moment::parse(text, zone)?,
        None => now,
    };
    if scheduled_for > now {
        // The latest run is the one of the latest time.
        let shown = moment::shown(scheduled_for, zone);
        return Err(Error::usage(format!("{shown} is still to come")).hint("without `--at` the report runs for now"));
    }
    let record = running.run(&publications, scheduled_for, None).await?;
    running.outcome(&record)
}

struct Running<'a> {
    ui: &'a Ui,
    config: &'a Config,
    environment: &'a Environment,
    report: &'a ReportConfig,
}

impl Running<'_> {
    async fn run(
        &self,
        publications: &Publications,
        scheduled_for: DateTime<Utc>,
        claim: Option<&Claim>,
    ) -> Result<RunRecord> {
        let Running { ui, config, environment, report } = *self;
        let request = RunRequest { scheduled_for, tries_before: 0, memory: None };
        let publishing = Publishing { publications, claim };
        let record = run_report(ui, config, environment, report, &request, publishing, &SystemClock).await?;
        self.tell(publications, &record);
        if let Err(error) = notify(report, &Notice::of(report, &record), &SystemClock).await {
            ui.warning(&error.to_string());
        }
        Ok(record)
    }

    /// Runs it for the last time of its schedule, where nobody else does.
    async fn run_due(&self, publications: &Publications, now: DateTime<Utc>) -> Result<()> {
        let name = &self.report.name;
        let Some(schedule) = &self.report.schedule else {
            return Err(Error::usage(format!("the report `{name}` has no schedule, so nothing is due"))
                .hint(format!("set `schedule` of `[reports.{name}]`, or leave out `--due`")));
        };
        let Some(scheduled_for) = schedule.latest(now) else {
            self.ui.status(&format!("`{name}`: its schedule has no time up to now"));
            return Ok(());
        };
        let shown = moment::shown(scheduled_for, schedule.zone());
        let host = self.environment.get("HOSTNAME").unwrap_or("pinq").to_owned();
        let holder = Holder::new(&format!("{host} (process {})", std::process::id()))?;
        let claim = match publications.claim(scheduled_for, &holder, now).await? {
            Claimed::Ours(claim) => claim,
            Claimed::Theirs { until } => {
                let until = moment::shown(until, schedule.zone());
                self.ui.status(&format!("`{name}` is being run elsewhere; that claim lasts until {until}"));
                return Ok(());
            }
            Claimed::Done => {
                self.ui.status(&format!("`{name}` was run for {shown} already"));
                return Ok(());
            }
        };
        let ran = tokio::select! {
            ran = self.run(publications, scheduled_for, Some(&claim)) => ran,
            lost = renewing(&claim) => Err(lost),
        };
        let released = match &ran {
            Ok(record) if record.outcome == Outcome::Complete => Released::Done,
            _ => Released::Unfinished,
        };
        let release = claim.release(released).await;
        self.outcome(&ran?)?;
        release
    }

    /// Tells what was run, and where it is.
    fn tell(&self, publications: &Publications, record: &RunRecord) {
        let (ui, zone) = (self.ui, moment::zone(self.report));
        ui.status(&format!("{}, for {}", record.title, moment::shown(record.scheduled_for, zone)));
        let names = record.questions.iter().map(|question| question.name.as_str());
        let names = names.chain(record.checks.iter().map(|check| check.name.as_str()));
        let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
        for question in &record.questions {
            let told = match question.outcome {
                Outcome::Complete => {
                    let time =
                        human::duration(std::time::Duration::try_from_secs_f64(question.seconds).unwrap_or_default());
                    format!("{}, {time}", human::counted(question.rows, "row", "rows"))
                }
                Outcome::Failed => "failed".to_owned(),
            };
            ui.status(&printable::one_line(&format!("  {:width$}  {told}", question.name)));
        }
        for check in &record.checks {
            let told = match (check.outcome, &check.error) {
                (Outcome::Complete, _) => "check passed".to_owned(),
                (Outcome::Failed, Some(_)) => "check failed".to_owned(),
                (Outcome::Failed, None) => {
                    format!("check failed: {}", human::counted(check.rows, "row", "rows"))
                }
            };
            ui.status(&printable::one_line(&format!("  {:width$}  {told}", check.name)));
        }
        for table in &record.tables {
            ui.summary(&table_line(table));
        }
        let place = publications.location_of(&record.run);
        let has_page = self.report.formats.contains(&ReportFormat::Html) && !record.questions.is_empty();
        let place = if has_page { place.join(PAGE) } else { place.join("") };
        let verb = if record.outcome == Outcome::Complete { "published" } else { "recorded, not the latest" };
        ui.status(&format!("{verb}: {place}"));
    }

    /// What failed, as the command's own failure.
    fn outcome(&self, record: &RunRecord) -> Result<()> {
        if record.outcome == Outcome::Complete {
            return Ok(());
        }
        let name = &self.report.name;
        let of_questions = record.questions.iter().filter_map(|question| question.error.as_deref());
        let of_checks = record.checks.iter().filter(|check| check.outcome == Outcome::Failed);
        let mut failed = 0_u64;
        for error in of_questions {
            failed += 1;
            self.ui.error(unprefixed(error));
        }
        for check in of_checks {
            failed += 1;
            match &check.error {
                Some(error) => self.ui.error(unprefixed(error)),
                None => self.ui.error(&found(check)),
            }
        }
        if failed == 0 {
            // Nothing was asked.
            let why = record.error.as_deref().map_or("", unprefixed);
            return Err(Error::statement(format!("the report `{name}` failed: {why}")));
        }
        let asked = (record.questions.len() + record.checks.len()) as u64;
        let asked = human::counted(asked, "question and check", "questions and checks");
        Err(Error::statement(format!("the report `{name}` failed: {failed} of {asked}")))
    }
}

/// What a check found, with its first rows.
fn found(check: &crate::publication::CheckRecord) -> String {
    let rows = human::counted(check.rows, "row", "rows");
    let mut text = format!("the check `{}` found {rows} where there must be none", check.name);
    for example in &check.examples {
        text.push_str("\n  ");
        text.push_str(example);
    }
    if (check.examples.len() as u64) < check.rows {
        text.push_str("\n  ...");
    }
    text
}

/// `raw.pin`: 12 objects, 3 KB, 40 records, 2 repeats ...
fn table_line(table: &TableRecord) -> String {
    let mut told = vec![human::counted(table.objects, "object", "objects"), human::bytes(table.bytes)];
    let counts = [
        (table.records, "record", "records"),
        (table.repeats.filter(|count| *count > 0), "exact repeat", "exact repeats"),
        (table.strays.filter(|count| *count > 0), "stray", "strays"),
        (
            Some(table.rejects).filter(|count| *count > 0),
            "record that could not be read",
            "records that could not be read",
        ),
        (Some(table.nulled_values).filter(|count| *count > 0), "value that became NULL", "values that became NULL"),
    ];
    told.extend(counts.into_iter().filter_map(|(count, one, many)| Some(human::counted(count?, one, many))));
    format!("`{}`: {}", table.table, told.join(", "))
}

/// An error as it was rendered, for a place where it is called one already.
fn unprefixed(error: &str) -> &str {
    error.strip_prefix("error: ").unwrap_or(error)
}

/// Keeps the claim; ends where it ran out. A renewal that failed says little: the next one may not.
async fn renewing(claim: &Claim) -> Error {
    let mut renewed = SystemClock.now();
    loop {
        SystemClock.sleep_until(SystemClock.now() + RENEW_AFTER).await;
        match claim.renew(SystemClock.now()).await {
            Ok(()) => renewed = SystemClock.now(),
            Err(error) if SystemClock.now() - renewed >= LEASE => return error,
            Err(_) => {}
        }
    }
}
