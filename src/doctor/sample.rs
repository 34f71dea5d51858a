//! What the sample's records are: bad ones, strays, columns that disagree, timestamps that no format reads, repeats.
//!
//! Owns the sentences. What is found is `engine`'s, over the sample as over any landing.

use futures::TryStreamExt;

use super::sampling::{Sample, SampledTable};
use super::step::{Name, Status, Step};
use crate::config::{Config, OnBadRecord, OnBadValue};
use crate::engine::{Findings, TableCheck};
use crate::error::{Error, Result};
use crate::ui::human;

/// What was found in a table's sample.
pub(super) struct Decoded {
    /// Its name within `raw`.
    pub table: String,
    /// What its records are; or why that can't be told.
    pub found: Result<Found>,
}

/// What was found.
pub(super) struct Found {
    pub findings: Findings,
    /// None where the view of its name does not work, which is told of the views.
    pub check: Option<TableCheck>,
    /// Columns whose values are of several types, with where.
    pub widened: Vec<(String, String)>,
    /// Bytes of its objects in the sample, as they are stored.
    pub bytes: u64,
}

/// Names of columns and keys that are shown.
const NAMED: usize = 5;

/// Decodes every record of the sample.
pub(super) async fn decode(sample: &Sample) -> Vec<Decoded> {
    let mut decoded = Vec::new();
    for table in sample.tables.iter().filter(|table| table.objects > 0) {
        let found = decode_table(sample, &table.name).await;
        decoded.push(Decoded { table: table.name.clone(), found });
    }
    decoded
}

async fn decode_table(sample: &Sample, name: &str) -> Result<Found> {
    let engine = &sample.engine;
    let before = engine.totals().scans.bytes;
    let text = format!("SELECT * FROM landed.\"{}\"", name.replace('"', "\"\""));
    let mut answer = engine.query(&text).await?;
    while answer.try_next().await?.is_some() {}
    let bytes = engine.totals().scans.bytes.saturating_sub(before);
    let schema = engine.schema(&format!("raw.\"{}\"", name.replace('"', "\"\""))).await?;
    let widened = schema.columns.into_iter().filter(|column| column.is_widened);
    let widened = widened.map(|column| {
        let why = column.evidence.split_once("; ").map_or(String::new(), |(_, why)| why.to_owned());
        (column.name, why)
    });
    let widened = widened.collect();
    let check = engine.check_named(name).await.ok();
    let findings = engine.findings().into_iter().find(|findings| findings.table == name);
    let findings = findings.map(|findings| findings.found).unwrap_or_default();
    Ok(Found { findings, check, widened, bytes })
}

/// What was found, in words.
pub(super) fn step(decoded: &[Decoded], sample: &Sample, config: &Config) -> Step {
    let records: u64 = decoded.iter().map(Decoded::records).sum();
    let what = format!("{} of the sample decoded", human::counted(records, "record", "records"));
    let mut step = Step::ok(Name::Sample, what);
    for (one, table) in decoded.iter().filter_map(|one| Some((one, sampled(sample, &one.table)?))) {
        match &one.found {
            Ok(found) => tell(&mut step, &one.table, table, found, config),
            Err(error) => {
                let told = sample.told(error.message());
                step.worsen(Status::Failed);
                step.detail(format!("`raw.{}`: {told}", one.table));
                for hint in error.hints() {
                    step.hint(sample.told(hint));
                }
            }
        }
    }
    step
}

fn sampled<'a>(sample: &'a Sample, name: &str) -> Option<&'a SampledTable> {
    sample.tables.iter().find(|table| table.name == name)
}

fn tell(step: &mut Step, name: &str, table: &SampledTable, found: &Found, config: &Config) {
    let Found { findings, check, widened, .. } = found;
    let policy = config.table(name).map(|table| table.policy).unwrap_or_default();
    let records = findings.records;
    let mut text = format!("`raw.{name}`: {}", human::counted(records, "record", "records"));
    if let Some(check) = check {
        // Repeats of what is not in the sample are not seen.
        let at_least = if table.is_whole { "" } else { "at least " };
        match check.repeats {
            0 => text.push_str(", no repeats"),
            repeats => text.push_str(&format!(", {at_least}{} of them exact repeats", share(repeats, records))),
        }
    }
    step.detail(text);
    if findings.bad_records > 0 {
        let first = findings.first_bad.as_ref();
        let first =
            first.map(|bad| format!("; the first: `{}`, line {}: {}", bad.place.object, bad.place.line, bad.reason));
        let bad = share(findings.bad_records, records);
        step.detail(format!("`raw.{name}`: {bad} of them can't be read{}", first.unwrap_or_default()));
        match policy.on_bad_record {
            OnBadRecord::Fail => {
                step.worsen(Status::Failed);
                step.hint(format!(
                    "a statement that reads one fails; to skip and count them: `[tables.{name}]` with `on_bad_record = \"skip\"`"
                ));
            }
            OnBadRecord::Skip => step.worsen(Status::Warning),
        }
    }
    if !findings.nulled.is_empty() {
        let columns = findings.nulled.iter().take(NAMED);
        let columns: Vec<String> =
            columns.map(|(column, count)| format!("`{column}` ({})", human::count(*count))).collect();
        step.detail(format!("`raw.{name}`: values do not fit the declared types of {}", columns.join(", ")));
        match policy.on_bad_value {
            OnBadValue::Fail => {
                step.worsen(Status::Failed);
                step.hint(format!(
                    "declare such a column as `varchar`, or make its values NULL: `[tables.{name}]` with `on_bad_value = \"null\"`"
                ));
            }
            OnBadValue::Null => step.worsen(Status::Warning),
        }
    }
    disagreeing(step, name, widened);
    let Some(check) = check else { return };
    if check.strays > 0 {
        let key = check.key.as_deref().unwrap_or_default();
        let such = check.stray_example.as_ref().map(|place| format!(", such as `{place}`")).unwrap_or_default();
        step.worsen(Status::Warning);
        step.detail(format!(
            "`raw.{name}`: {} of them strays, without the key `{key}`{such}",
            share(check.strays, records)
        ));
        step.hint("find who posts to the wrong topic; the views leave strays out");
    }
    for column in check.columns.iter().filter(|column| column.is_timestamp) {
        let such = column.example.as_ref().map(|(value, place)| match place.as_str() {
            "" => format!(", such as `{value}`"),
            place => format!(", such as `{value}` in {place}"),
        });
        step.worsen(Status::Warning);
        let values = human::counted(column.values, "timestamp", "timestamps");
        step.detail(format!(
            "`raw.{name}`: {values} of `{}` that no format reads{}",
            column.column,
            such.unwrap_or_default()
        ));
        step.hint("`parse_timestamp` reads `2020-08-28 03:52:47`, with `T`, `/` or `:` for the date, too; edit the view for others");
    }
}

/// Columns whose values are of several types.
fn disagreeing(step: &mut Step, name: &str, widened: &[(String, String)]) {
    for (column, why) in widened.iter().take(NAMED) {
        step.worsen(Status::Warning);
        step.detail(format!("`raw.{name}`: the values of `{column}` are of several types: {why}"));
        step.hint("a column of several types holds them all, mostly as text; declare `columns` to decide otherwise");
    }
    if widened.len() > NAMED {
        step.detail(format!("`raw.{name}`: so are those of {} more columns", widened.len() - NAMED));
    }
}

/// `12 (3.4%)`.
fn share(part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    format!("{} ({percent:.1}%)", human::count(part))
}

impl Decoded {
    fn records(&self) -> u64 {
        self.found.as_ref().map_or(0, |found| found.findings.records)
    }
}

/// The error of a step whose sample could not be read, with the true places.
pub(super) fn told(sample: &Sample, error: &Error) -> Error {
    let told = Error::new(error.kind(), sample.told(error.message()));
    error.hints().iter().fold(told, |told, hint| told.hint(sample.told(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded() {
        assert_eq!(share(1, 3), "1 (33.3%)");
        assert_eq!(share(0, 0), "0 (0.0%)");
    }
}
