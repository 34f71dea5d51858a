//! What a step of a plan does, in words.
//!
//! Owns the wording, from the typed fields of the steps that are known here; others show their own line.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, WindowExpr};

use super::rules::Gathering;
use crate::scan::{self, Expression, ScanDescription};
use crate::ui::human;

type Plan = Arc<dyn ExecutionPlan>;

/// Characters of one expression that are shown.
const SHOWN: usize = 200;

/// What the step does, and what else there is to say of it.
pub(super) fn words(plan: &Plan, metrics: &MetricsSet) -> (String, Vec<String>) {
    if let Some(scan) = scan::described(plan) {
        return (format!("read {}", scan.table), scan_details(&scan, metrics));
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        return (format!("keep rows where {}{}", shown(filter.predicate()), first(filter.fetch())), Vec::new());
    }
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        let names = computed(projection).map(|computed| computed.alias.clone()).collect();
        let details = computed(projection)
            .map(|computed| (&computed.alias, shown(&computed.expr)))
            .filter(|(alias, expression)| alias.as_str() != expression.as_str())
            .map(|(alias, expression)| format!("{alias} = {expression}"));
        return (format!("compute {}", listed(names)), details.collect());
    }
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return (ordered("sort", sort.expr(), sort.fetch()), Vec::new());
    }
    if let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() {
        let verb = if below_what_hands_on(merge.input()).is::<SortExec>() { "sort" } else { "merge sorted rows" };
        return (ordered(verb, merge.expr(), merge.fetch()), Vec::new());
    }
    let what = aggregate(plan).or_else(|| join(plan)).or_else(|| limit(plan)).or_else(|| window(plan));
    what.or_else(|| simple(plan)).map_or_else(|| unknown(plan), |what| (what, Vec::new()))
}

/// The expressions of a projection that are more than a column.
pub(super) fn computed(projection: &ProjectionExec) -> impl Iterator<Item = &ProjectionExpr> {
    projection.expr().iter().filter(|computed| !computed.expr.is::<Column>())
}

/// Whether a step changes nothing of its rows but where they are, or the order and the names of their columns.
pub(super) fn hands_on(plan: &Plan) -> bool {
    match plan.downcast_ref::<ProjectionExec>() {
        Some(projection) => computed(projection).next().is_none(),
        None => {
            plan.is::<RepartitionExec>()
                || plan.is::<CoalescePartitionsExec>()
                || plan.is::<CooperativeExec>()
                || plan.is::<Gathering>()
        }
    }
}

/// The next step that does more than hand rows on: the plan itself or one below it.
pub(super) fn below_what_hands_on(plan: &Plan) -> &Plan {
    let mut below = plan;
    while hands_on(below) {
        let Some(next) = below.children().first().copied() else { break };
        below = next;
    }
    below
}

fn scan_details(scan: &ScanDescription, metrics: &MetricsSet) -> Vec<String> {
    let value = |name: &str| metrics.sum_by_name(name).map_or(0, |value| value.as_usize() as u64);
    let (fetched, cached) = (value("objects_fetched"), value("objects_cached"));
    let mut read = Vec::new();
    if fetched > 0 || cached == 0 {
        read.push(format!("{} fetched, {}", objects(fetched), human::bytes(value("bytes_fetched"))));
    }
    if cached > 0 {
        read.push(format!("{} from the cache", objects(cached)));
    }
    let mut details = vec![read.join(", ")];
    let left_out = value("objects_pruned");
    if let Some(predicate) = &scan.object_predicate {
        details.push(format!("{left_out} of {} left out by {}", objects(value("objects_listed")), cut(predicate)));
    }
    if let (Some(predicate), pruned @ 1..) = (&scan.row_predicate, value("segments_pruned")) {
        let segments = human::counted(pruned, "segment", "segments");
        details.push(format!("{segments} of the cache left out by {}", cut(predicate)));
    }
    details.push(match scan.columns.len() {
        0 => "no column is needed".to_owned(),
        count => format!("{}: {}", human::counted(count as u64, "column", "columns"), listed(scan.columns.clone())),
    });
    if let Some(filter) = &scan.filter {
        let left_out = human::count(value("rows_left_out"));
        details.push(format!("keeps rows where {}: {left_out} left out", cut(filter)));
    }
    if !scan.computed.is_empty() {
        details.push(format!("computes {}", listed(scan.computed.clone())));
    }
    let bad = value("bad_records");
    if bad > 0 {
        details.push(format!("{} could not be read", human::counted(bad, "record", "records")));
    }
    if let Some(limit) = scan.limit {
        details.push(format!("stops after {limit} rows"));
    }
    details
}

fn objects(count: u64) -> String {
    human::counted(count, "object", "objects")
}

fn aggregate(plan: &Plan) -> Option<String> {
    let aggregate = plan.downcast_ref::<AggregateExec>()?;
    let groups: Vec<String> = aggregate.group_expr().expr().iter().map(|(_, name)| name.clone()).collect();
    let values = aggregate.aggr_expr().iter().map(|value| value.human_display().unwrap_or(value.name()).to_owned());
    let values: Vec<String> = values.collect();
    Some(match (groups.is_empty(), values.is_empty()) {
        (true, _) => format!("aggregate {}", listed(values)),
        (false, true) => format!("distinct {}", listed(groups)),
        (false, false) => format!("group by {}: {}", listed(groups), listed(values)),
    })
}

fn join(plan: &Plan) -> Option<String> {
    let on = |on: &[(Expression, Expression)], filter: Option<&JoinFilter>| {
        let mut conditions: Vec<String> =
            on.iter().map(|(left, right)| format!("{} = {}", shown(left), shown(right))).collect();
        conditions.extend(filter.map(|filter| shown(filter.expression())));
        conditions.join(" and ")
    };
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return Some(format!("{} on {}", joined(*join.join_type()), on(join.on(), join.filter())));
    }
    if let Some(join) = plan.downcast_ref::<SortMergeJoinExec>() {
        let filter = join.filter().as_ref();
        return Some(format!("{} on {}, merging sorted rows", joined(join.join_type()), on(join.on(), filter)));
    }
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        let condition = join.filter().map_or_else(String::new, |filter| format!(" where {}", on(&[], Some(filter))));
        return Some(format!("{}, each row with each{condition}", joined(*join.join_type())));
    }
    plan.is::<CrossJoinExec>().then(|| "join each row with each".to_owned())
}

fn joined(kind: JoinType) -> &'static str {
    match kind {
        JoinType::Inner => "join",
        JoinType::Left => "left join",
        JoinType::Right => "right join",
        JoinType::Full => "full join",
        JoinType::LeftSemi | JoinType::RightSemi => "keep rows that have a partner",
        JoinType::LeftAnti | JoinType::RightAnti => "keep rows that have no partner",
        JoinType::LeftMark | JoinType::RightMark => "mark rows that have a partner",
    }
}

fn limit(plan: &Plan) -> Option<String> {
    let (skip, fetch) = match plan.downcast_ref::<GlobalLimitExec>() {
        Some(limit) => (limit.skip(), limit.fetch()),
        None => (0, Some(plan.downcast_ref::<LocalLimitExec>()?.fetch())),
    };
    Some(match (skip, fetch) {
        (0, Some(fetch)) => format!("first {fetch} rows"),
        (skip, Some(fetch)) => format!("skip {skip} rows, then the first {fetch}"),
        (skip, None) => format!("skip {skip} rows"),
    })
}

fn window(plan: &Plan) -> Option<String> {
    let bounded = plan.downcast_ref::<BoundedWindowAggExec>().map(BoundedWindowAggExec::window_expr);
    let windows = bounded.or_else(|| plan.downcast_ref::<WindowAggExec>().map(WindowAggExec::window_expr))?;
    let named = |window: &Arc<dyn WindowExpr>| cut(window.name());
    Some(format!("window {}", listed(windows.iter().map(named).collect())))
}

/// Steps that are always the same.
fn simple(plan: &Plan) -> Option<String> {
    let kinds = [
        (plan.is::<UnionExec>() || plan.is::<InterleaveExec>(), "put one after another"),
        (plan.is::<DataSourceExec>(), "read rows in memory"),
        (plan.is::<PlaceholderRowExec>(), "make one row"),
        (plan.is::<EmptyExec>(), "give no rows"),
    ];
    kinds.iter().find(|(is_it, _)| *is_it).map(|(_, words)| (*words).to_owned())
}

/// A step that nobody put into words.
fn unknown(plan: &Plan) -> (String, Vec<String>) {
    let line = DisplayableExecutionPlan::new(plan.as_ref()).one_line().to_string();
    (plan.name().trim_end_matches("Exec").to_owned(), vec![cut(line.trim_end())])
}

fn ordered(verb: &str, by: &LexOrdering, fetch: Option<usize>) -> String {
    let keys = by.iter().map(|key| {
        let nulls = match (key.options.descending, key.options.nulls_first) {
            (false, true) => " nulls first",
            (true, false) => " nulls last",
            _ => "",
        };
        format!("{}{}{nulls}", shown(&key.expr), if key.options.descending { " desc" } else { "" })
    });
    format!("{verb} by {}{}", listed(keys.collect()), first(fetch))
}

fn first(fetch: Option<usize>) -> String {
    fetch.map_or_else(String::new, |fetch| format!(", the first {fetch}"))
}

/// An expression as SQL says it, without the places of its columns.
fn shown(expression: &Expression) -> String {
    cut(&fmt_sql(expression.as_ref()).to_string())
}

fn listed(names: Vec<String>) -> String {
    cut(&names.join(", "))
}

fn cut(text: &str) -> String {
    // What the planner makes of `count(*)`, and names its column after.
    let text = text.replace("count(Int64(1))", "count(*)").replace("count(1)", "count(*)");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
