//! The side of a join that is collected before the other is looked at comes in one batch where its rows are kept.
//!
//! Owns the choice of such sides: those that only filter and choose columns of a scan, as what stands between the scan
//! and the join then runs on one thread. It must not change which rows there are.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;

use super::Plan;
use super::gathering::Gathering;
use super::refined_scans::only_compares;
use crate::scan::{Expression, collected};

/// A join whose collected side comes at once.
pub(super) fn rewrite(node: Plan) -> Result<Transformed<Plan>> {
    let is_collecting =
        |join: &&HashJoinExec| join.partition_mode() == &PartitionMode::CollectLeft && join.fetch().is_none();
    let Some(join) = node.downcast_ref::<HashJoinExec>().filter(is_collecting) else {
        return Ok(Transformed::no(node));
    };
    let Some(side) = at_once(join.left())? else { return Ok(Transformed::no(node)) };
    let right = Arc::clone(join.right());
    Ok(Transformed::yes(replace_children_if_necessary(node, vec![side, right])?))
}

/// The plan over a scan that gives its rows at once; `None` where it does more than choose among them.
fn at_once(plan: &Plan) -> Result<Option<Plan>> {
    if let Some(scan) = collected(plan)? {
        return Ok(Some(scan));
    }
    let chooses = if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        filter.fetch().is_none() && only_compares(filter.predicate(), &is_light)
    } else if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        projection.expr().iter().all(|output| is_light(&output.expr))
    } else {
        plan.is::<Gathering>() || plan.is::<CoalescePartitionsExec>() && plan.fetch().is_none()
    };
    let children = plan.children();
    let (true, [input]) = (chooses, children.as_slice()) else { return Ok(None) };
    let input = at_once(input)?;
    input.map(|input| replace_children_if_necessary(Arc::clone(plan), vec![input])).transpose()
}

/// Whether it takes hardly longer on one thread than the copy that is spared: a column, a constant, or a part of a date.
fn is_light(expression: &Expression) -> bool {
    if let Some(call) = expression.downcast_ref::<ScalarFunctionExpr>() {
        return call.fun().name() == "date_part" && call.args().iter().all(is_light);
    }
    expression.is::<Column>() || expression.is::<Literal>()
}

#[cfg(test)]
mod tests {
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::physical_plan::displayable;
    use futures::TryStreamExt;

    use crate::engine::Access;
    use crate::engine::samples::engine;
    use crate::sql::{self, Parameters};

    /// Which of the scans of a statement, by their tables, hand on their rows at once.
    async fn at_once(statement: &str) -> Vec<String> {
        let plan = engine().context.sql(statement).await.unwrap().create_physical_plan().await.unwrap();
        let shown = displayable(plan.as_ref()).indent(false).to_string();
        let scans = shown.lines().map(str::trim).filter(|line| line.contains("delivery=at once"));
        let table = |line: &str| line.split(['=', ',']).nth(1).map(str::to_owned);
        scans.filter_map(table).collect()
    }

    #[tokio::test]
    async fn a_side_that_only_chooses_rows_and_columns_comes_at_once() {
        let joined =
            |side: &str| format!("select * from (select \"index\" as i from raw.pin) join ({side}) on ind = i");
        for (side, expected) in [
            ("select ind from raw.geo", true),
            ("select ind, country, timestamp from geo where country is not null and timestamp > '2018-01-01'", true),
            ("select ind, timestamp from geo where date_part('year', timestamp) is not null", true),
            ("select ind from raw.geo where upper(country) > 'A'", false),
            ("select distinct ind from raw.geo", false),
            ("select ind from raw.geo limit 10", false),
        ] {
            let found = at_once(&joined(side)).await;
            assert_eq!(found == ["geo"], expected, "{side}: {found:?}");
        }
        assert!(at_once("select count(*) as n from raw.geo").await.is_empty());
    }

    /// What the second of these joins shows of the batches from which its table was made.
    async fn side_batches(statements: &[String]) -> String {
        let statements = sql::split(&statements.join(";\n"), "<sql>").unwrap();
        let (engine, parameters) = (engine(), Parameters::new());
        engine.context.sql("set datafusion.execution.batch_size = 2").await.unwrap();
        let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
        let mut shown = String::new();
        for _ in 0..statements.len() {
            let rows: Vec<_> = series.start_next().await.unwrap().try_collect().await.unwrap();
            shown = pretty_format_batches(&rows).unwrap().to_string();
        }
        let (_, batches) = shown.split_once("build_input_batches=").expect("a join");
        batches.split(',').next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_side_that_is_kept_is_one_batch_for_all_joins() {
        let joined = |column: &str, condition: &str| {
            format!(
                "explain analyze select {column}, count(*) as n from raw.pin join (select ind, {column} from raw.geo \
                 where {condition}) on ind = \"index\" group by {column}"
            )
        };
        let (country, timestamp) = (joined("country", "ind > 3"), joined("timestamp", "ind > 3"));
        for statements in [
            vec![country.clone(), country.clone()],
            vec![country.clone(), timestamp.clone()],
            vec![timestamp.clone(), joined("country", "ind > 4")],
            vec!["select count(ind) as n from raw.geo".to_owned(), country.clone()],
            vec![country.clone(), "select max(country) as c from raw.geo".to_owned(), timestamp.clone()],
        ] {
            assert_eq!(side_batches(&statements).await, "1", "{statements:?}");
        }
        // Nobody keeps what is read once.
        assert_ne!(side_batches(&[country]).await, "1");
    }
}
