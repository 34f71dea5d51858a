//! What the template is given: every text of a page as it is shown, but for the escaping of HTML.
//!
//! Owns the words and the spelling of numbers and times. It must not know the markup, which is the template's.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::addresses::{Anchors, address};
use super::model::Page;
use super::question::QuestionView;
use crate::printable::{lines, one_line};
use crate::publication::{CheckRecord, Outcome, TableRecord};
use crate::ui::human;

/// The whole page.
#[derive(Serialize)]
pub(super) struct PageView<'a> {
    title: Cow<'a, str>,
    report: Cow<'a, str>,
    run: Cow<'a, str>,
    version: Cow<'a, str>,
    failed: bool,
    error: Option<Cow<'a, str>>,
    due: Moment,
    finished: Moment,
    took: String,
    tries: u32,
    before: Option<Before>,
    records: Option<String>,
    tables: Vec<TableView<'a>>,
    partitions: Vec<PartitionView<'a>>,
    dropped: Vec<String>,
    checks: Vec<CheckView<'a>>,
    checks_failed: usize,
    questions: Vec<QuestionView<'a>>,
    questions_failed: usize,
}

/// An instant, for programs and for people.
#[derive(Serialize)]
pub(super) struct Moment {
    iso: String,
    text: String,
}

#[derive(Serialize)]
struct Before {
    href: String,
    due: Moment,
}

#[derive(Serialize)]
struct TableView<'a> {
    name: Cow<'a, str>,
    objects: String,
    bytes: String,
    records: Option<String>,
    repeats: Option<String>,
    strays: Option<String>,
    rejects: String,
    nulled: String,
}

#[derive(Serialize)]
struct PartitionView<'a> {
    table: Cow<'a, str>,
    partition: Option<i32>,
    objects: String,
    bytes: String,
    last_offset: Option<u64>,
}

#[derive(Serialize)]
struct CheckView<'a> {
    title: Cow<'a, str>,
    failed: bool,
    rows: String,
    error: Option<Cow<'a, str>>,
    examples: Vec<Cow<'a, str>>,
    more: Option<String>,
}

impl<'a> PageView<'a> {
    pub(super) fn new(page: &'a Page<'_>) -> PageView<'a> {
        let run = page.run;
        let mut anchors = Anchors::default();
        let questions = run.questions.iter().zip(&page.questions);
        let took = (run.finished - run.started).to_std().unwrap_or_default();
        PageView {
            title: one_line(&run.title),
            report: one_line(&run.report),
            run: one_line(&run.run),
            version: one_line(&run.version),
            failed: run.outcome == Outcome::Failed,
            error: run.error.as_deref().map(lines),
            due: Moment::of(run.scheduled_for),
            finished: Moment::of(run.finished),
            took: human::duration(took),
            tries: run.tries,
            before: page.before.map(|before| Before {
                href: format!("../{}/index.html", address(&before.run)),
                due: Moment::of(before.scheduled_for),
            }),
            records: records(&run.tables),
            tables: run.tables.iter().map(TableView::new).collect(),
            partitions: run.tables.iter().flat_map(partitions).collect(),
            dropped: run.tables.iter().flat_map(dropped).collect(),
            checks: run.checks.iter().map(CheckView::new).collect(),
            checks_failed: run.checks.iter().filter(|check| check.outcome == Outcome::Failed).count(),
            questions: questions.map(|(record, page)| QuestionView::new(record, page, &mut anchors)).collect(),
            questions_failed: run.questions.iter().filter(|question| question.outcome == Outcome::Failed).count(),
        }
    }
}

impl Moment {
    fn of(time: DateTime<Utc>) -> Moment {
        Moment {
            iso: time.to_rfc3339_opts(SecondsFormat::Secs, true),
            text: time.format("%a %-d %b %Y, %H:%M UTC").to_string(),
        }
    }
}

impl<'a> TableView<'a> {
    fn new(table: &'a TableRecord) -> TableView<'a> {
        TableView {
            name: one_line(&table.table),
            objects: human::count(table.objects),
            bytes: human::bytes(table.bytes),
            records: table.records.map(human::count),
            repeats: table.repeats.map(human::count),
            strays: table.strays.map(human::count),
            rejects: human::count(table.rejects),
            nulled: human::count(table.nulled_values),
        }
    }
}

impl<'a> CheckView<'a> {
    fn new(check: &'a CheckRecord) -> CheckView<'a> {
        let more = check.rows.saturating_sub(check.examples.len() as u64);
        CheckView {
            title: one_line(&check.title),
            failed: check.outcome == Outcome::Failed,
            rows: human::counted(check.rows, "row", "rows"),
            error: check.error.as_deref().map(lines),
            examples: check.examples.iter().map(|example| lines(example)).collect(),
            more: (more > 0 && !check.examples.is_empty()).then(|| human::count(more)),
        }
    }
}

/// Records of all tables; none where one of them is not known.
fn records(tables: &[TableRecord]) -> Option<String> {
    let known: Vec<u64> = tables.iter().filter_map(|table| table.records).collect();
    (!known.is_empty()).then(|| human::count(known.iter().fold(0, |sum, records| sum.saturating_add(*records))))
}

fn partitions(table: &TableRecord) -> impl Iterator<Item = PartitionView<'_>> {
    table.partitions.iter().map(|partition| PartitionView {
        table: one_line(&table.table),
        partition: partition.partition,
        objects: human::count(partition.objects),
        bytes: human::bytes(partition.bytes),
        last_offset: partition.last_offset,
    })
}

/// What was dropped of a table and why, a sentence each.
fn dropped(table: &TableRecord) -> Vec<String> {
    let name = one_line(&table.table);
    let mut said = Vec::new();
    if let Some(repeats) = table.repeats.filter(|repeats| *repeats > 0) {
        let repeats = human::counted(repeats, "repeat", "repeats");
        said.push(format!("{name}: {repeats} left out, exact copies of another record"));
    }
    if let Some(strays) = table.strays.filter(|strays| *strays > 0) {
        let strays = human::counted(strays, "stray", "strays");
        said.push(format!("{name}: {strays} left out, records without the table’s key"));
    }
    if table.rejects > 0 {
        let rejects = human::counted(table.rejects, "record", "records");
        said.push(format!("{name}: {rejects} skipped that could not be read"));
    }
    if table.nulled_values > 0 {
        let values = human::counted(table.nulled_values, "value", "values");
        said.push(format!("{name}: {values} became NULL that did not fit the column’s type"));
    }
    said
}

/// Seconds as people read them.
pub(super) fn seconds(seconds: f64) -> String {
    human::duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
