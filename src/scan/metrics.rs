//! What `EXPLAIN ANALYZE` shows of a scan.
//!
//! Owns the names of the counters and where they are registered. It must not measure anything by itself.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet, Time};

use super::objects::SelectionCounts;
use crate::store::RequestMeter;

/// The counters of one scan.
#[derive(Clone, Debug)]
pub struct ScanMetrics {
    set: ExecutionPlanMetricsSet,
    /// Which objects it reads.
    pub selecting: SelectionCounts,
    /// What its partitions fetch together.
    pub fetching: FetchMetrics,
}

/// What a feed counts.
#[derive(Clone, Debug)]
pub struct FetchMetrics {
    /// Objects whose bytes were asked for.
    pub objects: Count,
    /// Their bytes as stored.
    pub bytes: Count,
    /// Objects whose rows came from the cache instead.
    pub cached: Count,
    /// Files of the cache in which no row can be in the answer.
    pub segments_pruned: Count,
    /// Requests for them, each try of a retried one included; none on disk.
    requests: Count,
    /// The requests that were no first try.
    retries: Count,
    /// Where requests are counted as they leave.
    pub meter: Arc<RequestMeter>,
}

/// What one partition counts.
#[derive(Clone, Debug)]
pub struct DecodeMetrics {
    /// Records that were read, those that make no row included.
    pub records: Count,
    /// Records that could not be read and were passed over.
    pub bad_records: Count,
    /// Values that did not fit their column and became NULL.
    pub bad_values: Count,
    /// Rows that do not meet the conditions of what is kept of them.
    pub rows_left_out: Count,
    /// Waiting for fetched bytes.
    pub time_waiting: Time,
    /// Reading records, and decompressing objects that were fetched whole.
    pub time_decoding: Time,
    /// Making arrays of them.
    pub time_building: Time,
}

/// What one partition counts of what it gives, whoever decoded it.
#[derive(Clone, Debug)]
pub struct GivingMetrics {
    /// Rows that were given.
    rows: Count,
    /// Rows that were there and do not meet the scan's conditions.
    rows_left_out: Count,
    /// Choosing them, and computing what is given of them.
    time_building: Time,
}

impl GivingMetrics {
    /// Makes what is given of rows that are there.
    pub fn give(
        &self,
        rows: &RecordBatch,
        make: impl FnOnce(&RecordBatch) -> Result<RecordBatch>,
    ) -> Result<RecordBatch> {
        let _timer = self.time_building.timer();
        let given = make(rows)?;
        self.rows.add(given.num_rows());
        self.leave_out(rows.num_rows().saturating_sub(given.num_rows()));
        Ok(given)
    }

    /// Counts rows that were there and do not meet the scan's conditions.
    pub fn leave_out(&self, rows: usize) {
        self.rows_left_out.add(rows);
    }
}

/// What several steps of a scan add to.
const TIME_BUILDING: &str = "time_building";
const ROWS_LEFT_OUT: &str = "rows_left_out";

impl ScanMetrics {
    /// The counters of a scan that has not begun.
    pub fn new() -> ScanMetrics {
        let set = ExecutionPlanMetricsSet::new();
        let count = |name: &'static str| MetricBuilder::new(&set).global_counter(name);
        let selecting = SelectionCounts {
            objects_listed: count("objects_listed"),
            objects_pruned: count("objects_pruned"),
            folders_pruned: count("folders_pruned"),
        };
        let fetching = FetchMetrics {
            objects: count("objects_fetched"),
            bytes: count("bytes_fetched"),
            cached: count("objects_cached"),
            segments_pruned: count("segments_pruned"),
            requests: count("requests"),
            retries: count("retries"),
            meter: Arc::default(),
        };
        ScanMetrics { set, selecting, fetching }
    }

    /// Registers the counters of what decodes for one partition.
    pub fn decoding(&self, partition: usize) -> DecodeMetrics {
        let count = |name: &'static str| MetricBuilder::new(&self.set).counter(name, partition);
        let time = |name: &'static str| MetricBuilder::new(&self.set).subset_time(name, partition);
        DecodeMetrics {
            records: count("records"),
            bad_records: count("bad_records"),
            bad_values: count("bad_values"),
            rows_left_out: count(ROWS_LEFT_OUT),
            time_waiting: time("time_waiting"),
            time_decoding: time("time_decoding"),
            time_building: time(TIME_BUILDING),
        }
    }

    /// Registers the counters of what one partition gives.
    pub fn giving(&self, partition: usize) -> GivingMetrics {
        GivingMetrics {
            rows: MetricBuilder::new(&self.set).output_rows(partition),
            rows_left_out: MetricBuilder::new(&self.set).counter(ROWS_LEFT_OUT, partition),
            time_building: MetricBuilder::new(&self.set).subset_time(TIME_BUILDING, partition),
        }
    }

    /// All of them as they stand.
    pub fn read(&self) -> MetricsSet {
        let FetchMetrics { requests, retries, meter, .. } = &self.fetching;
        for (count, now) in [(requests, meter.requests()), (retries, meter.retries())] {
            count.add(usize::try_from(now).unwrap_or(usize::MAX).saturating_sub(count.value()));
        }
        self.set.clone_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_twice_counts_once() {
        let metrics = ScanMetrics::new();
        metrics.fetching.objects.add(3);
        metrics.decoding(0).records.add(1);
        metrics.decoding(1).records.add(2);
        for _ in 0..2 {
            let read = metrics.read();
            let value = |name: &str| read.sum_by_name(name).map(|value| value.as_usize());
            assert_eq!((value("objects_fetched"), value("requests"), value("records")), (Some(3), Some(0), Some(3)));
        }
    }
}
