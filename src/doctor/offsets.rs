//! Do the offsets of each partition follow each other: gaps and overlaps, as `pinq tables --offsets` finds them.

use super::contents::Contents;
use super::sampling::Sample;
use super::step::{Name, Status, Step};
use crate::engine::PartitionOffsets;
use crate::ui::human;

/// Partitions that are told of each.
const TOLD: usize = 20;

/// Compares what was listed, with as many ends as the sample tells.
pub(super) async fn step(sample: &Sample, contents: &Contents) -> Step {
    let mut step = Step::ok(Name::Offsets, "");
    let mut partitions = Vec::new();
    let mut is_whole = true;
    for table in sample.tables.iter().filter(|table| table.objects > 0) {
        let Some(listed) = contents.tables.iter().find(|listed| listed.place.name == table.name) else { continue };
        is_whole &= table.is_whole;
        if !listed.is_whole && !listed.store.lists_in_order() {
            step.detail(format!(
                "`raw.{}`: not compared, as the keys that were listed have others between them",
                table.name
            ));
            continue;
        }
        match sample.engine.sampled_offsets(&table.name, &listed.objects, &table.cut).await {
            Ok(found) => partitions.extend(found),
            Err(error) => {
                step.worsen(Status::Failed);
                step.detail(sample.told(error.message()));
            }
        }
    }
    let troubled: Vec<&PartitionOffsets> = partitions.iter().filter(|one| one.gaps > 0 || one.overlaps > 0).collect();
    let nameless = partitions.iter().filter(|one| one.first.is_none()).count() as u64;
    let counted = human::counted(partitions.len() as u64, "partition", "partitions");
    step.what = match troubled.len() {
        0 => format!("no gap and no overlap in {counted}"),
        count => format!("{} of {counted} with gaps or overlaps", human::count(count as u64)),
    };
    if !is_whole {
        step.what.push_str(", as far as the sample tells");
        step.hint("`pinq tables --offsets` reads every record to be sure");
    }
    for partition in troubled.iter().take(TOLD) {
        step.worsen(Status::Warning);
        step.detail(told(partition));
    }
    if troubled.len() > TOLD {
        step.detail(format!("so have {} more", troubled.len() - TOLD));
    }
    if troubled.iter().any(|one| one.gaps > 0) {
        step.hint(
            "a gap is an object that was deleted or never written, or tombstones and records that the sink dropped",
        );
    }
    if troubled.iter().any(|one| one.overlaps > 0) {
        step.hint("an overlap is records that landed twice; the views drop exact repeats");
    }
    if nameless > 0 {
        step.detail(format!(
            "nothing is known of {}, whose names hold no offset",
            human::counted(nameless, "partition", "partitions")
        ));
    }
    step
}

fn told(partition: &PartitionOffsets) -> String {
    let number = partition.partition.map(|number| format!(", partition {number}")).unwrap_or_default();
    let mut text = format!("`{}`{number}:", partition.table);
    if let Some((end, start, object)) = &partition.first_gap {
        let gaps = human::counted(partition.gaps, "offset is", "offsets are");
        text.push_str(&format!(" {gaps} missing, first from {end} up to `{object}` at {start}"));
    }
    if let Some((start, end, object)) = &partition.first_overlap {
        let and = if partition.gaps > 0 { ";" } else { "" };
        let overlaps = human::counted(partition.overlaps, "offset", "offsets");
        let last = end.saturating_sub(1);
        text.push_str(&format!("{and} {overlaps} twice, first in `{object}` at {start}, though {last} came before"));
    }
    text
}
