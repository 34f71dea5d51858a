//! `pinq check`: how clean the records are, and what cleaning takes away.

use clap::Args;

use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::config::Environment;
use crate::engine::{Place, TableCheck, TableFindings};
use crate::error::Result;
use crate::ui::Ui;

/// Count repeats, strays, and the values that the views turn into NULL
#[derive(Debug, Args)]
pub struct CheckArgs {}

/// Keys that a line of the answer names.
const NAMES: usize = 20;

/// A line of the answer.
struct Finding {
    table: String,
    finding: String,
    column: Option<String>,
    count: u64,
    example: Option<String>,
    place: Option<String>,
}

/// Checks every table.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, _arguments: &CheckArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let engine = common.engine(environment)?;
    let checks = engine.check().await?;
    let found = engine.findings();
    let of_table = |check: TableCheck| {
        let found = found.iter().find(|findings| findings.table == check.table);
        let lost = found.into_iter().flat_map(lost);
        findings(check).into_iter().chain(lost).collect::<Vec<_>>()
    };
    let findings: Vec<Finding> = checks.into_iter().flat_map(of_table).collect();
    let text = |value: fn(&Finding) -> Option<String>| findings.iter().map(value).collect();
    let columns = vec![
        ReportColumn::Text("table", text(|finding| Some(finding.table.clone()))),
        ReportColumn::Text("finding", text(|finding| Some(finding.finding.clone()))),
        ReportColumn::Text("column", text(|finding| finding.column.clone())),
        ReportColumn::Number("count", findings.iter().map(|finding| Some(finding.count)).collect()),
        ReportColumn::Text("example", text(|finding| finding.example.clone())),
        ReportColumn::Text("place", text(|finding| finding.place.clone())),
    ];
    listing.write(engine.stores(), "check", columns).await
}

fn findings(check: TableCheck) -> Vec<Finding> {
    let finding = |finding: &str, count| Finding {
        table: check.table.clone(),
        finding: finding.to_owned(),
        column: None,
        count,
        example: None,
        place: None,
    };
    let mut findings = vec![finding("records landed", check.records), finding("exact repeats", check.repeats)];
    if let Some(key) = &check.key {
        findings.push(Finding {
            column: Some(key.clone()),
            place: check.stray_example.clone(),
            ..finding("strays without the key", check.strays)
        });
    }
    findings.extend(check.kept.map(|kept| finding("rows of the view", kept)));
    for column in &check.columns {
        let what = if column.is_timestamp {
            "timestamps that no format read"
        } else {
            "values that the view turned into NULL"
        };
        let (example, place) = column.example.clone().unzip();
        findings.push(Finding {
            column: Some(column.column.clone()),
            example,
            place: place.filter(|place| !place.is_empty()),
            ..finding(what, column.values)
        });
    }
    findings
}

/// What the scans of the table could not read, and what no column holds.
fn lost(findings: &TableFindings) -> Vec<Finding> {
    let TableFindings { table, found, .. } = findings;
    let finding = |finding: &str, column: Option<&str>, count, example, place: Option<&Place>| Finding {
        table: table.clone(),
        finding: finding.to_owned(),
        column: column.map(str::to_owned),
        count,
        example,
        place: place.map(|place| format!("{}, line {}", place.object, place.line)),
    };
    let mut lost = Vec::new();
    if found.bad_records > 0 {
        let first = found.first_bad.as_ref();
        let reason = first.map(|first| first.reason.clone());
        let place = first.map(|first| &first.place);
        lost.push(finding("records that can't be read", None, found.bad_records, reason, place));
    }
    for (column, values) in &found.nulled {
        lost.push(finding("values that do not fit the column", Some(column), *values, None, None));
    }
    if let Some(first) = found.late_keys.values().map(|key| &key.first).min() {
        let names: Vec<&str> = found.late_keys.keys().map(String::as_str).collect();
        let count = names.len() as u64;
        let shown = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
        let shown = if names.len() > NAMES { format!("{shown}, …") } else { shown };
        lost.push(finding("keys in none of the columns", None, count, Some(shown), Some(first)));
    }
    lost
}
