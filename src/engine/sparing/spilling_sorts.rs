//! Sorts of which many rows are wanted are such that spill.
//!
//! Owns the rule that takes their limits out of them and has what they gather hold no more memory than its rows need. It
//! must not change rows, their order or their partitions.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::limit::LocalLimitExec;
use datafusion::physical_plan::sorts::sort::SortExec;

use crate::engine::rules::{Gathering, Texts};

/// Rows that a sort may look for in memory.
const FEW_ROWS: usize = 1_000;

/// Has every sort that may keep many rows spill them.
#[derive(Debug)]
pub struct SpillingSorts;

impl PhysicalOptimizerRule for SpillingSorts {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let transformed = plan.transform_up(|plan| {
            let Some(sort) = plan.downcast_ref::<SortExec>() else { return Ok(Transformed::no(plan)) };
            let fetch = sort.fetch();
            if fetch.is_some_and(|rows| rows <= FEW_ROWS) {
                return Ok(Transformed::no(plan));
            }
            let input = Gathering::of(sort.input(), Texts::Compacted);
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
        "spilling_sorts"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
