//! Scans give what a view makes of records: the conditions and the cleaned columns right above a scan move into it.
//!
//! So scans that have them in common, as all that read one view, clean their rows once and keep what came of it. Owns
//! the choice of what moves. Other statements may have it computed for them, so nothing moves that could fail. It must
//! not change which rows there are, nor what the planner knows of them.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNotNullExpr, IsNullExpr, Literal, NotExpr};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{ScalarFunctionExpr, conjunction, split_conjunction};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use super::Plan;
use super::computed_once::{filtered, is_conditional};
use super::gathering::Gathering;
use crate::functions;
use crate::scan::{Expression, MetadataColumn, add_new, conditions, refined, replaced};

/// A filter or a projection of which a scan does what it can.
pub(super) fn rewrite(node: Plan) -> Result<Transformed<Plan>> {
    let below = match (node.downcast_ref::<FilterExec>(), node.downcast_ref::<ProjectionExec>()) {
        (Some(filter), _) => below_filter(filter)?,
        (None, Some(projection)) => below_projection(projection)?,
        (None, None) => None,
    };
    Ok(below.map_or_else(|| Transformed::no(node), Transformed::yes))
}

/// What stands in the place of a filter over a scan that does as much of it as it can; `None` where that is nothing.
fn below_filter(filter: &FilterExec) -> Result<Option<Plan>> {
    let Some(below) = Below::of(filter.input()).filter(|_| filter.fetch().is_none()) else { return Ok(None) };
    let conditions = split_conjunction(filter.predicate()).into_iter();
    let conditions = conditions.map(|condition| below.over_scan(condition)).collect::<Result<Vec<_>>>()?;
    let (mut early, mut late): (Vec<Expression>, Vec<Expression>) = conditions.into_iter().partition(is_safe_condition);
    // What is computed for a condition is computed for the rows that the others leave; where those are most rows, it may
    // as well be for all.
    let computes_for_all = early.iter().all(leaves_most);
    if computes_for_all {
        let moved = late.extract_if(.., |condition| only_compares(condition, &is_cleaned));
        early.extend(moved);
    }
    if early.is_empty() {
        return Ok(None);
    }
    let schema = filter.input().schema();
    let column = |index: usize| below.over_scan(&(Arc::new(Column::new(schema.field(index).name(), index)) as _));
    let given = match filter.projection().as_ref() {
        Some(given) => given.to_vec(),
        None => (0..schema.fields().len()).collect(),
    };
    let given = given.into_iter().map(column).collect::<Result<Vec<_>>>()?;
    let mut outputs = Vec::new();
    add_new(&mut outputs, given.iter().cloned());
    let wanted: Vec<usize> = (0..outputs.len()).collect();
    for condition in &late {
        if computes_for_all {
            find_outputs(condition, &mut outputs)?;
        } else {
            add_new(&mut outputs, columns(condition));
        }
    }
    let Some(mut rows) = refined(below.scan, &early, &outputs)? else { return Ok(None) };
    if !late.is_empty() {
        let late = late.iter().map(|condition| over(condition, &outputs, &rows)).collect::<Result<Vec<_>>>()?;
        rows = filtered(filter, conjunction(late), rows, &wanted)?;
        outputs.truncate(wanted.len());
    }
    if below.renamed.is_some() || given.len() > outputs.len() {
        let schema = filter.schema();
        rows = projected(&given, schema.fields().iter().map(|field| field.name()), &outputs, &rows)?;
    }
    // Few rows of many batches are put together, as a filter does, and hold no memory of the others.
    Ok(Some(Gathering::in_place_of(filter, rows)))
}

/// What stands in the place of a projection over a scan that computes as much of it as it can; `None` where that is
/// nothing.
fn below_projection(projection: &ProjectionExec) -> Result<Option<Plan>> {
    let Some(below) = Below::of(projection.input()) else { return Ok(None) };
    // What is asked of cleaned values may leave few rows, and others than these have what is computed here, too.
    let is_cheap = |condition: &Expression| leaves_most(condition) || is_safe_condition(condition);
    if !conditions(below.scan).iter().all(is_cheap) {
        return Ok(None);
    }
    let over_scan = |output: &ProjectionExpr| below.over_scan(&output.expr);
    let computed = projection.expr().iter().map(over_scan).collect::<Result<Vec<_>>>()?;
    let mut outputs = Vec::new();
    for output in &computed {
        find_outputs(output, &mut outputs)?;
    }
    if outputs.iter().all(|output| output.is::<Column>()) {
        return Ok(None);
    }
    let Some(rows) = refined(below.scan, &[], &outputs)? else { return Ok(None) };
    let computed = projected(&computed, projection.expr().iter().map(|output| &output.alias), &outputs, &rows)?;
    Ok(Some(Gathering::in_place_of(projection, computed)))
}

/// What may be a scan, and what stands above it: a projection that computes nothing, as what the scan computes is a column
/// to it.
struct Below<'a> {
    scan: &'a Plan,
    renamed: Option<&'a ProjectionExec>,
}

impl<'a> Below<'a> {
    /// `None` where a projection computes.
    fn of(plan: &'a Plan) -> Option<Below<'a>> {
        let plan = below_gathering(plan);
        let Some(projection) = plan.downcast_ref::<ProjectionExec>() else {
            return Some(Below { scan: plan, renamed: None });
        };
        let computes = projection.expr().iter().any(|output| !output.expr.is::<Column>());
        (!computes).then(|| Below { scan: below_gathering(projection.input()), renamed: Some(projection) })
    }

    /// An expression over the columns of what may be the scan.
    fn over_scan(&self, expression: &Expression) -> Result<Expression> {
        let Some(projection) = self.renamed else { return Ok(Arc::clone(expression)) };
        replaced(expression, |part| {
            let output = projection.expr().get(part.downcast_ref::<Column>()?.index())?;
            Some(Arc::clone(&output.expr))
        })
    }
}

fn below_gathering(plan: &Plan) -> &Plan {
    plan.downcast_ref::<Gathering>().map_or(plan, Gathering::input)
}

/// Whether a condition is one that most rows meet, so that what is computed for all of them is hardly more: that of a
/// view which asks for what there is, and for records that came once.
fn leaves_most(condition: &Expression) -> bool {
    let is_repeat = |operand: &Expression| {
        operand.downcast_ref::<Column>().is_some_and(|column| column.name() == MetadataColumn::Repeat.name())
    };
    condition.downcast_ref::<IsNotNullExpr>().is_some_and(|check| is_cleaned(check.arg()))
        || condition.downcast_ref::<NotExpr>().is_some_and(|not| is_repeat(not.arg()))
}

/// Adds what a scan can give for this expression: calls that it can compute, and the columns beside them. What is
/// computed for some rows only stays so.
fn find_outputs(expression: &Expression, outputs: &mut Vec<Expression>) -> Result<()> {
    expression.apply(|part| {
        if part.is::<Column>() || is_cleaning(part) {
            add_new(outputs, [Arc::clone(part)]);
            return Ok(TreeNodeRecursion::Jump);
        }
        if is_conditional(part) {
            add_new(outputs, columns(part));
            return Ok(TreeNodeRecursion::Jump);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// The columns that an expression reads, in the order of their places.
fn columns(expression: &Expression) -> impl Iterator<Item = Expression> {
    let mut columns = Vec::from_iter(collect_columns(expression));
    columns.sort_unstable_by_key(Column::index);
    columns.into_iter().map(|column| Arc::new(column) as Expression)
}

/// The expression over the scan that gives these outputs.
fn over(expression: &Expression, outputs: &[Expression], scan: &Plan) -> Result<Expression> {
    let schema = scan.schema();
    replaced(expression, |part| {
        let place = outputs.iter().position(|output| output == part)?;
        Some(Arc::new(Column::new(schema.field(place).name(), place)) as Expression)
    })
}

/// These expressions, so named, over the scan that gives these outputs.
fn projected<'a>(
    expressions: &[Expression],
    names: impl Iterator<Item = &'a String>,
    outputs: &[Expression],
    scan: &Plan,
) -> Result<Plan> {
    let over_scan = |(expression, name)| Ok(ProjectionExpr::new(over(expression, outputs, scan)?, name));
    let columns = expressions.iter().zip(names).map(over_scan).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(ProjectionExec::try_new(columns, Arc::clone(scan))?))
}

/// Whether it cleans a column, by constants.
fn is_cleaning(expression: &Expression) -> bool {
    let Some(call) = expression.downcast_ref::<ScalarFunctionExpr>() else { return false };
    let Some((text, constants)) = call.args().split_first() else { return false };
    functions::is_cleaning(call.fun())
        && text.is::<Column>()
        && constants.iter().all(|constant| constant.is::<Literal>())
}

/// Whether a condition can't fail, and is cheap: it only compares columns with constants and one another.
pub(super) fn is_safe_condition(condition: &Expression) -> bool {
    only_compares(condition, &is_given)
}

fn is_given(operand: &Expression) -> bool {
    operand.is::<Column>() || operand.is::<Literal>()
}

/// Whether a scan can give it.
fn is_cleaned(operand: &Expression) -> bool {
    is_given(operand) || is_cleaning(operand)
}

/// Whether a condition does nothing but compare operands.
pub(super) fn only_compares(condition: &Expression, is_operand: &impl Fn(&Expression) -> bool) -> bool {
    let compares = condition.is::<IsNullExpr>()
        || condition.is::<IsNotNullExpr>()
        || condition.is::<NotExpr>()
        || condition.downcast_ref::<BinaryExpr>().is_some_and(|operation| {
            use Operator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
            matches!(operation.op(), And | Or | Eq | NotEq | Lt | LtEq | Gt | GtEq)
        });
    is_operand(condition)
        || compares && condition.children().into_iter().all(|operand| only_compares(operand, is_operand))
}

#[cfg(test)]
mod tests {
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::physical_plan::displayable;
    use futures::TryStreamExt;

    use crate::engine::samples::engine;
    use crate::engine::{Access, Engine};
    use crate::sql::{self, Parameters};

    /// The steps of a plan, from the top, without its first line of columns.
    async fn plan(engine: &Engine, statement: &str) -> Vec<String> {
        let plan = engine.context.sql(statement).await.unwrap().create_physical_plan().await.unwrap();
        displayable(plan.as_ref()).indent(false).to_string().lines().map(|line| line.trim().to_owned()).collect()
    }

    #[tokio::test]
    async fn what_a_view_makes_of_records_moves_into_the_scan() {
        let plan = plan(&engine(), "select category from pin").await;
        let scan = plan.last().unwrap();
        assert!(scan.contains("filter=index IS NOT NULL AND NOT _repeat, computed=[clean_text(category, "), "{scan}");
        assert!(!plan.iter().any(|step| step.starts_with("FilterExec")), "{plan:?}");
        assert!(plan.iter().any(|step| step == "GatheringExec"), "{plan:?}");
    }

    #[tokio::test]
    async fn what_could_fail_stays_above_the_scan() {
        let engine = engine();
        for (condition, stays) in [("100 / age > 3", true), ("age = 30", false), ("age > 30 or age is null", false)] {
            let plan = plan(&engine, &format!("select date_joined from raw.\"user\" where {condition}")).await;
            assert_eq!(plan.iter().any(|step| step.starts_with("FilterExec")), stays, "{plan:?}");
        }
    }

    #[tokio::test]
    async fn what_is_computed_for_most_rows_moves_past_a_condition() {
        let engine = engine();
        let view = "from (select clean_text(poster_name) as p, parse_count(follower_count) as f, title from landed.pin \
                    where not _repeat)";
        let is_computed = |steps: &[String]| {
            let computed = steps.last().unwrap().split_once("computed=").unwrap_or_default().1;
            computed.contains("parse_count(follower_count)")
        };
        let steps = plan(&engine, &format!("select f {view} where p is not null")).await;
        assert!(is_computed(&steps), "{steps:?}");
        // Few rows may be left of these.
        let steps = plan(&engine, &format!("select f {view} where p = 'b'")).await;
        assert!(!is_computed(&steps), "{steps:?}");
    }

    #[tokio::test]
    async fn a_condition_on_what_is_cleaned_moves_into_the_scan() {
        let engine = engine();
        for (condition, filter) in [
            ("timestamp >= '2018-01-01'", "AND parse_timestamp(timestamp) >= "),
            ("country is not null", "AND clean_text(country) IS NOT NULL"),
            ("country in ('Albania', 'Aruba')", "AND (clean_text(country) = Albania OR clean_text(country) = Aruba)"),
        ] {
            let steps = plan(&engine, &format!("select ind, timestamp from geo where {condition}")).await;
            assert!(steps.last().unwrap().contains(filter), "{steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("FilterExec")), "{steps:?}");
        }
        // What is asked of a year could fail for all that is known here.
        let steps = plan(&engine, "select ind from geo where date_part('year', timestamp) is not null").await;
        assert!(steps.iter().any(|step| step.starts_with("FilterExec")), "{steps:?}");
    }

    #[tokio::test]
    async fn what_is_computed_for_some_rows_only_stays_so() {
        let engine = engine();
        let steps =
            plan(&engine, "select count(*) from raw.pin where title > 'b' and clean_text(category) > 'art'").await;
        assert!(steps.iter().any(|step| step.starts_with("FilterExec: clean_text(category@")), "{steps:?}");
        assert!(steps.last().unwrap().contains("filter=title > b"), "{steps:?}");
        let case = "case when \"index\" > 5 then clean_text(category) end as c";
        let steps = plan(&engine, &format!("select {case} from raw.pin")).await;
        assert!(!steps.last().unwrap().contains("computed="), "{steps:?}");
        let steps = plan(&engine, &format!("select {case}, clean_text(category) as d from raw.pin")).await;
        assert!(steps.last().unwrap().contains("computed=[clean_text(category)]"), "{steps:?}");
    }

    #[tokio::test]
    async fn a_column_that_is_held_to_one_value_still_is() {
        let engine = engine();
        for statement in [
            "select ind, row_number() over (partition by age order by ind) as n from raw.\"user\" \
             where age > 29 and ind > 0 and age < 31",
            "select title, row_number() over (partition by clean_text(category) order by title) as n from raw.pin \
             where \"index\" > 0 and clean_text(category) = 'art'",
            "select ind, row_number() over (partition by age order by date_joined) as n from raw.\"user\" \
             where age > 29 and age < 31 and ind <> 30 and age = age + 0",
            "select rn, row_number() over (partition by age order by ind) as n from \
             (select age, ind, row_number() over (order by ind) as rn from raw.\"user\" where age > 29) where age < 31",
            "select c, row_number() over (partition by c order by ind) as n from (select case when age < 30 then 'young' \
             else 'old' end as c, ind from (select age, ind from raw.\"user\" \
             order by case when age < 30 then 'young' else 'old' end, ind limit 5))",
            "select title, row_number() over (partition by c order by title) as n from (select case when u.age < 30 \
             then 'young' else 'old' end as c, p.title from raw.pin p join raw.\"user\" u on p.\"index\" = u.ind) \
             where c = 'old'",
        ] {
            let rows: Vec<_> = engine.query(statement).await.unwrap().try_collect().await.unwrap();
            assert!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>() > 0);
        }
    }

    #[tokio::test]
    async fn a_scan_that_gives_some_rows_stays() {
        let engine = engine();
        let all = "select clean_text(category) as c from raw.pin";
        let some = "select clean_text(category) as c from (select category from raw.pin limit 3)";
        let is_computed = |plan: Vec<String>| plan.last().unwrap().contains("computed=");
        assert!(is_computed(plan(&engine, all).await));
        assert!(!is_computed(plan(&engine, some).await));
    }

    const STATEMENTS: [&str; 14] = [
        "select follower_count from pin where poster_name is not null and follower_count > 1000 order by 1",
        "select category, count(*) as n from pin group by category order by category",
        "select ind, follower_count from pin where category is not null order by ind",
        "select \"index\", category, follower_count from raw.pin order by \"index\"",
        "select max(clean_text(category)) as c, max(clean_text(category, 'art')) as d from raw.pin",
        "select count(*) as n from landed.pin where not _repeat",
        "select count(*) as n from raw.pin",
        "select max(p.title) as title from pin as p join raw.pin as r on p.ind = r.\"index\" where p.ind > 3",
        "select user_name, age from \"user\" where age >= 30 order by user_name, age",
        "select min(date_joined) as first from \"user\" where 100 / age > 2",
        "select count(age) as n, max(_line) as line from landed.\"user\" where age < 40",
        "select ind, timestamp from geo where timestamp >= '2018-01-01' and country is not null order by ind",
        "select country, count(*) as n from geo where date_part('year', timestamp) between 2018 and 2020 \
         group by country order by country",
        "select ind as i, ind as j from geo where country > 'B' and ind > 2 order by i",
    ];

    #[tokio::test]
    async fn statements_answer_together_as_they_do_alone() {
        let parameters = Parameters::new();
        let mut alone = Vec::new();
        for statement in STATEMENTS {
            let rows: Vec<_> = engine().query(statement).await.unwrap().try_collect().await.unwrap();
            alone.push(pretty_format_batches(&rows).unwrap().to_string());
        }
        for (first, _) in STATEMENTS.iter().enumerate() {
            for (second, _) in STATEMENTS.iter().enumerate() {
                let together = [first, second, first].map(|number| STATEMENTS[number]).join(";\n");
                let statements = sql::split(&together, "<sql>").unwrap();
                let engine = engine();
                let mut series = engine.series([statements.as_slice()], &parameters, Access::ReadOnly);
                for number in [first, second, first] {
                    let rows: Vec<_> = series.start_next().await.unwrap().try_collect().await.unwrap();
                    assert_eq!(pretty_format_batches(&rows).unwrap().to_string(), alone[number], "{together}");
                }
            }
        }
    }
}
