//! Medians of which there is no second try: nothing refuses them at their share of the memory.
//!
//! Owns which these are. What writes is run once; rows that a union gave before a median ran short can't be taken back;
//! and a window's values are in memory whatever its median holds. It must not decide what a second try does.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::logical_expr::{DdlStatement, Explain, LogicalPlan, Statement};

use super::sorted_median::{sorted_medians, unbounded_medians, unbounded_windows};

/// The plan of a statement as it is tried first: with medians by sorting where it can't be tried again, as it is
/// elsewhere.
pub fn first_try(plan: LogicalPlan) -> LogicalPlan {
    match is_run_once(&plan) {
        true => sorted(plan).data,
        false => with_sorted_unions(plan.clone()).map_or(plan, |settled| settled.data),
    }
}

/// Whether it writes, or would if it were not but explained.
fn is_run_once(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Explain(Explain { plan, .. }) => is_run_once(plan),
        LogicalPlan::Analyze(analyze) => is_run_once(&analyze.input),
        LogicalPlan::Statement(Statement::Prepare(prepared)) => is_run_once(&prepared.input),
        // A view is planned with each statement that names it.
        LogicalPlan::Ddl(ddl) => !matches!(ddl, DdlStatement::CreateView(_)),
        LogicalPlan::Dml(_) | LogicalPlan::Copy(_) => true,
        _ => false,
    }
}

/// Medians that can't be by sorting may take what memory there is.
fn sorted(plan: LogicalPlan) -> Transformed<LogicalPlan> {
    let settled = sorted_medians(plan.clone()).or_else(|_| unbounded_medians(plan.clone()));
    settled.unwrap_or_else(|_| Transformed::no(plan))
}

fn with_sorted_unions(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_down_with_subqueries(|plan| match plan {
        LogicalPlan::Ddl(_) => Ok(Transformed::new(plan, false, TreeNodeRecursion::Jump)),
        LogicalPlan::Union(_) | LogicalPlan::RecursiveQuery(_) => {
            let sorted = sorted(plan);
            Ok(Transformed::new(sorted.data, sorted.transformed, TreeNodeRecursion::Jump))
        }
        other => unbounded_windows(other),
    })
}
