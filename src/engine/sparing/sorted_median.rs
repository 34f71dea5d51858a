//! Exact medians by sorting, which spills, where `median` would hold every value of a group in memory.
//!
//! Owns the rewriting of a plan: `median(x) GROUP BY k` takes only the one or two values in the middle of each group, as
//! windows over sorted rows find them; what it makes of these stays its own affair, so that both ways agree whatever
//! the type. It must not decide when that is worth two sorts.
//!
//! ```sql
//! -- what `select k, median(x), count(*) from t group by k` becomes, in two steps
//! numbered: *, row_number() over (partition by k order by x nulls last) as r
//! counted:  *, max(case when x is not null then r end)
//!              over (partition by k order by r desc rows unbounded preceding) as n
//! select k, median(case when 2 * r between n and n + 2 then x end), count(*) from counted group by k
//! ```
//!
//! A count over the whole partition would be simpler than the second window, but holds the partition in memory, and a
//! join with the counts would read the rows twice, which need not be the same ones then. `order by r desc` would be seen
//! as the reverse of the order that the rows have, and the window turned round to one that holds the partition, too.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::functions_aggregate::median::median_udaf;
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment, Sort, WindowFunction};
use datafusion::logical_expr::{
    Aggregate, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, cast, col, lit, when,
};

/// The name of the function, in the engine and here.
const MEDIAN: &str = "median";

/// The plan with every median by sorting that can be.
///
/// # Errors
/// Those of building plans; the plan that was given is as good as before.
pub fn sorted_medians(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let plan = unbounded_medians(plan)?;
    plan.transform_data(|plan| {
        plan.transform_up_with_subqueries(|plan| match plan {
            LogicalPlan::Aggregate(aggregate) if is_rewritten(&aggregate) => {
                Ok(Transformed::yes(rewritten(&aggregate)?))
            }
            other => Ok(Transformed::no(other)),
        })
    })
}

/// The plan with the engine's own medians, which have no bound.
///
/// # Errors
/// Those of building plans.
pub fn unbounded_medians(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.transform_up_with_subqueries(|plan| {
        plan.map_expressions(|expression| {
            expression.transform_up(|expression| match expression {
                Expr::AggregateFunction(mut function) if function.func.name() == MEDIAN => {
                    function.func = median_udaf();
                    Ok(Transformed::yes(Expr::AggregateFunction(function)))
                }
                Expr::WindowFunction(window) if window.fun.name() == MEDIAN => Ok(Transformed::yes(unbounded(window))),
                other => Ok(Transformed::no(other)),
            })
        })
    })
}

/// The one step, its inputs left out, with the engine's own medians in its windows.
///
/// # Errors
/// Those of building plans.
pub fn unbounded_windows(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Window(_) = &plan else { return Ok(Transformed::no(plan)) };
    plan.map_expressions(|expression| {
        expression.transform_up(|expression| match expression {
            Expr::WindowFunction(window) if window.fun.name() == MEDIAN => Ok(Transformed::yes(unbounded(window))),
            other => Ok(Transformed::no(other)),
        })
    })
}

fn unbounded(mut window: Box<WindowFunction>) -> Expr {
    window.fun = WindowFunctionDefinition::AggregateUDF(median_udaf());
    Expr::WindowFunction(window)
}

/// A median over all values, of those that are a number; others stay as they are.
fn median_of(expression: &Expr) -> Option<&AggregateFunction> {
    match expression {
        Expr::Alias(alias) => median_of(&alias.expr),
        Expr::AggregateFunction(function) => {
            let params = &function.params;
            let is_plain = !params.distinct && params.order_by.is_empty() && params.null_treatment.is_none();
            (function.func.name() == MEDIAN && params.args.len() == 1 && is_plain).then_some(function)
        }
        _ => None,
    }
}

fn is_rewritten(aggregate: &Aggregate) -> bool {
    let schema = aggregate.input.schema();
    // Floats that are equal and not the same (0.0 and -0.0) make one group or two, as the operator sees it.
    let is_plain = |group: &Expr| {
        !matches!(group, Expr::GroupingSet(_))
            && group.get_type(schema).is_ok_and(|kind| !kind.is_floating() && !kind.is_nested())
    };
    let is_number = |median: &AggregateFunction| {
        median.params.args.iter().all(|value| value.get_type(schema).is_ok_and(|kind| kind.is_numeric()))
    };
    let mut medians = aggregate.aggr_expr.iter().filter_map(median_of).peekable();
    medians.peek().is_some() && medians.all(is_number) && aggregate.group_expr.iter().all(is_plain)
}

fn rewritten(aggregate: &Aggregate) -> Result<LogicalPlan> {
    let group = |number: usize| format!("__pinq_group_{number}");
    let groups: Vec<Expr> = (0..aggregate.group_expr.len()).map(|number| col(group(number))).collect();
    let mut columns = all_columns(&aggregate.input);
    for (number, expression) in aggregate.group_expr.iter().enumerate() {
        columns.push(expression.clone().unalias().alias(group(number)));
    }
    let mut middles = Vec::new();
    for (number, median) in aggregate.aggr_expr.iter().enumerate().filter_map(|(n, it)| Some((n, median_of(it)?))) {
        let Some(value) = median.params.args.first() else { continue };
        // A row that the FILTER leaves out counts as one without a value.
        let value = match &median.params.filter {
            Some(filter) => when(filter.as_ref().clone(), value.clone()).end()?,
            None => value.clone(),
        };
        columns.push(value.alias(format!("__pinq_value_{number}")));
        middles.push(number);
    }
    let mut plan = LogicalPlanBuilder::from(Arc::unwrap_or_clone(Arc::clone(&aggregate.input))).project(columns)?;
    for number in &middles {
        plan = with_place(plan, &groups, *number)?;
    }
    let aggregates = aggregate.aggr_expr.iter().enumerate().map(|(number, expression)| match median_of(expression) {
        Some(median) => of_middle(median, number),
        None => Ok(expression.clone()),
    });
    let plan = plan.aggregate(groups, aggregates.collect::<Result<Vec<_>>>()?)?.build()?;
    // Under the names that the aggregate had.
    let named = aggregate.schema.iter().zip(plan.schema().iter()).map(|((qualifier, field), (from, new))| {
        Expr::Column(Column::new(from.cloned(), new.name())).alias_qualified(qualifier.cloned(), field.name())
    });
    let named: Vec<Expr> = named.collect();
    LogicalPlanBuilder::from(plan).project(named)?.build()
}

/// The rows with their place among the values of their group (`__pinq_place_N`, from 1), and how many values there are
/// (`__pinq_count_N`): rows without one have the last places and no count.
fn with_place(plan: LogicalPlanBuilder, groups: &[Expr], number: usize) -> Result<LogicalPlanBuilder> {
    let [value, place, count] = ["value", "place", "count"].map(|name| format!("__pinq_{name}_{number}"));
    let numbered = WindowFunctionDefinition::WindowUDF(row_number_udwf());
    let numbered = window(numbered, Vec::new(), groups, col(&value).sort(true, false));
    let plan = with_window(plan, numbered, &place)?;
    let places = when(col(&value).is_not_null(), col(&place)).end()?;
    let most = WindowFunctionDefinition::AggregateUDF(max_udaf());
    let most = window(most, vec![places], groups, (col(&place) * lit(-1_i64)).sort(true, false));
    with_window(plan, most, &count)
}

/// The rows with the number that the window function gives for each, as the column `name`.
fn with_window(plan: LogicalPlanBuilder, window: Expr, name: &str) -> Result<LogicalPlanBuilder> {
    let mut columns = all_columns(plan.plan());
    let plan = plan.window([window])?;
    let fields = plan.schema().columns();
    if let Some(last) = fields.last() {
        columns.push(cast(Expr::Column(last.clone()), DataType::Int64).alias(name));
    }
    plan.project(columns)
}

/// A function over the rows of a group up to the current one.
fn window(function: WindowFunctionDefinition, args: Vec<Expr>, groups: &[Expr], order: Sort) -> Expr {
    let mut window = WindowFunction::new(function, args);
    window.params.partition_by = groups.to_vec();
    window.params.order_by = vec![order];
    window.params.window_frame = WindowFrame::new_bounds(
        WindowFrameUnits::Rows,
        WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
        WindowFrameBound::CurrentRow,
    );
    window.params.null_treatment = None::<NullTreatment>;
    Expr::from(window)
}

/// The same median of the one or two values in the middle.
fn of_middle(median: &AggregateFunction, number: usize) -> Result<Expr> {
    let [value, place, count] = ["value", "place", "count"].map(|name| col(format!("__pinq_{name}_{number}")));
    let twice = place * lit(2_i64);
    let is_middle = twice.clone().gt_eq(count.clone()).and(twice.lt_eq(count + lit(2_i64)));
    let mut median = median.clone();
    median.params.args = vec![when(is_middle, value).end()?];
    median.params.filter = None;
    Ok(Expr::AggregateFunction(median))
}

fn all_columns(plan: &LogicalPlan) -> Vec<Expr> {
    plan.schema().columns().into_iter().map(Expr::Column).collect()
}
