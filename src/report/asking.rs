//! Asking: the statements of a report, one after another over one snapshot, each to its end whatever became of the
//! others.
//!
//! Owns what is recorded of each question and check. What becomes of the rows is `answer_files`'; what is different from
//! the run before is `changes`'.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use futures::StreamExt;

use super::answer_files::{AnswerFiles, WrittenAnswer};
use super::statements::{Asked, StatementFile, hash_of_text, refuse};
use crate::chart::ChartSpec;
use crate::config::{ReportConfig, ReportFormat};
use crate::engine::{Access, Answer, CountedRecords, Counting, Engine, Series, Shown, ticking};
use crate::error::{Error, Result};
use crate::output;
use crate::publication::{CheckRecord, Outcome, QuestionRecord};
use crate::sql::{self, SourceStatement, StatementKind};
use crate::ui::Ui;

/// Rows of a check that are told, and the characters of one.
const MOST_EXAMPLES: usize = 10;
const MOST_CHARACTERS: usize = 500;

/// What the statements of a report are asked with.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) ui: &'a Ui,
    pub(super) engine: &'a Engine,
    pub(super) report: &'a ReportConfig,
    pub(super) asked: &'a Asked,
    /// Where files of answers are written.
    pub(super) folder: &'a Path,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Came {
    pub(super) questions: Vec<AskedQuestion>,
    pub(super) checks: Vec<CheckRecord>,
    /// By the table's name within `raw`.
    pub(super) counted: Vec<(String, CountedRecords)>,
}

/// A question that was asked.
pub(super) struct AskedQuestion {
    pub(super) record: QuestionRecord,
    pub(super) about: Option<String>,
    pub(super) sql: String,
    /// The columns by which rows are told apart, as the heading says it.
    pub(super) key: Option<String>,
    /// What it was answered; none where it failed.
    pub(super) answered: Option<Answered>,
}

/// An answer and its chart.
pub(super) struct Answered {
    pub(super) written: WrittenAnswer,
    pub(super) chart: Option<ChartSpec>,
}

impl Asking<'_> {
    /// Asks everything. What fails is told where it belongs, and ends nothing.
    pub(super) async fn ask(&self, countings: &[Counting]) -> Came {
        let Asking { engine, asked, .. } = *self;
        let slices = asked.slices().chain(countings.iter().map(|counting| counting.statements.as_slice()));
        let mut series = engine.series(slices, &asked.parameters, Access::ReadOnly);
        let mut came = Came::default();
        let mut names = BTreeSet::new();
        for file in &asked.questions {
            self.ask_file(&mut series, file, &mut names, &mut came.questions).await;
        }
        for file in &asked.checks {
            self.check_file(&mut series, file, &mut came.checks).await;
        }
        for counting in countings {
            if !engine.is_worth_counting(counting) {
                series.pass_over_next();
                continue;
            }
            // Only what `_repeat` and the like are in this landing can be wrong with it: keys of records, perhaps.
            let Ok(answer) = series.start_next().await else { continue };
            if let Ok(counted) = counting.read(answer).await {
                came.counted.push((counting.table.clone(), counted));
            }
        }
        came
    }

    async fn ask_file(
        &self,
        series: &mut Series<'_>,
        file: &StatementFile,
        names: &mut BTreeSet<String>,
        questions: &mut Vec<AskedQuestion>,
    ) {
        let statements = match &file.statements {
            Ok(statements) => statements,
            Err(error) => {
                let name = unique(&file.file.name, names);
                let record = record(name, None, hash_of_text(&file.file.text));
                let sql = file.file.text.clone();
                let mut question = AskedQuestion { record, about: None, sql, key: None, answered: None };
                question.fail(error);
                questions.push(question);
                return;
            }
        };
        for statement in statements {
            let started = Instant::now();
            let name = unique(&file.file.name, names);
            let outcome = self.answer(series, statement, &name).await;
            let record = record(name, statement.heading.title.clone(), hash_of_text(statement.text()));
            let mut question = AskedQuestion {
                record,
                about: statement.heading.about.clone(),
                sql: statement.text().to_owned(),
                key: statement.heading.other("key").map(str::to_owned),
                answered: None,
            };
            question.record.seconds = started.elapsed().as_secs_f64();
            match outcome {
                Ok(None) => {
                    names.remove(&question.record.name);
                    continue;
                }
                Ok(Some(answered)) => {
                    question.record.rows = answered.written.rows;
                    question.record.files.clone_from(&answered.written.files);
                    question.answered = Some(answered);
                }
                Err(error) => question.fail(&error),
            }
            questions.push(question);
        }
    }

    /// Runs a statement to its end; `None` where it is no question, such as SET or CREATE VIEW.
    async fn answer(
        &self,
        series: &mut Series<'_>,
        statement: &SourceStatement,
        name: &str,
    ) -> Result<Option<Answered>> {
        let Asking { ui, engine, report, asked, folder } = *self;
        let progress = Shown::of(ui, engine);
        let refused = refuse(statement, report, &asked.parameters).and_then(|()| chart_of(statement, report));
        let chart = match refused {
            Ok(chart) => chart,
            Err(error) => {
                series.pass_over_next();
                return Err(error);
            }
        };
        let mut answer = ticking(&progress, engine, series.start_next()).await?;
        if is_no_question(statement, &answer) {
            drain(&progress, engine, answer).await?;
            return Ok(None);
        }
        let mut files = AnswerFiles::create(folder, name, answer.schema(), &report.formats, report.formulas)?;
        let written = loop {
            match next(&progress, engine, &mut answer).await {
                Ok(Some(batch)) => match files.push(&batch) {
                    // An answer that is computed faster than it is written never waits, and whoever waits for a signal
                    // is on this task, too.
                    Ok(()) => tokio::task::yield_now().await,
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        progress.bar.finish();
        match written {
            Ok(()) => Ok(Some(Answered { written: files.finish()?, chart })),
            Err(error) => {
                files.discard();
                Err(error)
            }
        }
    }

    async fn check_file(&self, series: &mut Series<'_>, file: &StatementFile, checks: &mut Vec<CheckRecord>) {
        let empty = |name: &str| CheckRecord {
            name: name.to_owned(),
            title: name.to_owned(),
            outcome: Outcome::Complete,
            error: None,
            rows: 0,
            examples: Vec::new(),
        };
        let statements = match &file.statements {
            Ok(statements) => statements,
            Err(error) => {
                let error = Some(error.render());
                checks.push(CheckRecord { outcome: Outcome::Failed, error, ..empty(&file.file.name) });
                return;
            }
        };
        let mut names = BTreeSet::new();
        for statement in statements {
            let mut check = empty(&unique(&file.file.name, &mut names));
            if let Some(title) = &statement.heading.title {
                check.title.clone_from(title);
            }
            match self.check(series, statement, &mut check).await {
                Ok(Is::Check) => {}
                Ok(Is::None) => {
                    names.remove(&check.name);
                    continue;
                }
                Err(error) => check.error = Some(error.render()),
            }
            if check.rows > 0 || check.error.is_some() {
                check.outcome = Outcome::Failed;
            }
            checks.push(check);
        }
    }

    async fn check(&self, series: &mut Series<'_>, statement: &SourceStatement, check: &mut CheckRecord) -> Result<Is> {
        let Asking { ui, engine, report, asked, .. } = *self;
        if let Err(error) = refuse(statement, report, &asked.parameters) {
            series.pass_over_next();
            return Err(error);
        }
        let progress = Shown::of(ui, engine);
        let mut answer = ticking(&progress, engine, series.start_next()).await?;
        if is_no_question(statement, &answer) {
            drain(&progress, engine, answer).await?;
            return Ok(Is::None);
        }
        while let Some(batch) = next(&progress, engine, &mut answer).await? {
            check.rows = check.rows.saturating_add(batch.num_rows() as u64);
            let room = MOST_EXAMPLES.saturating_sub(check.examples.len()).min(batch.num_rows());
            if room > 0 {
                let schema = batch.schema();
                let rows = output::texts(&batch.slice(0, room))?;
                let line = |row: &Vec<Option<String>>| {
                    let cells = schema
                        .fields()
                        .iter()
                        .zip(row)
                        .map(|(field, value)| format!("{}: {}", field.name(), value.as_deref().unwrap_or("NULL")));
                    cells.collect::<Vec<_>>().join(", ").chars().take(MOST_CHARACTERS).collect()
                };
                check.examples.extend(rows.iter().map(line));
            }
            tokio::task::yield_now().await;
        }
        progress.bar.finish();
        Ok(Is::Check)
    }
}

/// Whether a statement of a file of checks was one.
enum Is {
    Check,
    None,
}

impl AskedQuestion {
    /// The question failed, whatever became of it before: it has no answer and no files.
    pub(super) fn fail(&mut self, error: &Error) {
        self.record.outcome = Outcome::Failed;
        self.record.error = Some(error.render());
        self.record.files.clear();
        if let Some(answered) = self.answered.take() {
            answered.written.discard();
        }
    }
}

fn record(name: String, title: Option<String>, hash: String) -> QuestionRecord {
    QuestionRecord {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        hash,
        outcome: Outcome::Complete,
        error: None,
        rows: 0,
        seconds: 0.0,
        files: Vec::new(),
    }
}

/// The file's name for its first answer, with `.2` and so on for those after it.
fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut unique = name.to_owned();
    let mut number = 2_usize;
    while !names.insert(unique.clone()) {
        unique = format!("{name}.{number}");
        number = number.saturating_add(1);
    }
    unique
}

/// Whether a statement changes the session alone: INSERT answers with a number of rows, which nobody asked for.
fn is_no_question(statement: &SourceStatement, answer: &Answer) -> bool {
    answer.schema().fields().is_empty() || sql::kind(&statement.parsed) == StatementKind::Writes
}

/// The chart that the heading asks for, or one that fits; none where there is no page, and for plans.
fn chart_of(statement: &SourceStatement, report: &ReportConfig) -> Result<Option<ChartSpec>> {
    let is_plan = sql::kind(&statement.parsed) == StatementKind::Explain;
    if is_plan || !report.formats.contains(&ReportFormat::Html) {
        return Ok(None);
    }
    let Some(text) = statement.heading.other("chart") else { return Ok(Some(ChartSpec::default())) };
    let wrong = |error: Error| error.within(format_args!("{}: `-- chart: {text}`", statement.place()));
    ChartSpec::parse(text).map(Some).map_err(wrong)
}

async fn next(
    progress: &Shown,
    engine: &Engine,
    answer: &mut Answer,
) -> Result<Option<arrow::record_batch::RecordBatch>> {
    ticking(progress, engine, async { answer.next().await.transpose() }).await
}

/// Runs a statement that answers nothing to its end.
async fn drain(progress: &Shown, engine: &Engine, mut answer: Answer) -> Result<()> {
    while next(progress, engine, &mut answer).await?.is_some() {}
    Ok(())
}
