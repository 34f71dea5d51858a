//! `pinq check`: how clean the records are, and what cleaning takes away.

use clap::Args;

use super::options::CommonArgs;
use super::report::{self, ReportColumn};
use crate::config::Environment;
use crate::engine::TableCheck;
use crate::error::Result;
use crate::ui::Ui;

/// Count repeats, strays, and the values that the views turn into NULL
#[derive(Debug, Args)]
pub struct CheckArgs {}

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
    let engine = common.engine(environment)?;
    let findings: Vec<Finding> = engine.check().await?.into_iter().flat_map(findings).collect();
    let text = |value: fn(&Finding) -> Option<String>| findings.iter().map(value).collect();
    let columns = vec![
        ReportColumn::Text("table", text(|finding| Some(finding.table.clone()))),
        ReportColumn::Text("finding", text(|finding| Some(finding.finding.clone()))),
        ReportColumn::Text("column", text(|finding| finding.column.clone())),
        ReportColumn::Number("count", findings.iter().map(|finding| Some(finding.count)).collect()),
        ReportColumn::Text("example", text(|finding| finding.example.clone())),
        ReportColumn::Text("place", text(|finding| finding.place.clone())),
    ];
    report::write(ui, common, environment, &engine, "check", columns).await
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
