//! Rules that pinq adds to DataFusion's planner for every statement; they come after its own, in the order in which they
//! stand here.
//!
//! Owns changes of a plan that leave its rows what they are. It must not run anything.

mod computed_once;
mod gathering;
mod refined_scans;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

pub use gathering::{Gathering, Texts};

use crate::scan::Expression;

/// All of them.
pub fn all() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    vec![
        Arc::new(computed_once::ComputedOnce),
        Arc::new(refined_scans::RefinedScans),
        Arc::new(gathering::GatherBelowSorts),
    ]
}

/// The rows of `input` that meet the condition, with these of its columns.
fn filtered(
    like: &FilterExec,
    condition: Expression,
    input: Arc<dyn ExecutionPlan>,
    columns: &[usize],
) -> Result<Arc<dyn ExecutionPlan>> {
    let builder = FilterExecBuilder::new(condition, input)
        .with_default_selectivity(like.default_selectivity())
        .with_batch_size(like.batch_size());
    Ok(Arc::new(builder.apply_projection(Some(columns.to_vec()))?.build()?))
}
