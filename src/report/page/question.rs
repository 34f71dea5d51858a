//! What the template is given of one question.
//!
//! Owns the words about rows, files and changes. It must not know the markup.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::addresses::{Anchors, address};
use super::model::{Change, Changes, QuestionPage};
use super::rows::TableOfRows;
use super::view::seconds;
use crate::printable::{lines, one_line};
use crate::publication::{FileRecord, Outcome, QuestionRecord};
use crate::ui::human;

/// Changes above which they are folded away.
const FEW_CHANGES: usize = 5;

#[derive(Serialize)]
pub(super) struct QuestionView<'a> {
    anchor: String,
    title: Cow<'a, str>,
    about: Option<Cow<'a, str>>,
    failed: bool,
    error: Option<Cow<'a, str>>,
    took: String,
    rows: String,
    chart: Option<ChartView<'a>>,
    table: Option<TableView<'a>>,
    changes: Option<ChangesView<'a>>,
    files: Vec<FileView<'a>>,
    sql: Cow<'a, str>,
}

#[derive(Serialize)]
struct ChartView<'a> {
    /// Markup; the only text of a page that the template must not escape.
    element: &'a str,
    description: Cow<'a, str>,
}

#[derive(Serialize)]
struct TableView<'a> {
    columns: Vec<ColumnView<'a>>,
    rows: Rows<'a>,
    cut: Option<Cut<'a>>,
}

#[derive(Serialize)]
struct ColumnView<'a> {
    name: Cow<'a, str>,
    number: bool,
    /// How wide it must be, in digits, so that words stay whole; none for numbers, which are never broken.
    width: Option<usize>,
}

/// Rows, without a copy of the texts that need no escaping.
struct Rows<'a>(&'a [Vec<Option<String>>]);

/// Rows that are not on the page.
#[derive(Serialize)]
struct Cut<'a> {
    shown: String,
    total: String,
    file: Option<FileView<'a>>,
}

#[derive(Clone, Serialize)]
struct FileView<'a> {
    href: String,
    name: Cow<'a, str>,
    format: String,
    bytes: String,
}

#[derive(Serialize)]
struct ChangesView<'a> {
    summary: String,
    few: bool,
    listed: Vec<ChangeView<'a>>,
    more: Option<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ChangeView<'a> {
    kind: &'static str,
    key: Cow<'a, str>,
    now: Cow<'a, str>,
    before: Cow<'a, str>,
}

impl<'a> QuestionView<'a> {
    pub(super) fn new(record: &'a QuestionRecord, page: &'a QuestionPage, anchors: &mut Anchors) -> QuestionView<'a> {
        let files: Vec<FileView<'_>> = record.files.iter().filter_map(FileView::new).collect();
        QuestionView {
            anchor: anchors.next(&record.name),
            title: one_line(&record.title),
            about: page.about.as_deref().map(lines),
            failed: record.outcome == Outcome::Failed,
            error: record.error.as_deref().map(lines),
            took: seconds(record.seconds),
            rows: human::counted(record.rows, "row", "rows"),
            chart: page
                .chart
                .as_ref()
                .map(|chart| ChartView { element: &chart.element, description: one_line(&chart.description) }),
            table: page.table.as_ref().map(|table| TableView::new(table, &files)),
            changes: page.changes.as_ref().map(ChangesView::new),
            files,
            sql: lines(page.sql.trim()),
        }
    }
}

impl<'a> TableView<'a> {
    fn new(table: &'a TableOfRows, files: &[FileView<'a>]) -> TableView<'a> {
        let columns = table.columns.iter().enumerate().map(|(position, (name, number))| ColumnView {
            name: one_line(name),
            number: *number,
            width: (!number).then(|| width(table, position)),
        });
        let shown = table.rows.len() as u64;
        TableView {
            columns: columns.collect(),
            rows: Rows(&table.rows),
            cut: (shown < table.total).then(|| Cut {
                shown: human::count(shown),
                total: human::count(table.total),
                file: files.first().cloned(),
            }),
        }
    }
}

/// The longest word of a column, or as much as makes long texts readable.
fn width(table: &TableOfRows, column: usize) -> usize {
    const LONG_TEXT: usize = 40;
    const LONG_WORD: usize = 20;
    const READABLE: usize = 24;
    let mut longest = 0;
    for text in table.rows.iter().filter_map(|row| row.get(column)?.as_deref()) {
        let word = text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
        if text.len() > LONG_TEXT || word > LONG_WORD {
            return READABLE;
        }
        longest = longest.max(word);
    }
    longest
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| {
            let cells = row.iter().map(|cell| cell.as_deref().map(one_line));
            cells.collect::<Vec<_>>()
        }))
    }
}

impl<'a> FileView<'a> {
    /// None for what is not for readers.
    fn new(file: &'a FileRecord) -> Option<FileView<'a>> {
        let hidden = file.name.split('/').any(|part| part.starts_with('.')) || file.name == "index.html";
        let (_, format) = file.name.rsplit_once('.').unwrap_or(("", "file"));
        (!hidden).then(|| FileView {
            href: address(&file.name),
            name: one_line(&file.name),
            format: one_line(format).to_uppercase(),
            bytes: human::bytes(file.bytes),
        })
    }
}

impl<'a> ChangesView<'a> {
    fn new(changes: &'a Changes) -> ChangesView<'a> {
        let total = changes.new.saturating_add(changes.gone).saturating_add(changes.changed);
        let more = total.saturating_sub(changes.listed.len() as u64);
        let names = |names: &[String]| names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
        let columns = |count: usize| if count == 1 { "Column" } else { "Columns" };
        let mut notes = Vec::new();
        if !changes.added.is_empty() {
            notes.push(format!("{} added: {}.", columns(changes.added.len()), names(&changes.added)));
        }
        if !changes.removed.is_empty() {
            notes.push(format!("{} gone: {}.", columns(changes.removed.len()), names(&changes.removed)));
        }
        if total > 0 && !changes.key.is_empty() {
            notes.push(format!("Rows are told apart by {}.", names(&changes.key)));
        }
        ChangesView {
            summary: summary(changes),
            few: changes.listed.len() <= FEW_CHANGES,
            listed: changes.listed.iter().map(ChangeView::new).collect(),
            more: (more > 0).then(|| human::count(more)),
            notes,
        }
    }
}

/// `2 rows are new, 1 is gone, 3 have changed`.
fn summary(changes: &Changes) -> String {
    if let Some(reason) = &changes.incomparable {
        return format!("Not compared with the run before: {}.", one_line(reason));
    }
    let mut said: Vec<String> = Vec::new();
    let parts =
        [(changes.new, "is new", "are new"), (changes.gone, "is gone", "are gone"), (changes.changed, "has", "have")];
    for (number, one, many) in parts.into_iter().filter(|(number, _, _)| *number > 0) {
        let verb = if number == 1 { one } else { many };
        let count = if said.is_empty() { human::counted(number, "row", "rows") } else { human::count(number) };
        let changed = if verb.starts_with("ha") { " changed" } else { "" };
        said.push(format!("{count} {verb}{changed}"));
    }
    if said.is_empty() {
        return "As it was in the run before.".to_owned();
    }
    format!("Since the run before, {}.", said.join(", "))
}

impl<'a> ChangeView<'a> {
    fn new(change: &'a Change) -> ChangeView<'a> {
        let none = Cow::Borrowed("");
        match change {
            Change::New(row) => ChangeView { kind: "new", key: none.clone(), now: one_line(row), before: none },
            Change::Gone(row) => ChangeView { kind: "gone", key: none.clone(), now: one_line(row), before: none },
            Change::Changed(key, now, before) => {
                ChangeView { kind: "changed", key: one_line(key), now: one_line(now), before: one_line(before) }
            }
        }
    }
}
