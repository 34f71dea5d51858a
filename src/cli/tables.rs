//! `pinq tables`: what there is to ask about.

use clap::Args;

use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::config::Environment;
use crate::engine::{Engine, PartitionOffsets};
use crate::error::Result;
use crate::printable;
use crate::ui::{Ui, human};

/// List the tables and views
#[derive(Debug, Args)]
pub struct TablesArgs {
    /// Show the offsets of each partition instead: first and last, gaps, overlaps, repeats
    ///
    /// This reads every record of every table. The offset of a record is the one in its object's name and
    /// the record's position in the object. A gap is offsets between two objects that no object has, an
    /// overlap is offsets that more than one has; both are counted in offsets. Tombstones at the end of
    /// an object look like a gap, and so do records that the sink dropped. Repeats are records whose text
    /// came before in the same partition, byte for byte.
    #[arg(long)]
    offsets: bool,
}

/// Lists them.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &TablesArgs) -> Result<()> {
    let listing = Listing::new(ui, common, environment)?;
    let engine = common.engine(environment)?;
    if arguments.offsets {
        return offsets(ui, listing, &engine).await;
    }
    let tables = engine.tables().await?;
    let text =
        |value: &dyn Fn(&crate::engine::TableInfo) -> String| tables.iter().map(|table| Some(value(table))).collect();
    let columns = vec![
        ReportColumn::Text("name", text(&|table| table.name.clone())),
        ReportColumn::Text("kind", text(&|table| table.kind.to_owned())),
        ReportColumn::Number("objects", tables.iter().map(|table| table.objects).collect()),
        ReportColumn::Number("bytes", tables.iter().map(|table| table.bytes).collect()),
        ReportColumn::Text("location", text(&|table| table.location.clone())),
    ];
    listing.write(engine.stores(), "tables", columns).await?;
    for table in &tables {
        if let Some((key, reason)) = &table.passed_over_example {
            let keys = human::counted(table.passed_over, "key is", "keys are");
            let text = format!("`{}`: {keys} not data and passed over, such as `{key}`: {reason}", table.name);
            ui.status(&printable::one_line(&text));
        }
        if let Some(empty) = &table.empty {
            ui.warning(&format!("`{}`: {empty}", table.name));
        }
    }
    for topic in engine.passed_over_topics() {
        ui.warning(&format!(
            "the topic `{}` is no table: the configuration gives the name `{}` to another",
            topic.topic, topic.table
        ));
    }
    Ok(())
}

async fn offsets(ui: &Ui, listing: Listing<'_>, engine: &Engine) -> Result<()> {
    let found = engine.offsets().await?;
    // Counts of offsets say nothing where names hold none.
    let known = |value: fn(&PartitionOffsets) -> u64| {
        found.iter().map(|partition| partition.first.map(|_| value(partition))).collect()
    };
    let all = |value: fn(&PartitionOffsets) -> Option<u64>| found.iter().map(value).collect();
    let columns = vec![
        ReportColumn::Text("table", found.iter().map(|partition| Some(partition.table.clone())).collect()),
        ReportColumn::Number(
            "partition",
            all(|partition| partition.partition.and_then(|number| u64::try_from(number).ok())),
        ),
        ReportColumn::Number("first", all(|partition| partition.first)),
        ReportColumn::Number("last", all(|partition| partition.last)),
        ReportColumn::Number("records", all(|partition| Some(partition.records))),
        ReportColumn::Number("gaps", known(|partition| partition.gaps)),
        ReportColumn::Number("overlaps", known(|partition| partition.overlaps)),
        ReportColumn::Number("repeats", all(|partition| Some(partition.repeats))),
    ];
    listing.write(engine.stores(), "offsets", columns).await?;
    for partition in &found {
        let place = match partition.partition {
            Some(number) => format!("`{}`, partition {number}", partition.table),
            None => format!("`{}`", partition.table),
        };
        if let Some((end, start, object)) = &partition.first_gap {
            let object = printable::one_line(object);
            ui.status(&format!(
                "{place}: no object has the offsets from {end} on, the next one is `{object}` at {start}"
            ));
        }
        if let Some((start, end, object)) = &partition.first_overlap {
            let (last, object) = (end.saturating_sub(1), printable::one_line(object));
            ui.status(&format!("{place}: `{object}` begins at {start}, though offsets up to {last} came before"));
        }
        if partition.without_offset > 0 {
            let count = human::counted(partition.without_offset, "object has", "objects have");
            ui.warning(&format!("{place}: {count} no offset in the name, so nothing is known of theirs"));
        }
    }
    Ok(())
}
