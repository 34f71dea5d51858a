//! Rows that are collected, as the side is of a join from which its table is made: put into one batch for all scans of
//! a run that collect the same.
//!
//! Owns what such a batch holds, and the task that makes it. It must not decide who gets it: `kept` does. The engine
//! puts the batches of a side together on one thread, while the others wait, and for each join anew; of one batch it
//! makes no copy.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array};
use arrow::compute::concat;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{DataFusionError, Result};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::footprint::{compact, footprint};
use super::kept_batch::{Allowance, KeptBatch};
use crate::scan::refining::{Narrowing, Refinement};

/// One such batch, made or being made.
pub struct Collected {
    /// What it holds.
    refinement: Refinement,
    /// `None` where there is no memory for it, or it can't be made: its rows are read in batches then, and who reads them
    /// meets what is wrong.
    batch: Shared<BoxFuture<'static, Option<Arc<OneBatch>>>>,
}

/// All rows that a scan wants.
pub struct OneBatch {
    /// The rows.
    pub rows: KeptBatch,
    /// How many rows are kept that are not among them.
    pub left_out: usize,
}

impl Collected {
    /// Begins to make what `refinement` says of the rows of `kept`, which `narrowing` makes of them.
    pub fn begin(
        refinement: Refinement,
        narrowing: Narrowing,
        kept: Vec<Arc<KeptBatch>>,
        allowance: Arc<Allowance>,
        threads: usize,
    ) -> Collected {
        // A task of its own: who asks first may stop, and others wait for it.
        let task = SpawnedTask::spawn(async move { collect(&narrowing, kept, &allowance, threads).await });
        let batch = async move { task.join().await.ok()?.ok()?.map(Arc::new) };
        Collected { refinement, batch: batch.boxed().shared() }
    }

    /// How the rows of a scan are made of it, where that wants them all.
    ///
    /// # Errors
    /// Those of [`Narrowing::between`].
    pub fn narrowing(&self, scan: &Refinement) -> Result<Option<Narrowing>> {
        Ok(Narrowing::between(&self.refinement, scan)?.filter(Narrowing::gives_all_rows))
    }

    /// The batch; `None` where there is none.
    pub async fn batch(&self) -> Option<Arc<OneBatch>> {
        self.batch.clone().await
    }
}

async fn collect(
    narrowing: &Narrowing,
    kept: Vec<Arc<KeptBatch>>,
    allowance: &Arc<Allowance>,
    threads: usize,
) -> Result<Option<OneBatch>> {
    let kept_rows: usize = kept.iter().map(|batch| batch.batch.num_rows()).sum();
    let counted = Arc::new(allowance.nothing());
    let shares = kept.chunks(kept.len().div_ceil(threads.max(1)).max(1)).map(|share| {
        let (share, narrowing) = (share.to_vec(), narrowing.clone());
        let (allowance, counted) = (Arc::clone(allowance), Arc::clone(&counted));
        on_any_thread(async move {
            let mut narrowed = Vec::with_capacity(share.len());
            for batch in share {
                // Few rows of many hold no texts of the others.
                let batch = compact(narrowing.narrow(&batch.batch)?)?;
                // A copy of it is hardly larger than it is.
                if !allowance.add(&counted, footprint(&batch)) {
                    return Ok(None);
                }
                narrowed.push(batch);
                tokio::task::yield_now().await;
            }
            Ok(Some(narrowed))
        })
    });
    let narrowed: Vec<Option<Vec<RecordBatch>>> =
        stream::iter(shares.collect::<Vec<_>>()).buffered(threads.max(1)).try_collect().await?;
    let Some(narrowed) = narrowed.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let narrowed = narrowed.concat();
    let rows: usize = narrowed.iter().map(RecordBatch::num_rows).sum();
    let columns = narrowing.schema().fields().iter().enumerate().map(|(place, field)| {
        let mut parts: Vec<ArrayRef> = narrowed.iter().map(|batch| Arc::clone(batch.column(place))).collect();
        if parts.is_empty() {
            parts.push(new_empty_array(field.data_type()));
        }
        on_any_thread(async move { Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?) })
    });
    let columns = columns.collect::<Vec<_>>();
    // Each column of it goes when its copy is made.
    drop(narrowed);
    let columns: Vec<ArrayRef> = stream::iter(columns).buffered(threads.max(1)).try_collect().await?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(narrowing.schema()), columns, &options)?;
    let left_out = kept_rows.saturating_sub(rows);
    let counted = Arc::into_inner(counted);
    Ok(counted.map(|counted| OneBatch { rows: KeptBatch::of(batch, counted), left_out }))
}

/// Does `work` on whichever thread is free, beside other such work.
async fn on_any_thread<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let stopped = |error| DataFusionError::ExecutionJoin(Box::new(error));
    SpawnedTask::spawn(work).join().await.map_err(stopped)?
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;
    use crate::scan::keeping::samples::{above, allowance, kept, scan};

    /// What is made of those batches, which stay, for that scan, with so much memory.
    fn collected(limit: usize, sizes: &[i64], wanted: &Refinement) -> (Collected, Vec<Arc<KeptBatch>>) {
        let (allowance, _) = allowance(limit);
        let kept = kept(&allowance, sizes);
        let narrowing = Narrowing::between(&scan(&["a", "b"], Vec::new()), wanted).unwrap().unwrap();
        (Collected::begin(wanted.clone(), narrowing, kept.clone(), allowance, 2), kept)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn all_rows_come_in_their_order_in_one_batch() {
        for sizes in [&[][..], &[5], &[3, 0, 4, 90]] {
            let rows: i64 = sizes.iter().sum();
            let (collected, _) = collected(1 << 20, sizes, &scan(&["b", "a"], vec![above(1)]));
            let batch = collected.batch().await.unwrap();
            let numbers = batch.rows.batch.column(1).as_primitive::<Int64Type>();
            assert_eq!(numbers.values().to_vec(), (2..rows).collect::<Vec<_>>());
            assert_eq!(batch.left_out, usize::try_from(rows.min(2)).unwrap());
            let again = collected.batch().await.unwrap();
            assert!(Arc::ptr_eq(&batch, &again));
        }
    }

    #[tokio::test]
    async fn it_serves_scans_that_want_all_of_its_rows() {
        let (collected, _) = collected(1 << 20, &[5], &scan(&["a", "b"], vec![above(1)]));
        let serves = |scan: &Refinement| collected.narrowing(scan).unwrap().is_some();
        assert!(serves(&scan(&["b"], vec![above(1)])));
        assert!(!serves(&scan(&["b"], Vec::new())));
        assert!(!serves(&scan(&["b"], vec![above(1), above(2)])));
    }

    #[tokio::test]
    async fn it_counts_against_the_limit_and_is_not_made_beyond_it() {
        let wanted = scan(&["a"], Vec::new());
        // The batches take 1,600 bytes and a little, this takes half of that; half of the limit is for what is kept.
        for (limit, is_made) in [(7_000, true), (4_000, false)] {
            let (collected, kept) = collected(limit, &[50, 50], &wanted);
            assert_eq!(kept.len(), 2);
            assert_eq!(collected.batch().await.is_some(), is_made, "{limit}");
        }
    }
}
