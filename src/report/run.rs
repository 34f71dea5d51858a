//! One run of a report, from its configuration to what stands at its destination.
//!
//! Owns the order of things: what is asked, what is compared, the page, and last the record. A run that fails is
//! published like any other, and says why; it does not become the latest.

use std::path::Path;

use chrono::{DateTime, SubsecRound, Utc};

use super::asking::{AskedQuestion, Asking, Came};
use super::changes::{self, changes};
use super::page::{self, Changes, Page, QuestionPage};
use super::statements::Asked;
use super::tables;
use crate::chart;
use crate::config::{Clock, Config, Environment, ReportConfig, ReportFormat};
use crate::engine::{Engine, Memory};
use crate::error::{Error, Result};
use crate::publication::{Claim, Outcome, Publications, RunName, RunRecord};
use crate::ui::Ui;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The time that it was due, or was asked for.
    pub scheduled_for: DateTime<Utc>,
    /// Tries that failed before this one.
    pub tries_before: u32,
    /// What its statements share with those of other runs; none for memory of its own.
    pub memory: Option<Memory>,
}

/// The file of the page.
pub const PAGE: &str = "index.html";

/// Runs the report once and publishes what came of it. Dropping the future leaves nothing half published.
///
/// # Errors
/// Nothing could be published or recorded. Whatever fails before that is told by the record.
pub async fn run_report(
    ui: &Ui,
    config: &Config,
    environment: &Environment,
    report: &ReportConfig,
    request: &RunRequest,
    publishing: Publishing<'_>,
    clock: &dyn Clock,
) -> Result<RunRecord> {
    let Publishing { publications, claim } = publishing;
    let staging = publications.begin(request.scheduled_for, claim).await?;
    let title = report.title.as_ref().unwrap_or(&report.name);
    // As the folder says it.
    let scheduled_for = request.scheduled_for.trunc_subsecs(0);
    let mut record = RunRecord {
        tries: request.tries_before.saturating_add(1),
        ..RunRecord::begun(&report.name, title, staging.run(), scheduled_for, clock.now())
    };
    let before = before(publications, &record).await?;
    let memory = request.memory.as_ref();
    let running = Running { ui, memory, config, environment, report, publications, before: before.as_ref(), clock };
    if let Err(error) = running.fill(&mut record, staging.path()).await {
        record.finished = clock.now();
        record.outcome = Outcome::Failed;
        record.error = Some(error.render());
    }
    let published = publications.publish(staging, &record, claim).await?;
    for error in published.left_undone {
        ui.warning(&format!("the run stands, but something after it failed: {error}"));
    }
    Ok(record)
}

/// Where a run is published.
#[derive(Clone, Copy)]
pub struct Publishing<'a> {
    /// Of the report.
    pub publications: &'a Publications,
    /// By which nobody else runs it.
    pub claim: Option<&'a Claim>,
}

struct Running<'a> {
    ui: &'a Ui,
    memory: Option<&'a Memory>,
    config: &'a Config,
    environment: &'a Environment,
    report: &'a ReportConfig,
    publications: &'a Publications,
    before: Option<&'a RunRecord>,
    clock: &'a dyn Clock,
}

impl Running<'_> {
    /// Asks, and fills the folder and the record with what came of it.
    async fn fill(&self, record: &mut RunRecord, folder: &Path) -> Result<()> {
        let Running { ui, config, environment, report, .. } = *self;
        let asked = Asked::read(config, report)?;
        record.configuration_hash.clone_from(&asked.hash);
        let own = || Memory::of(&config.session);
        let memory = self.memory.cloned().unwrap_or_else(own);
        let engine = Engine::open_within(&memory, config, environment)?;
        let countings = engine.countings(asked.slices().flatten()).await;
        let asking = Asking { ui, engine: &engine, report, asked: &asked, folder };
        let Came { questions, checks, counted } = asking.ask(&countings).await;
        record.tables = tables::records(&engine, &counted);
        record.checks = checks;
        let mut pages = Vec::new();
        for mut question in questions {
            let page = match self.page_of(&mut question).await {
                Ok(page) => page,
                Err(error) => {
                    question.fail(&error);
                    self.page_of(&mut question).await?
                }
            };
            record.questions.push(question.record);
            pages.push(page);
        }
        let totals = engine.totals();
        record.request_retries = totals.requests.retries;
        record.bytes_fetched = totals.scans.bytes;
        record.finished = self.clock.now();
        record.error = first_failure(record);
        if record.error.is_some() {
            record.outcome = Outcome::Failed;
        }
        if report.formats.contains(&ReportFormat::Html) {
            let page = page::render(&Page { run: record, before: self.before, questions: pages })?;
            let path = folder.join(PAGE);
            std::fs::write(&path, page).map_err(|error| {
                Error::statement(format!("`{}` could not be written", path.display())).because(error)
            })?;
        }
        Ok(())
    }

    /// What the page shows of a question.
    ///
    /// # Errors
    /// Its chart can't be drawn, or its heading names columns that it does not have.
    async fn page_of(&self, question: &mut AskedQuestion) -> Result<QuestionPage> {
        let named = |error: Error| error.within(format_args!("the question `{}`", question.record.name));
        let changes = self.changes_of(question).await.map_err(named)?;
        let mut page = QuestionPage {
            about: question.about.clone(),
            sql: question.sql.clone(),
            table: None,
            chart: None,
            changes,
        };
        if let Some(answered) = &mut question.answered
            && let Some((table, data)) = answered.written.page.take()
        {
            if let Some(spec) = &answered.chart {
                page.chart = chart::svg(spec, &data, &question.record.name).map_err(named)?;
            }
            page.table = Some(table);
        }
        Ok(page)
    }

    /// What is different from the run before.
    async fn changes_of(&self, question: &AskedQuestion) -> Result<Option<Changes>> {
        let Some(answered) = &question.answered else { return Ok(None) };
        let key = question.key.as_deref().map(changes::key_columns).transpose()?;
        let name = &question.record.name;
        let asked_before = self.before.and_then(|before| {
            let same = before.questions.iter().find(|other| other.name == *name && other.outcome == Outcome::Complete);
            same.map(|same| (before, same))
        });
        let (rows, total) = match asked_before {
            Some((before, same)) => match self.publications.rows(&before.run, name).await {
                Ok(rows) => (rows, same.rows),
                // The answer is right all the same, and the next run has its rows to compare with.
                Err(error) => {
                    self.ui.warning(&format!("what changed in `{name}` can't be told: {error}"));
                    let incomparable = Some("the rows of the run before can't be read".to_owned());
                    return Ok(Some(Changes { incomparable, ..Changes::default() }));
                }
            },
            None => (None, 0),
        };
        let kept = rows.unwrap_or_default();
        let now = answered.written.kept_rows()?;
        let schema = &answered.written.schema;
        let before_schema = kept.first().map_or_else(|| schema.clone(), |batch| batch.schema());
        let before = changes::Answer { schema: &before_schema, batches: &kept, total };
        let now = changes::Answer { schema, batches: &now, total: answered.written.rows };
        changes(now, asked_before.map(|_| before), key.as_deref())
    }
}

/// The complete run that this one is compared with: the last one that was due before it.
async fn before(publications: &Publications, record: &RunRecord) -> Result<Option<RunRecord>> {
    let name = RunName::parse(&record.run);
    let is_before = |other: &RunRecord| other.outcome == Outcome::Complete && RunName::parse(&other.run) < name;
    Ok(publications.runs().await?.runs.into_iter().find(is_before))
}

/// Why a run failed, in short: the first of its questions that did, or else of its checks.
fn first_failure(record: &RunRecord) -> Option<String> {
    if let Some(failed) = record.questions.iter().find(|question| question.outcome == Outcome::Failed) {
        return Some(failed.error.clone().unwrap_or_default());
    }
    let failed = record.checks.iter().find(|check| check.outcome == Outcome::Failed)?;
    Some(failed.error.clone().unwrap_or_else(|| {
        let rows = crate::ui::human::counted(failed.rows, "row", "rows");
        format!("error: the check `{}` found {rows} where there must be none", failed.name)
    }))
}
