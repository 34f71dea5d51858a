//! Rules that pinq adds to DataFusion's planner for every statement; they come after its own, in the order in which they
//! stand here.
//!
//! Owns changes of a plan that leave its rows what they are. It must not run anything.

mod collected_sides;
mod computed_once;
mod gathering;
mod refined_scans;

use std::sync::Arc;

use datafusion::physical_optimizer::PhysicalOptimizerRule;

pub use gathering::{Gathering, Texts};

/// All of them.
pub fn all() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    vec![
        Arc::new(computed_once::ComputedOnce),
        Arc::new(refined_scans::RefinedScans),
        Arc::new(collected_sides::CollectedSides),
        Arc::new(gathering::GatherBelowSorts),
    ]
}
