//! What is said where memory is refused: who asked, for how much, who has the rest, and which setting helps.
//!
//! Owns the words for the engine's consumers of memory. It must not refuse anything.

use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumerMetrics, MemoryReservation};

use crate::scan::{CONSUMER, RECORDER};
use crate::ui::human;

/// How many of the largest consumers are named.
const NAMED: usize = 3;

/// What the consumers of DataFusion, by the beginnings of their names, and those of pinq do.
const WORDS: &[(&str, &str)] = &[
    ("HashJoinInput", "the hash table of a join"),
    ("CollectLeft", "the hash table of a join"),
    ("HashJoin", "the hash table of a join"),
    ("CrossJoin", "one side of a cross join"),
    ("NestedLoopJoin", "one side of a join without equal keys"),
    ("PiecewiseMergeJoin", "one side of a join without equal keys"),
    ("SMJStream", "a merge join"),
    ("SortMergeJoin", "a merge join"),
    ("ExternalSorterMerge", "merging what a sort has written"),
    ("ExternalSorter", "a sort"),
    ("SortPreservingMerge", "merging sorted rows"),
    ("TopK", "the first rows of an order"),
    ("GroupedHashAggregate", "an aggregation"),
    ("FinalHashAggregate", "an aggregation"),
    ("PartialHashAggregate", "an aggregation"),
    ("HashAggregate", "an aggregation"),
    ("AggregateStream", "an aggregation without groups"),
    ("RepartitionExec", "rows on their way between threads"),
    ("WindowAgg", "a window function"),
    ("RecursiveQuery", "a recursive query"),
    ("exact repeats", "telling which records are repeats"),
    (CONSUMER, CONSUMER),
    (RECORDER, RECORDER),
];

/// What a consumer does, and its own name.
fn named(consumer: &str) -> String {
    match WORDS.iter().find(|(beginning, _)| consumer.starts_with(beginning)) {
        Some((_, words)) if *words == consumer => consumer.to_owned(),
        Some((_, words)) => format!("{words} (`{consumer}`)"),
        None => format!("`{consumer}`"),
    }
}

/// The refusal of `additional` bytes, of a kind by which operators know that they have to spill.
pub fn refused(
    reservation: &MemoryReservation,
    additional: usize,
    limit: usize,
    mut consumers: Vec<MemoryConsumerMetrics>,
) -> DataFusionError {
    let bytes = |bytes: usize| human::bytes(bytes as u64);
    let asked = named(reservation.consumer().name());
    consumers.retain(|consumer| consumer.reserved > 0);
    consumers.sort_by_key(|consumer| std::cmp::Reverse(consumer.reserved));
    let held = consumers
        .iter()
        .take(NAMED)
        .map(|consumer| format!("{} by {}", bytes(consumer.reserved), named(&consumer.name)));
    let held = match consumers.is_empty() {
        true => String::new(),
        false => format!("; held are {}", held.collect::<Vec<_>>().join(", ")),
    };
    DataFusionError::ResourcesExhausted(format!(
        "the memory limit of {} is reached: {asked} has {} and asked for {} more{held}",
        bytes(limit),
        bytes(reservation.size()),
        bytes(additional),
    ))
}

/// The refusal of `additional` bytes to what is to spill what it has, though there is more memory.
pub fn beyond_share(reservation: &MemoryReservation, additional: usize) -> DataFusionError {
    let bytes = |bytes: usize| human::bytes(bytes as u64);
    DataFusionError::ResourcesExhausted(format!(
        "the memory limit has a share for {}, which has {} of it and asked for {} more",
        named(reservation.consumer().name()),
        bytes(reservation.size()),
        bytes(additional),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consumers_have_words() {
        assert_eq!(named("HashJoinInput[1]"), "the hash table of a join (`HashJoinInput[1]`)");
        assert_eq!(named("ExternalSorterMerge[0]"), "merging what a sort has written (`ExternalSorterMerge[0]`)");
        assert_eq!(named(CONSUMER), CONSUMER);
        assert_eq!(named("Unheard of"), "`Unheard of`");
    }
}
