//! What a statement cost: the plan that ran as a tree of values, each node with its rows and its time.
//!
//! Owns running a query for the sake of its plan, and which nodes of the plan a reader is spared. It must not parse
//! what DataFusion prints of a plan; the words of a node are in `plan_words`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::common::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;

use super::sparing::is_short;
use super::{Access, Engine, lists_tables, plan_words};
use crate::error::{Error, Result};
use crate::sql::{self, Parameters, SourceStatement, StatementKind};

type Plan = Arc<dyn ExecutionPlan>;

/// What a query cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// The node that gives the answer.
    pub root: PlanNode,
    /// Rows of the answer.
    pub rows: u64,
    /// How long planning took, listings and samples that it waited for included.
    pub planning: Duration,
    /// How long it then ran.
    pub running: Duration,
}

/// A step of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanNode {
    /// What it does, in a few words: `group by country: count(*)`.
    pub what: String,
    /// What else is worth a line each.
    pub details: Vec<String>,
    /// Rows that it gave, where it counts them.
    pub rows: Option<u64>,
    /// Its own work, without that of its children, summed over all threads.
    pub elapsed: Duration,
    /// How long its threads waited for bytes, in sum.
    pub waiting: Duration,
    /// Bytes that it moved to disk, because memory was short.
    pub spilled: u64,
    /// The most bytes of memory that it counted.
    pub memory: u64,
    /// Where its rows come from.
    pub children: Vec<PlanNode>,
}

impl PlanNode {
    /// Work and waiting.
    pub fn cost(&self) -> Duration {
        self.elapsed.saturating_add(self.waiting)
    }

    /// The cost of it and of all below.
    pub fn total(&self) -> Duration {
        self.children.iter().fold(self.cost(), |sum, child| sum.saturating_add(child.total()))
    }

    fn add(&mut self, other: PlanNode) {
        self.elapsed = self.elapsed.saturating_add(other.elapsed);
        self.waiting = self.waiting.saturating_add(other.waiting);
        self.spilled = self.spilled.saturating_add(other.spilled);
        self.memory = self.memory.saturating_add(other.memory);
    }
}

impl Engine {
    /// Runs a query, lets its rows go, and tells what each step of it cost. Of an EXPLAIN it is the query within.
    ///
    /// # Errors
    /// It is no query, or fails.
    pub async fn analyze(
        &self,
        statement: &SourceStatement,
        file: &[SourceStatement],
        parameters: &Parameters,
        access: Access,
    ) -> Result<Analysis> {
        let statement = sql::explained(statement);
        if sql::kind(&statement.parsed) != StatementKind::Query {
            return Err(Error::statement(format!("{}: only a query can be explained", statement.place()))
                .hint("`EXPLAIN` shows the plan of other statements without running them"));
        }
        let values = sql::bind(&statement, file, parameters)?;
        if lists_tables(&statement)? {
            self.catalog.tables.all().await?;
        }
        let analyzed = async {
            let began = Instant::now();
            let logical = self.logical_plan(&statement, values, access).await?;
            let frame = self.frame(logical, &statement, access).await?;
            let task = Arc::new(frame.task_ctx());
            let again = self.again(frame.logical_plan());
            let mut plan = frame.create_physical_plan().await?;
            let planning = began.elapsed();
            let rows = match (drained(&plan, task).await, again) {
                (Err(error), Some(again)) if is_short(&error) => {
                    let (second, task) = again.planned(error).await?;
                    plan = second;
                    drained(&plan, task).await?
                }
                (rows, _) => rows?,
            };
            let running = began.elapsed().saturating_sub(planning);
            Ok::<_, DataFusionError>(Analysis { root: tree(&plan), rows, planning, running })
        };
        match analyzed.await {
            Ok(analysis) => Ok(analysis),
            Err(error) => Err(self.diagnosed(&error, &statement).await),
        }
    }
}

/// Runs a plan and lets its rows go; how many there were.
async fn drained(plan: &Plan, task: Arc<TaskContext>) -> Result<u64, DataFusionError> {
    let mut stream = execute_stream(Arc::clone(plan), task)?;
    let mut rows: u64 = 0;
    while let Some(batch) = stream.next().await {
        rows = rows.saturating_add(batch?.num_rows() as u64);
    }
    Ok(rows)
}

/// The tree below a node, without the steps that only hand rows on: what these cost is added to the step below.
fn tree(plan: &Plan) -> PlanNode {
    let metrics = plan.metrics().unwrap_or_default();
    let mut node = measured(&metrics);
    let children = plan.children();
    let (Some(first), true) = (children.first(), children.len() == 1) else {
        (node.what, node.details) = plan_words::words(plan, &metrics);
        node.children = children.into_iter().map(tree).collect();
        return node;
    };
    if plan_words::hands_on(plan) {
        let mut below = tree(first);
        if let Some(fetch) = plan.fetch() {
            below.details.push(format!("stops after {fetch} rows"));
            below.rows = node.rows.or(below.rows);
        }
        below.add(node);
        return below;
    }
    if finishes(plan, first) {
        let mut below = tree(first);
        below.rows = node.rows.or(below.rows);
        below.what = plan_words::words(plan, &metrics).0;
        below.add(node);
        return below;
    }
    (node.what, node.details) = plan_words::words(plan, &metrics);
    node.children = vec![tree(first)];
    node
}

/// Whether a step is the second half of the one below, which has as many first halves as there are partitions.
fn finishes(plan: &Plan, input: &Plan) -> bool {
    let below = plan_words::below_what_hands_on(input);
    let mode = |plan: &Plan| plan.downcast_ref::<AggregateExec>().map(|aggregate| *aggregate.mode());
    match (mode(plan), mode(below)) {
        (Some(AggregateMode::Final | AggregateMode::FinalPartitioned), Some(AggregateMode::Partial)) => true,
        (None, None) => {
            (plan.is::<SortPreservingMergeExec>() && below.is::<SortExec>())
                || (plan.is::<GlobalLimitExec>() && below.is::<LocalLimitExec>())
        }
        _ => false,
    }
}

/// What the metrics of a step say that every step may have.
fn measured(metrics: &MetricsSet) -> PlanNode {
    let nanoseconds = |count: usize| Duration::from_nanos(count as u64);
    let named = |name: &str| metrics.sum_by_name(name).map_or(0, |value| value.as_usize());
    let mut memory: u64 = 0;
    for metric in metrics.iter() {
        if let MetricValue::PeakMemoryUsage { gauge, .. } = metric.value() {
            memory = memory.saturating_add(gauge.value() as u64);
        }
    }
    // Some steps measure their parts only.
    let parts = ["time_decoding", "time_building", "build_time", "join_time", "repartition_time"];
    let parts = parts.iter().fold(0_usize, |sum, name| sum.saturating_add(named(name)));
    PlanNode {
        rows: metrics.output_rows().map(|rows| rows as u64),
        elapsed: nanoseconds(metrics.elapsed_compute().unwrap_or(0).max(parts)),
        waiting: nanoseconds(named("time_waiting")),
        spilled: metrics.spilled_bytes().unwrap_or(0) as u64,
        memory,
        ..PlanNode::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Environment, Overrides};

    fn engine(root: &Path) -> Engine {
        let folder = root.join("topics/x.odd/partition=0");
        fs::create_dir_all(&folder).unwrap();
        let records = "{\"a\":\"x\",\"b\":1}\n{\"a\":\"x\",\"b\":2}\n{\"a\":\"y\",\"b\":3}\n";
        fs::write(folder.join("x.odd+0+0000000000.json"), records).unwrap();
        let environment = Environment::empty(root.to_str().unwrap());
        let overrides = Overrides { landing: Some("topics/".to_owned()), ..Overrides::default() };
        let config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
        Engine::open(&config, &environment).unwrap()
    }

    async fn analyzed(engine: &Engine, text: &str) -> Result<Analysis> {
        let statements = sql::split(text, "<sql>").unwrap();
        engine.analyze(statements.first().unwrap(), &statements, &Parameters::new(), Access::ReadOnly).await
    }

    fn told(node: &PlanNode, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!("{}{} ({:?})", "  ".repeat(depth), node.what, node.rows));
        node.children.iter().for_each(|child| told(child, depth + 1, lines));
    }

    #[tokio::test]
    async fn a_tree_of_what_readers_wrote() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine(root.path());
        let text = "explain analyze select a, count(*) as n from odd where b > 1 group by a order by n desc, a limit 1";
        let analysis = analyzed(&engine, text).await.unwrap();
        let mut lines = Vec::new();
        told(&analysis.root, 0, &mut lines);
        let sort = lines.remove(0);
        assert!(sort.starts_with("sort by ") && sort.ends_with(" desc, a, the first 1 (Some(1))"), "{sort}");
        assert_eq!(lines, ["  group by a: count(*) (Some(2))", "    read odd (Some(2))"]);
        assert_eq!(analysis.rows, 1);
        assert_eq!(analysis.root.total(), analysis.root.cost() + analysis.root.children[0].total());
        let mut scan = &analysis.root;
        while let Some(below) = scan.children.first() {
            scan = below;
        }
        assert_eq!(scan.details, ["1 object fetched, 48 B", "2 columns: a, b", "keeps rows where b > 1: 1 left out"]);
    }

    #[tokio::test]
    async fn what_memory_does_not_hold_is_measured_the_way_that_spills() {
        let root = tempfile::tempdir().unwrap();
        let environment = Environment::empty(root.path().to_str().unwrap());
        let overrides = Overrides { landing: Some("topics/".to_owned()), ..Overrides::default() };
        let mut config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
        config.session.memory_limit = 12 << 20;
        let engine = Engine::open(&config, &environment).unwrap();
        let text = "select median(value) as m from generate_series(1, 400000)";
        let analysis = analyzed(&engine, text).await.unwrap();
        let mut lines = Vec::new();
        told(&analysis.root, 0, &mut lines);
        assert!(lines.iter().any(|line| line.contains("window row_number")), "{lines:?}");
        assert_eq!((analysis.rows, engine.totals().sparing), (1, 1));
    }

    #[tokio::test]
    async fn joins_have_two_children() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine(root.path());
        let text = "select l.a, r.b + 1 as more from odd l left join odd r on l.b = r.b";
        let analysis = analyzed(&engine, text).await.unwrap();
        let mut lines = Vec::new();
        told(&analysis.root, 0, &mut lines);
        assert!(lines.iter().any(|line| line.contains("compute more")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("join on b = b (Some(3))")), "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains("read odd")).count(), 2, "{lines:?}");
    }

    #[tokio::test]
    async fn only_queries_are_run_for_their_plan() {
        let root = tempfile::tempdir().unwrap();
        let engine = engine(root.path());
        for text in ["create view v as select 1", "explain create view v as select 1", "explain copy odd to 'x.csv'"] {
            let error = analyzed(&engine, text).await.unwrap_err().render();
            assert!(error.contains("only a query can be explained"), "{error}");
        }
    }
}
