//! What `pinq tables --offsets` says: for each partition its offsets, and where they do not follow each
//! other.
//!
//! Owns the comparison of objects that follow each other. It reads every record, by SQL over
//! `landed.NAME`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DataFusionError, TableReference};
use datafusion::functions_aggregate::expr_fn::{count, max, sum};
use datafusion::prelude::{Expr, col, lit, when};

use super::Engine;
use crate::error::{Error, Result};
use crate::landing::LandingKey;
use crate::scan::{LandedTable, MetadataColumn};
use crate::sql::{own_error, quote_identifier};
use crate::store::Object;

/// The offsets of one partition of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionOffsets {
    /// The table as SQL says it: `raw.pin`.
    pub table: String,
    /// The Kafka partition; none for objects whose keys name none.
    pub partition: Option<i32>,
    /// How many objects it has.
    pub objects: u64,
    /// Of these, the ones whose names say no offset.
    pub without_offset: u64,
    /// The offset of its first object.
    pub first: Option<u64>,
    /// The offset of its last record.
    pub last: Option<u64>,
    /// How many records landed.
    pub records: u64,
    /// Offsets between two objects that no object has.
    pub gaps: u64,
    /// Offsets that more than one object has.
    pub overlaps: u64,
    /// Records that are exact repeats of another one in this partition.
    pub repeats: u64,
    /// The first gap: the offset after the object before it, the offset of the object after it, and
    /// that object.
    pub first_gap: Option<(u64, u64, String)>,
    /// The first overlap: where an object begins, where the ones before it end, and the object.
    pub first_overlap: Option<(u64, u64, String)>,
}

/// An object as far as its offsets go.
#[derive(Clone, Debug)]
struct Span {
    object: String,
    start: u64,
    /// The offset after its last record; none where it shows no record.
    end: Option<u64>,
}

impl Engine {
    /// The offsets of every partition of every table, by table and partition. Reads every record.
    pub async fn offsets(&self) -> Result<Vec<PartitionOffsets>> {
        let mut found = Vec::new();
        for table in self.catalog.tables.all().await? {
            found.extend(self.table_offsets(&table).await?);
        }
        Ok(found)
    }

    async fn table_offsets(&self, table: &LandedTable) -> Result<Vec<PartitionOffsets>> {
        let snapshot = table.snapshot().await?;
        let listed = snapshot.pages().await;
        let pages = match listed {
            // A topic without objects has no offsets, and `pinq tables` says so.
            Err(_) if snapshot.is_empty() => return Ok(Vec::new()),
            listed => listed.map_err(|error| table.within(error))?,
        };
        self.offsets_of(table, pages.iter().flat_map(|page| page.iter()), &BTreeSet::new()).await
    }

    /// The offsets of the partitions that these objects are of, as far as the table tells, whose landing may hold only
    /// some of them: between others nothing is known to be missing, unless each that it holds has one record and the
    /// others are as small. Of those in `cut` it holds the beginning, so that nobody knows where they end.
    ///
    /// # Errors
    /// There is no such table, or it can't be read.
    pub async fn sampled_offsets(
        &self,
        name: &str,
        objects: &[Arc<Object>],
        cut: &BTreeSet<String>,
    ) -> Result<Vec<PartitionOffsets>> {
        let table = self.catalog.tables.table(name).await?;
        let table = table.ok_or_else(|| Error::statement(format!("there is no table `{name}`")))?;
        self.offsets_of(&table, objects.iter(), cut).await
    }

    async fn offsets_of<'a>(
        &self,
        table: &LandedTable,
        objects: impl Iterator<Item = &'a Arc<Object>>,
        cut: &BTreeSet<String>,
    ) -> Result<Vec<PartitionOffsets>> {
        let mut partitions: BTreeMap<Option<i32>, Vec<Named>> = BTreeMap::new();
        for object in objects {
            let Ok(key) = LandingKey::parse(&object.key) else { continue };
            let named = Named { object: object.key.clone(), size: object.size, start: key.start_offset };
            partitions.entry(key.partition).or_default().push(named);
        }
        let mut found = Vec::new();
        for (partition, objects) in partitions {
            let records = self.records_of(table, partition).await.map_err(|error| {
                own_error(&error).unwrap_or_else(|| {
                    Error::statement(format!("the offsets of `{}` could not be read", table.name())).because(error)
                })
            })?;
            let mut offsets = PartitionOffsets {
                table: format!("raw.{}", quote_identifier(table.name())),
                partition,
                objects: objects.len() as u64,
                without_offset: objects.iter().filter(|named| named.start.is_none()).count() as u64,
                records: records.values().map(|object| object.records).sum(),
                repeats: records.values().map(|object| object.repeats).sum(),
                ..PartitionOffsets::default()
            };
            let one_each = if cut.is_empty() { largest_of_one(&objects, &records) } else { None };
            let spans = objects.into_iter().filter_map(|Named { object, size, start }| {
                let start = start?;
                let end = match records.get(&object) {
                    Some(_) if cut.contains(&object) => None,
                    Some(records) => records.last.map(|last| last.saturating_add(1)),
                    None => one_each.filter(|largest| size <= *largest).and_then(|_| start.checked_add(1)),
                };
                Some(Span { end, start, object })
            });
            compare(&mut offsets, spans.collect());
            found.push(offsets);
        }
        Ok(found)
    }

    /// For each object of a partition that shows records: how many, how many repeats, and the last offset.
    /// One partition at a time, so that which of two equal records is the repeat does not depend on
    /// another partition.
    async fn records_of(
        &self,
        table: &LandedTable,
        partition: Option<i32>,
    ) -> Result<BTreeMap<String, Records>, DataFusionError> {
        let column = |column: MetadataColumn| col(column.name());
        let is_partition: Expr = match partition {
            Some(number) => column(MetadataColumn::Partition).eq(lit(number)),
            None => column(MetadataColumn::Partition).is_null(),
        };
        let repeat = when(column(MetadataColumn::Repeat), lit(1_i64)).otherwise(lit(0_i64))?;
        let landed = self.context.table(TableReference::partial("landed", table.name())).await?;
        let batches = landed
            .filter(is_partition)?
            .aggregate(
                vec![column(MetadataColumn::Object)],
                vec![count(lit(1_i64)), sum(repeat), max(column(MetadataColumn::Offset))],
            )?
            .collect()
            .await?;
        let mut found = BTreeMap::new();
        for batch in batches {
            let objects = cast(batch.column(0), &DataType::Utf8)?;
            let objects = objects.as_string::<i32>();
            let number = |column: usize, row: usize| {
                let array = batch.column(column).as_primitive_opt::<Int64Type>()?;
                (!arrow::array::Array::is_null(array, row)).then(|| u64::try_from(array.value(row)).ok()).flatten()
            };
            for row in 0..batch.num_rows() {
                let records = Records {
                    records: number(1, row).unwrap_or_default(),
                    repeats: number(2, row).unwrap_or_default(),
                    last: number(3, row),
                };
                found.insert(objects.value(row).to_owned(), records);
            }
        }
        Ok(found)
    }
}

/// An object as its key and the listing tell of it.
struct Named {
    object: String,
    size: u64,
    start: Option<u64>,
}

/// So many objects that were read say how many records the others have.
const TELLING: usize = 20;

/// The size up to which an object that was not read has one record: where each of many that were read has one, and some
/// were not read.
fn largest_of_one(objects: &[Named], records: &BTreeMap<String, Records>) -> Option<u64> {
    let read: Vec<&Named> = objects.iter().filter(|named| records.contains_key(&named.object)).collect();
    let has_one = |named: &&Named| records.get(&named.object).is_some_and(|records| records.records == 1);
    if read.len() < TELLING || read.len() == objects.len() || !read.iter().all(has_one) {
        return None;
    }
    // Two records would be larger than most of one.
    read.iter().map(|named| named.size).max().map(|largest| largest.saturating_add(largest / 4))
}

/// What one object shows.
struct Records {
    records: u64,
    repeats: u64,
    last: Option<u64>,
}

/// Fills in first and last offset, gaps and overlaps.
fn compare(offsets: &mut PartitionOffsets, mut spans: Vec<Span>) {
    spans.sort_by(|one, other| (one.start, one.end, &one.object).cmp(&(other.start, other.end, &other.object)));
    offsets.first = spans.first().map(|span| span.start);
    offsets.last = spans.iter().filter_map(|span| span.end).max().map(|end| end.saturating_sub(1));
    // Where the objects up to here end; unknown after one that shows no record, such as one of tombstones.
    let mut reached: Option<u64> = None;
    for span in spans {
        if let Some(reached) = reached {
            if span.start > reached {
                offsets.gaps = offsets.gaps.saturating_add(span.start - reached);
                offsets.first_gap.get_or_insert((reached, span.start, span.object.clone()));
            }
            let end = span.end.unwrap_or(span.start).min(reached);
            if end > span.start {
                offsets.overlaps = offsets.overlaps.saturating_add(end - span.start);
                offsets.first_overlap.get_or_insert((span.start, reached, span.object.clone()));
            }
        }
        reached = span.end.map(|end| reached.unwrap_or_default().max(end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(spans: &[(u64, Option<u64>)]) -> PartitionOffsets {
        let mut offsets = PartitionOffsets::default();
        let span = |(start, end): &(u64, Option<u64>)| Span { object: format!("o{start}"), start: *start, end: *end };
        compare(&mut offsets, spans.iter().map(span).collect());
        offsets
    }

    #[test]
    fn objects_that_follow_each_other_leave_neither_gap_nor_overlap() {
        let offsets = compared(&[(5, Some(9)), (0, Some(5)), (9, Some(10))]);
        assert_eq!((offsets.first, offsets.last, offsets.gaps, offsets.overlaps), (Some(0), Some(9), 0, 0));
        assert_eq!(compared(&[]), PartitionOffsets::default());
    }

    #[test]
    fn gaps_and_overlaps_count_offsets() {
        let offsets = compared(&[(0, Some(10)), (4, Some(6)), (8, Some(12)), (15, Some(16)), (20, Some(21))]);
        assert_eq!((offsets.gaps, offsets.overlaps), (3 + 4, 2 + 2));
        assert_eq!(offsets.first_gap, Some((12, 15, "o15".into())));
        assert_eq!(offsets.first_overlap, Some((4, 10, "o4".into())));
    }

    #[test]
    fn objects_that_were_not_read_have_one_record_where_all_others_do() {
        let named = |number: u64| Named { object: format!("o{number}"), size: 100, start: Some(number) };
        let objects: Vec<Named> = (0..30).map(named).collect();
        let read = |count: u64, records: u64| {
            let records = |number: u64| (format!("o{number}"), Records { records, repeats: 0, last: Some(number) });
            (0..count).map(records).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(largest_of_one(&objects, &read(20, 1)), Some(125));
        assert_eq!(largest_of_one(&objects, &read(20, 2)), None);
        assert_eq!(largest_of_one(&objects, &read(19, 1)), None, "too few to tell");
        assert_eq!(largest_of_one(&objects, &read(30, 1)), None, "all were read, so nothing is left to guess");
    }

    #[test]
    fn what_follows_an_object_without_rows_is_no_gap() {
        let offsets = compared(&[(0, Some(2)), (2, None), (7, Some(8)), (9, Some(10))]);
        assert_eq!((offsets.gaps, offsets.first_gap), (1, Some((8, 9, "o9".into()))));
    }
}
