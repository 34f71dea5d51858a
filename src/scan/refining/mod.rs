//! What a scan gives of the rows that it decodes: which of them, and what it computes of their columns.
//!
//! Owns the conditions and the expressions that the planner moved into a scan, and their evaluation. It must not choose
//! them: a rule of the planner does, of those that can't fail. Where several scans of a table come in a run, each
//! value is so computed once, and rows that fail a condition of all of them are not kept.

mod narrowing;
mod refinement;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::PhysicalExpr;

pub(super) use narrowing::Narrowing;
pub(super) use refinement::Refinement;
#[cfg(test)]
pub(super) use refinement::column;

/// An expression of a plan that runs.
pub type Expression = Arc<dyn PhysicalExpr>;

/// The expression with each of its largest parts for which there is another in that one's place.
///
/// # Errors
/// Those of DataFusion, where a part does not take what stands in the place of one of its own.
pub fn replaced(expression: &Expression, other: impl Fn(&Expression) -> Option<Expression>) -> Result<Expression> {
    let replaced = Arc::clone(expression).transform_down(|part| {
        Ok(match other(&part) {
            Some(other) => Transformed::new(other, true, TreeNodeRecursion::Jump),
            None => Transformed::no(part),
        })
    });
    Ok(replaced?.data)
}

/// The expression over a batch that has only the columns at these indices, which are ascending.
///
/// # Errors
/// Those of [`replaced`].
pub fn moved(expression: &Expression, given: &[usize]) -> Result<Expression> {
    replaced(expression, |part| {
        let column = part.downcast_ref::<Column>()?;
        let place = given.binary_search(&column.index()).ok()?;
        Some(Arc::new(Column::new(column.name(), place)) as Expression)
    })
}

/// Adds those that are not there yet.
pub fn add_new<T: PartialEq>(to: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !to.contains(&item) {
            to.push(item);
        }
    }
}
