//! What a sort gathers holds no more memory than its rows need.
//!
//! Owns the step below each sort that copies texts out of buffers of which little is used: decoders and the engine's
//! own gathering of rows work in buffers of megabytes, of which a batch may use a hundredth, and a sort would hold, and
//! count, all of each. And that a sort of which many rows are wanted is one that spills. It must not change rows, their
//! order or their partitions.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::limit::LocalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use crate::engine::gathering::Gathering;
use crate::scan::compact;

/// Rows that a sort may look for in memory.
const FEW_ROWS: usize = 1_000;

/// Puts the step below every sort that may keep many rows.
#[derive(Debug)]
pub struct CompactBelowSorts;

impl PhysicalOptimizerRule for CompactBelowSorts {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let transformed = plan.transform_up(|plan| {
            let Some(sort) = plan.downcast_ref::<SortExec>() else { return Ok(Transformed::no(plan)) };
            let fetch = sort.fetch();
            if fetch.is_some_and(|rows| rows <= FEW_ROWS) {
                return Ok(Transformed::no(plan));
            }
            // One of few rows, as the ordinary rule saw it, was not given it.
            let input: Arc<dyn ExecutionPlan> = Arc::new(Compacting { input: Gathering::of(sort.input()) });
            // One with a limit holds that many rows, and can't spill them.
            let sort: Arc<dyn ExecutionPlan> = Arc::new(sort.with_fetch(None));
            let sort = replace_children_if_necessary(sort, vec![input])?;
            Ok(Transformed::yes(match fetch {
                Some(rows) => Arc::new(LocalLimitExec::new(sort, rows)),
                None => sort,
            }))
        });
        transformed.map(|transformed| transformed.data)
    }

    fn name(&self) -> &str {
        "compact_below_sorts"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Compacting {
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for Compacting {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompactingExec")
    }
}

impl ExecutionPlan for Compacting {
    fn name(&self) -> &str {
        "CompactingExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
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

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = children.as_slice() else { return internal_err!("the step has one input") };
        Ok(Arc::new(Compacting { input: Arc::clone(input) }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let rows = input.map(|batch| batch.and_then(|batch| compact(batch).map_err(DataFusionError::from)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
