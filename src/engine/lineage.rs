//! From the columns of a view back to the records: each column as one expression over what the view
//! reads, however many subqueries stand between.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DataFusionError};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

/// A plan as expressions over a base: the base's rows are the plan's rows.
pub struct Lineage {
    /// For each column of the plan, in order, how it is computed from the base.
    pub columns: Vec<Expr>,
    /// What is left below: a table and the filters over it, or whatever can't be seen through.
    pub base: LogicalPlan,
}

/// Looks through projections, aliases, filters, orders and views.
pub fn lineage(plan: &LogicalPlan) -> Result<Lineage, DataFusionError> {
    match plan {
        LogicalPlan::Projection(projection) => {
            let below = lineage(&projection.input)?;
            let columns = projection.expr.iter().map(|expression| over_base(expression, &projection.input, &below));
            Ok(Lineage { columns: columns.collect::<Result<_, _>>()?, base: below.base })
        }
        LogicalPlan::SubqueryAlias(alias) => lineage(&alias.input),
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => lineage(&sort.input),
        LogicalPlan::Filter(filter) => {
            let below = lineage(&filter.input)?;
            let predicate = over_base(&filter.predicate, &filter.input, &below)?;
            let base = LogicalPlanBuilder::from(below.base).filter(predicate)?.build()?;
            Ok(Lineage { columns: below.columns, base })
        }
        LogicalPlan::TableScan(scan) if scan.projection.is_none() && scan.filters.is_empty() => {
            match scan.source.get_logical_plan() {
                Some(view) => lineage(&view),
                None => Ok(opaque(plan)),
            }
        }
        _ => Ok(opaque(plan)),
    }
}

fn opaque(plan: &LogicalPlan) -> Lineage {
    let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
    Lineage { columns, base: plan.clone() }
}

/// `expression`, which stands over `input`, with each of its columns replaced by how it is computed.
fn over_base(expression: &Expr, input: &LogicalPlan, below: &Lineage) -> Result<Expr, DataFusionError> {
    // What is put in is not looked at again: the base's columns may bear the same names.
    let replaced = expression.clone().transform_down(|expression| match &expression {
        Expr::Column(column) => Ok(Transformed::new(source(column, input, below)?, true, TreeNodeRecursion::Jump)),
        _ => Ok(Transformed::no(expression)),
    })?;
    Ok(replaced.data.unalias_nested().data)
}

fn source(column: &Column, input: &LogicalPlan, below: &Lineage) -> Result<Expr, DataFusionError> {
    let index = input.schema().index_of_column(column)?;
    below
        .columns
        .get(index)
        .cloned()
        .ok_or_else(|| DataFusionError::Internal(format!("no source for the column {column}")))
}
