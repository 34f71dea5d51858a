//! What a sort gathers holds no more memory than its rows need.
//!
//! Owns the step below each sort that copies texts out of buffers of which little is used: decoders and the engine's
//! own gathering of rows work in buffers of megabytes, of which a batch may use a hundredth, and a sort would hold, and
//! count, all of each. It must not change rows, their order or their partitions.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use crate::scan::compact;

/// Puts the step below every sort that keeps all of its rows.
#[derive(Debug)]
pub struct CompactBelowSorts;

impl PhysicalOptimizerRule for CompactBelowSorts {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let transformed = plan.transform_up(|plan| {
            let is_sort = plan.downcast_ref::<SortExec>().is_some_and(|sort| sort.fetch().is_none());
            let children = plan.children();
            match children.as_slice() {
                [input] if is_sort => {
                    let input: Arc<dyn ExecutionPlan> = Arc::new(Compacting { input: Arc::clone(input) });
                    Ok(Transformed::yes(plan.with_new_children(vec![input])?))
                }
                _ => Ok(Transformed::no(plan)),
            }
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
