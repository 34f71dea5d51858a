//! What a run was made from: which objects of each table it saw, and how many of their records are repeats or strays.
//!
//! Owns the statement that counts them. It runs in the series of the statements that it is about, so that the objects
//! are read once for all of them.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use futures::TryStreamExt;
use futures::future::join_all;

use super::{Answer, Engine};
use crate::error::Result;
use crate::landing::LandingKey;
use crate::scan::LandedTable;
use crate::sql::{self, SourceStatement, quote_identifier};

/// The objects of a table as far as statements had them listed: folders that predicates rule out are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSnapshot {
    /// The table's name within `raw`.
    pub table: String,
    /// Objects.
    pub objects: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// By Kafka partition; none for objects whose keys name none.
    pub partitions: BTreeMap<Option<i32>, PartitionSnapshot>,
}

/// The objects of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionSnapshot {
    /// Objects.
    pub objects: u64,
    /// Their bytes as stored.
    pub bytes: u64,
    /// The offset of the last object's first record, where names tell.
    pub last_start: Option<u64>,
}

/// The statement that counts the records of a table.
#[derive(Clone, Debug)]
pub struct Counting {
    /// The table's name within `raw`.
    pub table: String,
    /// One statement, as [`Engine::series`] takes it.
    pub statements: Vec<SourceStatement>,
    has_key: bool,
    /// How often rows had been given up before.
    given_up: u64,
}

/// What such a statement counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedRecords {
    /// Records.
    pub records: u64,
    /// Records that are exact repeats of another one.
    pub repeats: u64,
    /// Records without the table's key, where it has one.
    pub strays: Option<u64>,
    /// The offset of the last record of each partition, where names tell.
    pub last_offsets: BTreeMap<Option<i32>, u64>,
}

impl Engine {
    /// What was listed of each table, ordered by name. Nothing is asked for.
    pub fn snapshots(&self) -> Vec<TableSnapshot> {
        let tables = self.catalog.tables.listed_tables();
        tables.iter().filter_map(|table| Some(snapshot(table.name(), &table.listed_pages()?))).collect()
    }

    /// For each landed table that the statements read, through views or not, the one that counts its records.
    ///
    /// Tables that can't be listed have none: the statements tell why.
    pub async fn countings<'a>(&self, statements: impl IntoIterator<Item = &'a SourceStatement>) -> Vec<Counting> {
        let references = statements.into_iter().filter_map(|statement| sql::references(&statement.parsed).ok());
        let names = self.catalog.views.landed(references.flatten());
        // The columns of one after another would take as many round trips.
        self.catalog.list_ahead(names.iter().cloned()).await;
        let countings = names.iter().map(|name| async {
            let table = self.catalog.tables.table(name).await.ok().flatten()?;
            self.counting(&table).await
        });
        join_all(countings).await.into_iter().flatten().collect()
    }

    async fn counting(&self, table: &LandedTable) -> Option<Counting> {
        let columns = table.columns().await.ok()?.columns;
        let key = self.catalog.tables.key(table.name());
        let key = key.filter(|key| columns.iter().any(|column| column.name == *key));
        let stray = match &key {
            Some(key) => format!("sum(case when {} is null then 1 else 0 end)", quoted(key)),
            None => "0".to_owned(),
        };
        let text = format!(
            "select _partition, count(*), sum(case when _repeat then 1 else 0 end), {stray}, max(_offset) from \
             landed.{} group by _partition",
            quoted(table.name())
        );
        let statements = sql::split(&text, "<counting>").ok()?;
        Some(Counting {
            table: table.name().to_owned(),
            statements,
            has_key: key.is_some(),
            given_up: self.kept.given_up(),
        })
    }

    /// Whether the counting costs next to nothing: another statement read every record, and what it read was kept, in
    /// memory or in the cache.
    pub fn is_worth_counting(&self, counting: &Counting) -> bool {
        let was_read = self.catalog.tables.seen(&counting.table).and_then(|(_, seen)| seen?.records).is_some();
        was_read && (self.kept.given_up() == counting.given_up || self.cache.is_some())
    }
}

impl Counting {
    /// Reads the answer to the statement.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn read(&self, answer: Answer) -> Result<CountedRecords> {
        let mut counted = CountedRecords { strays: self.has_key.then_some(0), ..CountedRecords::default() };
        let batches: Vec<_> = answer.try_collect().await?;
        for batch in batches {
            let partitions = batch.column(0).as_primitive_opt::<Int32Type>();
            for row in 0..batch.num_rows() {
                let number = |column: usize| number(batch.column(column), row);
                let partition = partitions.filter(|all| all.is_valid(row)).map(|all| all.value(row));
                counted.records = counted.records.saturating_add(number(1).unwrap_or_default());
                counted.repeats = counted.repeats.saturating_add(number(2).unwrap_or_default());
                if let Some(strays) = &mut counted.strays {
                    *strays = strays.saturating_add(number(3).unwrap_or_default());
                }
                if let Some(last) = number(4) {
                    counted.last_offsets.insert(partition, last);
                }
            }
        }
        Ok(counted)
    }
}

/// Always in quotes: whatever the name is, it is one.
fn quoted(name: &str) -> String {
    match quote_identifier(name) {
        quoted if quoted.starts_with('"') => quoted.into_owned(),
        plain => format!("\"{plain}\""),
    }
}

fn number(column: &ArrayRef, row: usize) -> Option<u64> {
    let column = column.as_primitive_opt::<Int64Type>()?;
    column.is_valid(row).then(|| u64::try_from(column.value(row)).ok()).flatten()
}

fn snapshot(table: &str, pages: &[crate::scan::Page]) -> TableSnapshot {
    let mut snapshot = TableSnapshot { table: table.to_owned(), ..TableSnapshot::default() };
    for object in pages.iter().flat_map(|page| page.iter()) {
        let Ok(key) = LandingKey::parse(&object.key) else { continue };
        snapshot.objects = snapshot.objects.saturating_add(1);
        snapshot.bytes = snapshot.bytes.saturating_add(object.size);
        let partition = snapshot.partitions.entry(key.partition).or_default();
        partition.objects = partition.objects.saturating_add(1);
        partition.bytes = partition.bytes.saturating_add(object.size);
        partition.last_start = partition.last_start.max(key.start_offset);
    }
    snapshot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Access;
    use crate::engine::samples::engine;
    use crate::sql::Parameters;

    #[tokio::test]
    async fn what_is_counted_is_what_check_counts() {
        let engine = engine();
        let asked = sql::split("select count(*) from pin join geo on pin.ind = geo.ind", "<sql>").unwrap();
        let countings = engine.countings(&asked).await;
        assert_eq!(countings.iter().map(|one| one.table.as_str()).collect::<Vec<_>>(), ["geo", "pin"]);
        let parameters = Parameters::new();
        let files = [asked.as_slice()].into_iter().chain(countings.iter().map(|one| one.statements.as_slice()));
        let mut series = engine.series(files, &parameters, Access::ReadOnly);
        series.start_next().await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        let objects = engine.totals().scans.objects;
        let mut counted = Vec::new();
        for counting in &countings {
            assert!(engine.is_worth_counting(counting), "{}", counting.table);
            let answer = series.start_next().await.unwrap();
            counted.push(counting.read(answer).await.unwrap());
        }
        assert_eq!(engine.totals().scans.objects, objects, "no object is read for it");
        let checks = engine.check().await.unwrap();
        for (counted, check) in counted.iter().zip(checks.iter().filter(|check| check.table != "user")) {
            let expected = (check.records, check.repeats, Some(check.strays));
            assert_eq!((counted.records, counted.repeats, counted.strays), expected);
        }
        let offsets = engine.offsets().await.unwrap();
        let last: Vec<_> = offsets.iter().filter(|one| one.table == "raw.pin").map(|one| one.last.unwrap()).collect();
        assert_eq!(counted[1].last_offsets.values().copied().collect::<Vec<_>>(), last);
    }

    #[tokio::test]
    async fn a_statement_that_stops_early_has_nothing_counted() {
        let engine = engine();
        let asked = sql::split("select title from raw.pin limit 1", "<sql>").unwrap();
        let countings = engine.countings(&asked).await;
        let parameters = Parameters::new();
        let files = [asked.as_slice()].into_iter().chain(countings.iter().map(|one| one.statements.as_slice()));
        let mut series = engine.series(files, &parameters, Access::ReadOnly);
        series.start_next().await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        assert!(!engine.is_worth_counting(&countings[0]));
        let snapshots = engine.snapshots();
        assert_eq!(snapshots.len(), 1);
        assert!(snapshots[0].objects > 0 && snapshots[0].partitions.len() == 2);
    }
}
