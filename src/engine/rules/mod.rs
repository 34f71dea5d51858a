//! Rules that pinq adds to DataFusion's planner for every statement; they come after its own, in the order in which they
//! stand here.
//!
//! Owns changes of a plan that leave its rows what they are. It must not run anything.

mod collected_sides;
mod computed_once;
mod constant_cases;
mod gathering;
mod refined_scans;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

pub use gathering::{Gathering, Texts};

type Plan = Arc<dyn ExecutionPlan>;

/// All of them. Those of scans follow one another: the first leaves above a scan what all statements of a view share, the
/// second moves that into it, and the third asks for what comes of both.
pub fn all() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let rule = |name, rewrite| Arc::new(Rule { name, rewrite }) as _;
    vec![
        rule("computed_once", computed_once::rewrite),
        rule("refined_scans", refined_scans::rewrite),
        rule("collected_sides", collected_sides::rewrite),
        rule("constant_cases", constant_cases::rewrite),
        rule("gather_below_sorts", gathering::rewrite),
    ]
}

/// A change of steps of a plan, from its scans up; their columns stay what they are.
#[derive(Debug)]
struct Rule {
    name: &'static str,
    rewrite: fn(Plan) -> Result<Transformed<Plan>>,
}

impl PhysicalOptimizerRule for Rule {
    fn optimize(&self, plan: Plan, _config: &ConfigOptions) -> Result<Plan> {
        Ok(plan.transform_up(self.rewrite)?.data)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn schema_check(&self) -> bool {
        true
    }
}
