//! Are the objects so small that requests cost more than bytes, and what to set in the sink then.

use super::contents::{Contents, Listed};
use super::sample::Decoded;
use super::step::{Name, Status, Step};
use crate::ui::human;

/// Fewer objects than these cost little, however small they are.
const MANY: usize = 200;
/// An average object below this is tiny.
const TINY: u64 = 64 << 10;
/// What an object should have.
const GOOD: u64 = 16 << 20;
/// The bytes of a record where none was decoded.
const RECORD: u64 = 500;

/// Judges the sizes of each table's objects.
pub(super) fn step(contents: &Contents, decoded: &[Decoded]) -> Step {
    let mut step = Step::ok(Name::Sizes, "");
    let objects: usize = contents.tables.iter().map(|listed| listed.objects.len()).sum();
    let bytes: u64 = contents.tables.iter().map(Listed::bytes).sum();
    let average = bytes / (objects.max(1) as u64);
    let tiny: Vec<&Listed> = contents.tables.iter().filter(|listed| is_tiny(listed)).collect();
    step.what = match tiny.is_empty() {
        true => format!("objects are {} on average", human::bytes(average)),
        false => format!("objects are tiny: {} on average", human::bytes(average)),
    };
    if tiny.is_empty() && average < TINY && objects > 0 {
        step.detail("that is tiny, and too few to cost much");
    }
    for listed in &tiny {
        let (name, count) = (&listed.place.name, listed.objects.len() as u64);
        let average = listed.bytes() / count.max(1);
        let records = records_an_object(listed, decoded);
        let each = records.map(|records| format!(", about {} each", human::counted(records, "record", "records")));
        step.worsen(Status::Warning);
        step.detail(format!(
            "`raw.{name}`: {} of {} on average{}",
            human::counted(count, "object", "objects"),
            human::bytes(average),
            each.unwrap_or_default()
        ));
    }
    if let Some(flush) = tiny.iter().map(|listed| flush_size(listed, decoded)).min() {
        step.detail("each costs a request on the first run; later runs read pinq's cache");
        step.hint(format!(
            "in the S3 sink: `flush.size={flush}` for objects of some megabytes, and `rotate.interval.ms=600000` \
             (`rotate.schedule.interval.ms`, with a `timezone`, for quiet topics) so that none waits longer than ten minutes"
        ));
        step.hint("and `s3.compression.type=gzip`, which takes about a fifth of the bytes");
    }
    step
}

fn is_tiny(listed: &Listed) -> bool {
    let count = listed.objects.len();
    count >= MANY && listed.bytes() / (count as u64).max(1) < TINY
}

/// Bytes of a stored record, and records of an object, where the sample tells.
fn record_bytes(listed: &Listed, decoded: &[Decoded]) -> Option<u64> {
    let found = decoded.iter().find(|one| one.table == listed.place.name)?.found.as_ref().ok()?;
    let records = found.findings.records;
    (records > 0).then(|| (found.bytes / records).max(1))
}

fn records_an_object(listed: &Listed, decoded: &[Decoded]) -> Option<u64> {
    let average = listed.bytes() / (listed.objects.len() as u64).max(1);
    Some((average / record_bytes(listed, decoded)?).max(1))
}

/// Records of an object of a good size, as a round number.
fn flush_size(listed: &Listed, decoded: &[Decoded]) -> u64 {
    let records = GOOD / record_bytes(listed, decoded).unwrap_or(RECORD);
    round(records.clamp(1_000, 100_000))
}

/// The largest 1, 2 or 5 with zeros that is not larger.
fn round(number: u64) -> u64 {
    let mut power = 1_u64;
    while power.saturating_mul(10) <= number {
        power = power.saturating_mul(10);
    }
    [5, 2, 1].into_iter().map(|digit: u64| digit.saturating_mul(power)).find(|round| *round <= number).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_round_numbers() {
        assert_eq!([1, 9, 1_000, 29_127, 100_000].map(round), [1, 5, 1_000, 20_000, 100_000]);
    }
}
