//! What a sort takes in are full batches: rows that come by twos are put together first.
//!
//! Owns the step that gathers them, which stands above scans that leave rows out, too, and the rule that puts it below
//! each sort. It must not change rows, their order or their partitions.
//!
//! A join of each row with each hands on a batch for each row of one side. A sort counts the bytes of what it holds and
//! not the hundreds that each batch costs beside them, and merges a stream for each, at a cost that grows with their
//! square: two million batches of two rows never came to an end. Batches that are half full or more pass as they are.
//! Where a sort is to spill, texts are copied out of buffers of which little is used, too: decoders and the engine's own
//! gathering work in buffers of megabytes, of which a batch may use a hundredth, and a sort would hold, and count, all of
//! each.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt, TryStreamExt, stream};

use super::Plan;
use crate::scan::compact;

/// The step: batches of its input put together, up to the session's size of a batch.
#[derive(Debug)]
pub struct Gathering {
    input: Plan,
    texts: Texts,
    /// What is known of the rows, where that is more than their input says.
    known: Option<Arc<PlanProperties>>,
}

/// What becomes of texts in buffers of which little is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    AsTheyCome,
    Compacted,
}

/// A sort over the step, where it keeps all of its rows. One that wants the first rows holds no batches of others.
pub(super) fn rewrite(node: Plan) -> Result<Transformed<Plan>> {
    let Some(sort) = node.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_none()) else {
        return Ok(Transformed::no(node));
    };
    let input = Gathering::of(sort.input(), Texts::AsTheyCome);
    Ok(Transformed::yes(replace_children_if_necessary(node, vec![input])?))
}

impl Gathering {
    /// The step above `input`, or in the place of the one that it is.
    pub fn of(input: &Plan, texts: Texts) -> Plan {
        let (input, known) = match input.downcast_ref::<Gathering>() {
            Some(step) => (&step.input, step.known.clone()),
            None => (input, None),
        };
        Arc::new(Gathering { input: Arc::clone(input), texts, known })
    }

    /// The step above `input`, which gives the rows of `replaced` in its place. The steps above were planned with what
    /// was known of them: a sort may have been left out, or a column that has but one value left out of a sort.
    pub fn in_place_of(replaced: &dyn ExecutionPlan, input: Plan) -> Plan {
        Arc::new(Gathering { input, texts: Texts::AsTheyCome, known: Some(Arc::clone(replaced.properties())) })
    }

    /// Whose batches it puts together.
    pub fn input(&self) -> &Plan {
        &self.input
    }
}

impl DisplayAs for Gathering {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.texts {
            Texts::AsTheyCome => f.write_str("GatheringExec"),
            Texts::Compacted => f.write_str("GatheringExec: texts=compacted"),
        }
    }
}

impl ExecutionPlan for Gathering {
    fn name(&self) -> &str {
        "GatheringExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.known.as_ref().unwrap_or_else(|| self.input.properties())
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Plan>) -> Result<Plan> {
        let [input] = children.as_slice() else { return internal_err!("the step has one input") };
        Ok(Arc::new(Gathering { input: Arc::clone(input), texts: self.texts, known: self.known.clone() }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let texts = self.texts;
        let rows = gathered(input, context.session_config().batch_size()).map(move |batch| match texts {
            Texts::AsTheyCome => batch,
            Texts::Compacted => batch.and_then(|batch| Ok(compact(batch)?)),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}

/// The rows of `input` in batches of `batch_rows`; those of more than half of that pass without a copy, where none
/// waits before them.
fn gathered(input: SendableRecordBatchStream, batch_rows: usize) -> impl Stream<Item = Result<RecordBatch>> + Send {
    let target = batch_rows.max(1);
    let coalescer = BatchCoalescer::new(input.schema(), target).with_biggest_coalesce_batch_size(Some(target / 2));
    stream::try_unfold((Some(input), coalescer), |(mut input, mut coalescer)| async move {
        loop {
            if let Some(batch) = coalescer.next_completed_batch() {
                return Ok(Some((batch, (input, coalescer))));
            }
            let Some(rows) = &mut input else { return Ok(None) };
            match rows.try_next().await? {
                Some(batch) => coalescer.push_batch(batch)?,
                None => {
                    input = None;
                    coalescer.finish_buffered_batch()?;
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    fn rows(numbers: std::ops::Range<i64>) -> RecordBatch {
        let texts: StringViewArray =
            numbers.clone().map(|number| Some(format!("a text that is longer than a view holds {number}"))).collect();
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
        RecordBatch::try_from_iter([("number", numbers), ("text", Arc::new(texts) as ArrayRef)]).unwrap()
    }

    async fn gather(batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
        let schema = batches[0].schema();
        let batches = stream::iter(batches.into_iter().map(Ok));
        gathered(Box::pin(RecordBatchStreamAdapter::new(schema, batches)), 100).try_collect().await.unwrap()
    }

    #[tokio::test]
    async fn small_batches_are_put_together_in_their_order() {
        let batches = gather((0..125).map(|number| rows(number * 2..number * 2 + 2)).collect()).await;
        assert_eq!(batches, [rows(0..100), rows(100..200), rows(200..250)]);
    }

    #[tokio::test]
    async fn full_batches_are_not_copied() {
        let full = [rows(0..100), rows(100..160), rows(160..400)];
        let batches = gather(full.to_vec()).await;
        assert_eq!(batches, full);
        for (one, other) in batches.iter().zip(&full) {
            for (one, other) in one.columns().iter().zip(other.columns()) {
                assert!(one.to_data().ptr_eq(&other.to_data()));
            }
        }
    }

    #[tokio::test]
    async fn few_rows_before_a_full_batch_go_with_it() {
        assert_eq!(gather(vec![rows(0..2), rows(2..100), rows(100..101)]).await, [rows(0..100), rows(100..101)]);
        assert_eq!(gather(vec![rows(0..0), rows(0..0)]).await, []);
    }
}
