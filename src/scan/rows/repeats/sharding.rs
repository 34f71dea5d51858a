//! Rows sorted by the shard that they belong to, so that a batch takes each lock once.

/// Enough shards that the decoding threads seldom meet at one lock, and few enough that a batch has work
/// for each.
pub const SHARDS: usize = 64;

/// The rows from zero to `count` in the order of their shards, within one in their own, and where each shard's rows end.
pub fn by_shard(count: usize, shard: impl Fn(usize) -> usize) -> (Vec<u32>, [usize; SHARDS]) {
    let mut ends = [0; SHARDS];
    for row in 0..count {
        ends[shard(row)] += 1;
    }
    let mut starts = [0; SHARDS];
    let mut sum = 0;
    for (start, end) in starts.iter_mut().zip(&mut ends) {
        *start = sum;
        sum += *end;
        *end = sum;
    }
    let mut rows = vec![0; count];
    for (number, row) in (0..).zip(0..count) {
        let place = &mut starts[shard(row)];
        rows[*place] = number;
        *place += 1;
    }
    (rows, ends)
}
