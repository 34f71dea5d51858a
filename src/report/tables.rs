//! What a run says of the tables that it read: the snapshot of each, and what was wrong in it.

use crate::engine::{CountedRecords, Engine, TableFindings, TableSnapshot};
use crate::publication::{PartitionRecord, TableRecord};
use crate::sql::quote_identifier;

/// The record of each table that a statement named, ordered by name.
pub(super) fn records(engine: &Engine, counted: &[(String, CountedRecords)]) -> Vec<TableRecord> {
    let found = engine.findings();
    let record = |snapshot: TableSnapshot| {
        let counted = counted.iter().find(|(table, _)| *table == snapshot.table).map(|(_, counted)| counted);
        let found = found.iter().find(|findings| findings.table == snapshot.table);
        record(snapshot, counted, found)
    };
    engine.snapshots().into_iter().map(record).collect()
}

fn record(snapshot: TableSnapshot, counted: Option<&CountedRecords>, found: Option<&TableFindings>) -> TableRecord {
    let seen = found.map(|findings| findings.found.records).filter(|records| *records > 0);
    let partitions = snapshot.partitions.into_iter().map(|(partition, objects)| PartitionRecord {
        partition,
        objects: objects.objects,
        bytes: objects.bytes,
        // An object whose last records could not be read ends later than its last row.
        last_offset: counted.and_then(|counted| counted.last_offsets.get(&partition).copied()).max(objects.last_start),
    });
    TableRecord {
        table: format!("raw.{}", quote_identifier(&snapshot.table)),
        objects: snapshot.objects,
        bytes: snapshot.bytes,
        records: counted.map(|counted| counted.records).or(seen),
        repeats: counted.map(|counted| counted.repeats),
        strays: counted.and_then(|counted| counted.strays),
        rejects: found.map_or(0, |findings| findings.found.bad_records),
        nulled_values: found.map_or(0, |findings| findings.found.nulled.values().sum()),
        partitions: partitions.collect(),
    }
}
