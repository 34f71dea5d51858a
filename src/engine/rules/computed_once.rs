//! Computes once what a filter looks at and the projection above it wants as well.
//!
//! The planner moves a condition on a view's column below the view, where it becomes a condition on the expression
//! that makes the column: a text would be cleaned or a timestamp read for the condition, and again for the column.
//! Owns the rewriting of one projection over one filter. It must not change which rows there are, nor compute for a
//! row what the filter would not have computed; [`super::refined_scans`] may, where that is most rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::expressions::{CaseExpr, Column};
use datafusion::physical_expr::{ScalarFunctionExpr, conjunction, split_conjunction};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::Plan;
use crate::scan::{Expression, moved, replaced};

/// A projection over a filter with which it shares what both compute.
pub(super) fn rewrite(node: Plan) -> Result<Transformed<Plan>> {
    let Some(projection) = node.downcast_ref::<ProjectionExec>() else { return Ok(Transformed::no(node)) };
    Ok(rewritten(projection)?.map_or_else(|| Transformed::no(node), Transformed::yes))
}

/// The projection over a filter over a second projection, which computes what both want, over the part of the filter
/// that needs nothing of that. `None` where the two share nothing.
fn rewritten(projection: &ProjectionExec) -> Result<Option<Plan>> {
    let Some(filter) = projection.input().downcast_ref::<FilterExec>() else { return Ok(None) };
    if filter.fetch().is_some() {
        return Ok(None);
    }
    let wanted = wanted(projection, filter)?;
    let conditions: Vec<Expression> = split_conjunction(filter.predicate()).into_iter().cloned().collect();
    let mut shared = Vec::new();
    let mut early = Vec::new();
    let mut late = Vec::new();
    for condition in conditions {
        let is_late = find_shared(&condition, &wanted, &mut shared)?;
        if is_late { late.push(condition) } else { early.push(condition) }
    }
    if shared.is_empty() {
        return Ok(None);
    }

    // The first part of the filter gives only the columns that something above it reads.
    let readers = || late.iter().chain(wanted.iter().map(|wanted| &wanted.expr));
    let (input, given) = if early.is_empty() {
        (Arc::clone(filter.input()), (0..filter.input().schema().fields().len()).collect())
    } else {
        let given = columns(readers(), &[])?;
        (filtered(filter, conjunction(early), Arc::clone(filter.input()), &given)?, given)
    };

    // The second projection: the columns that are read beside what is shared, and what is shared.
    let kept = columns(readers(), &shared)?;
    let schema = filter.input().schema();
    let mut computed = Vec::with_capacity(kept.len() + shared.len());
    for index in &kept {
        let name = schema.field(*index).name();
        computed.push(ProjectionExpr::new(moved(&(Arc::new(Column::new(name, *index)) as Expression), &given)?, name));
    }
    for expression in &shared {
        let alias = wanted.iter().find(|wanted| &wanted.expr == expression).map(|wanted| wanted.alias.clone());
        let alias = alias.unwrap_or_else(|| expression.to_string());
        computed.push(ProjectionExpr::new(moved(expression, &given)?, alias));
    }
    let names: Vec<String> = computed.iter().map(|computed| computed.alias.clone()).collect();
    let computed: Plan = Arc::new(ProjectionExec::try_new(computed, input)?);

    // The rest of the filter and the first projection read its columns.
    let column = |index: usize| names.get(index).map(|name| Arc::new(Column::new(name, index)) as Expression);
    let over_computed = |expression: &Expression| {
        replaced(expression, |part| match shared.iter().position(|shared| shared == part) {
            Some(place) => column(kept.len() + place),
            None => kept.binary_search(&part.downcast_ref::<Column>()?.index()).ok().and_then(column),
        })
    };
    let late = late.iter().map(over_computed).collect::<Result<Vec<_>>>()?;
    let outputs = wanted.iter().map(|wanted| over_computed(&wanted.expr)).collect::<Result<Vec<_>>>()?;
    let given = columns(&outputs, &[])?;
    let input = filtered(filter, conjunction(late), computed, &given)?;
    let outputs = outputs
        .iter()
        .zip(wanted)
        .map(|(output, wanted)| Ok(ProjectionExpr::new(moved(output, &given)?, wanted.alias)));
    Ok(Some(Arc::new(ProjectionExec::try_new(outputs.collect::<Result<Vec<_>>>()?, input)?)))
}

/// The projection's expressions over the columns of the filter's input.
fn wanted(projection: &ProjectionExec, filter: &FilterExec) -> Result<Vec<ProjectionExpr>> {
    let schema = filter.input().schema();
    let through = |part: &Expression| {
        let index = *filter.projection().as_ref()?.get(part.downcast_ref::<Column>()?.index())?;
        Some(Arc::new(Column::new(schema.field(index).name(), index)) as Expression)
    };
    let over_input =
        |output: &ProjectionExpr| Ok(ProjectionExpr::new(replaced(&output.expr, through)?, output.alias.clone()));
    projection.expr().iter().map(over_input).collect()
}

/// Notes the largest parts of a condition that are worth sharing and that `wanted` has as well; whether there are any.
fn find_shared(condition: &Expression, wanted: &[ProjectionExpr], shared: &mut Vec<Expression>) -> Result<bool> {
    let mut finds = false;
    condition.apply(|part| {
        if is_costly(part) && is_wanted(part, wanted)? {
            finds = true;
            if !shared.contains(part) {
                shared.push(Arc::clone(part));
            }
            return Ok(TreeNodeRecursion::Jump);
        }
        Ok(if is_conditional(part) { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
    })?;
    Ok(finds)
}

fn is_wanted(expression: &Expression, wanted: &[ProjectionExpr]) -> Result<bool> {
    let mut found = false;
    for output in wanted {
        output.expr.apply(|part| {
            found |= part == expression;
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
    }
    Ok(found)
}

/// Whether its value is worth a column; one that may differ from call to call is not to be shared.
fn is_costly(expression: &Expression) -> bool {
    (expression.is::<ScalarFunctionExpr>() || expression.is::<CaseExpr>()) && !is_volatile(expression)
}

/// Whether it may leave parts of it uncomputed for some rows, on which they might fail.
pub(super) fn is_conditional(expression: &Expression) -> bool {
    let function = expression.downcast_ref::<ScalarFunctionExpr>();
    expression.is::<CaseExpr>() || function.is_some_and(|function| function.fun().short_circuits())
}

/// The rows of `input` that meet the condition, with these of its columns.
pub(super) fn filtered(like: &FilterExec, condition: Expression, input: Plan, columns: &[usize]) -> Result<Plan> {
    let builder = FilterExecBuilder::new(condition, input)
        .with_default_selectivity(like.default_selectivity())
        .with_batch_size(like.batch_size());
    Ok(Arc::new(builder.apply_projection(Some(columns.to_vec()))?.build()?))
}

/// The indices of the columns that the expressions read outside of `skipped`, ascending.
fn columns<'a>(expressions: impl IntoIterator<Item = &'a Expression>, skipped: &[Expression]) -> Result<Vec<usize>> {
    let mut columns = BTreeSet::new();
    for expression in expressions {
        expression.apply(|part| {
            if skipped.contains(part) {
                return Ok(TreeNodeRecursion::Jump);
            }
            columns.extend(part.downcast_ref::<Column>().map(Column::index));
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(columns.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::util::pretty::pretty_format_batches;
    use datafusion::execution::session_state::SessionStateBuilder;
    use datafusion::physical_plan::{collect, displayable};
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::super::Rule;
    use super::*;

    /// The plan and the answer over a table of three rows, after checking that the answer is the one without the rule.
    async fn planned(statement: &str) -> (String, String) {
        let mut answers = Vec::new();
        let mut text = String::new();
        for rules in [vec![], vec![Arc::new(Rule { name: "computed_once", rewrite })]] {
            let one_partition = SessionConfig::new().with_target_partitions(1);
            let state = SessionStateBuilder::new().with_config(one_partition).with_default_features();
            let state = rules.into_iter().fold(state, |state, rule| state.with_physical_optimizer_rule(rule)).build();
            let context = SessionContext::new_with_state(state);
            let rows = "create table x (t varchar, n bigint) as values ('a', 1), ('b', 0), ('c', 4)";
            context.sql(rows).await.unwrap().collect().await.unwrap();
            let plan = context.sql(statement).await.unwrap().create_physical_plan().await.unwrap();
            text = displayable(plan.as_ref()).indent(false).to_string();
            answers.push(pretty_format_batches(&collect(plan, context.task_ctx()).await.unwrap()).unwrap().to_string());
        }
        assert_eq!(answers[0], answers[1], "{text}");
        (text, answers.remove(1))
    }

    #[tokio::test]
    async fn what_a_condition_and_a_column_share_is_computed_once() {
        let view = "select upper(t) as t, n, n + 1 as m from x where n <> 3";
        let (plan, answer) =
            planned(&format!("select m, t from ({view}) where t <> 'B' and t <> 'D' order by m")).await;
        assert_eq!(plan.matches("upper(").count(), 1, "{plan}");
        assert_eq!(plan.matches("FilterExec").count(), 2, "{plan}");
        assert_eq!(answer.lines().collect::<Vec<_>>()[3..5], ["| 2 | A |", "| 5 | C |"]);
    }

    #[tokio::test]
    async fn a_part_of_a_column_is_shared_as_well() {
        let statement = "select upper(lower(t)) as u, lower(t) as l from x where lower(t) <> 'c' order by l";
        let (plan, answer) = planned(statement).await;
        assert_eq!(plan.matches("lower(").count(), 1, "{plan}");
        assert_eq!(answer.lines().collect::<Vec<_>>()[3..5], ["| A | a |", "| B | b |"]);
    }

    #[tokio::test]
    async fn what_a_condition_computes_for_some_rows_is_not_computed_for_all() {
        let condition = "case when n <> 0 then abs(10 / n) else 0 end > 2";
        let (_, answer) = planned(&format!("select abs(10 / n) as a from x where {condition} order by a")).await;
        assert_eq!(answer.lines().collect::<Vec<_>>()[3..4], ["| 10 |"]);
    }

    #[tokio::test]
    async fn a_plan_in_which_nothing_is_shared_stays() {
        let (plan, _) = planned("select upper(t) as t from x where n > 0 order by t").await;
        assert_eq!(plan.matches("ProjectionExec").count(), 1, "{plan}");
    }

    #[tokio::test]
    async fn a_value_that_differs_from_call_to_call_is_not_shared() {
        let statement = "select n from x where random() < 2 and abs(random()) >= 0 order by n";
        let (plan, _) = planned(statement).await;
        assert_eq!(plan.matches("random()").count(), 2, "{plan}");
    }
}
