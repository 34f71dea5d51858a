//! Both ways of a statement give the same answer, and the second one is taken where the first has no memory.

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning, displayable};
use futures::TryStreamExt;

use super::*;
use crate::config::{Config, Environment, Overrides};
use crate::engine::{Access, Engine, Permissions};
use crate::sql;

fn engine(limit: u64, spill_folder: &std::path::Path) -> Engine {
    let environment = Environment::empty(env!("CARGO_MANIFEST_DIR"));
    let overrides = Overrides { landing: Some("data-samples/topics/".to_owned()), ..Overrides::default() };
    let mut config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
    config.session.memory_limit = limit;
    config.session.spill_folder = Some(spill_folder.to_owned());
    config.session.threads = 2;
    Engine::open(&config, &environment).unwrap()
}

/// The rows as text, sorted, and the sparing plan.
async fn both_ways(engine: &Engine, text: &str) -> (String, String, String) {
    let state = engine.context.state();
    let statement = sql::split(text, "<sql>").unwrap().remove(0);
    let plan = state.statement_to_plan(statement.parsed).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    let (sparing, _) = sparing(&state);
    let sorted = sorted_medians(plan.clone()).unwrap_or_else(|error| panic!("{text}: {error}")).data;
    assert_eq!(sorted.schema().inner(), plan.schema().inner(), "{text}");
    let mut answers = Vec::new();
    let mut shown = String::new();
    for (state, plan) in [(state, plan), (sparing, sorted)] {
        let physical = state.create_physical_plan(&plan).await.unwrap();
        shown = displayable(physical.as_ref()).indent(false).to_string();
        let stream = execute_stream(physical, Arc::new(TaskContext::from(&state))).unwrap();
        let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
        answers.push(pretty_format_batches(&batches).unwrap().to_string());
    }
    let second = answers.pop().unwrap();
    (answers.pop().unwrap(), second, shown)
}

#[tokio::test]
async fn medians_by_sorting_are_those_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(1 << 30, folder.path());
    // Values that come again, NULLs, groups of one and of none, signs, and what only floats have.
    let rows = "with t as (select value as i, (value * 7919) % 101 as h, case when value % 5 <> 0 then (value * 104729) % 1009 - 300 end as x, \
                case value % 97 when 0 then 'NaN'::double when 1 then -0.0 when 2 then 'inf'::double else ((value * 31) % 997) / 7.0 end as f \
                from generate_series(1, 5000))";
    let cases = [
        ("select h, median(x) as m from t group by h order by h", true),
        ("select median(x) as m from t", true),
        ("select median(x) as m, count(*) as n from t where false", true),
        (
            "select h % 3 as g, median(f) as a, median(x) filter (where x > 0) as b, sum(x) as s, count(*) as n, median(i) filter (where false) as c from t group by h % 3 order by g",
            true,
        ),
        (
            "select h, median(cast(x as decimal(9, 2))) as m, median(cast(f as float)) as r from t group by h having median(i) > 10 order by h",
            true,
        ),
        (
            "select m.h, m.x from (select h, median(x) as x from t group by h) m where m.x > (select median(x) from t) order by 1",
            true,
        ),
        (
            "select case when h < 9 then null else concat('g', cast(h % 4 as varchar)) end as g, h % 2 as e, median(x) + 1 as m from t group by 1, 2 order by 1, 2",
            true,
        ),
        ("select h, median(distinct x) as m from t group by h order by h", false),
        ("select h % 5 as g, median(x) as m from t group by rollup(h % 5) order by 1", false),
        ("select f as g, median(x) as m from t group by f order by 1", false),
        (
            "select i, median(x) over (partition by h order by i rows 3 preceding) as m from t order by i limit 50",
            false,
        ),
    ];
    for (text, is_sorted) in cases {
        let (first, second, plan) = both_ways(&engine, &format!("{rows} {text}")).await;
        assert_eq!(first, second, "{text}");
        assert_eq!(plan.matches("__pinq_value").count() > 0, is_sorted, "{text}\n{plan}");
        assert!(!is_sorted || !plan.contains(" WindowAggExec"), "a window that holds its partition: {plan}");
    }
}

#[tokio::test]
async fn what_memory_does_not_hold_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let roomy = engine(1 << 30, folder.path());
    let tight = engine(12 << 20, folder.path());
    let rows = "select value % 3 as k, (value * 7919) % 1000003 as x from generate_series(1, 1200000)";
    let cases = [
        format!("select k, median(x) as m, count(*) as n from ({rows}) group by k order by k"),
        format!(
            "select a.k, count(*) as n, min(b.x - a.x) as d from ({rows}) a join ({rows}) b on a.x = b.x group by a.k order by 1"
        ),
    ];
    for text in &cases {
        let mut answers = Vec::new();
        for engine in [&roomy, &tight] {
            let batches: Vec<RecordBatch> = engine.query(text).await.unwrap().try_collect().await.unwrap();
            answers.push(pretty_format_batches(&batches).unwrap().to_string());
        }
        assert_eq!(answers[0], answers[1], "{text}");
    }
    assert_eq!((roomy.totals().sparing, tight.totals().sparing), (0, 2));
    drop((roomy, tight));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

/// A join of each row with each hands on a batch for each row of one side. A second try sorted them one by one, without
/// an end, and an ordinary sort took a quarter of a minute for as many as these.
#[tokio::test]
async fn batches_of_two_rows_are_gathered_before_they_are_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let engines = [(engine(12 << 20, folder.path()), 1), (engine(1 << 30, folder.path()), 0)];
    let rows = "select value + a as x from generate_series(1, 200000) g, generate_series(1, 2) b(a)";
    for (engine, second_tries) in engines {
        for (text, answer) in [
            (format!("select median(x) as m from ({rows})"), "100002"),
            (
                format!("select max(r) as m from (select row_number() over (order by x % 1009, x) as r from ({rows}))"),
                "400000",
            ),
        ] {
            let answering = async { engine.query(&text).await.unwrap().try_collect::<Vec<_>>().await.unwrap() };
            let batches = tokio::time::timeout(Duration::from_secs(20), answering).await;
            let batches = batches.unwrap_or_else(|_| panic!("no end: {text}"));
            let told = pretty_format_batches(&batches).unwrap().to_string();
            assert!(told.contains(answer), "{text}: {told}");
        }
        assert_eq!(engine.totals().sparing, second_tries);
    }
}

/// What each of these statements answers, as text.
async fn answers(engine: &Engine, text: &str) -> String {
    let statements = sql::split(text, "<sql>").unwrap();
    let mut told = String::new();
    for statement in &statements {
        let answer = engine.run(statement, &statements, &sql::Parameters::new(), Access::Permitted).await;
        let answer = answer.unwrap_or_else(|error| panic!("{text}: {}", error.render()));
        let batches: Vec<RecordBatch> = answer.try_collect().await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        told.push_str(&pretty_format_batches(&batches).unwrap().to_string());
    }
    told
}

#[tokio::test]
async fn medians_of_statements_that_are_run_once_are_not_refused_at_their_share() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let rows = "generate_series(1, 300000)";
    for text in [
        format!("create table t as select median(value) as m from {rows}; select m from t"),
        format!(
            "create view v as select median(value) as m from {rows}; create table t as select m from v; select m from t"
        ),
        format!("create table t (m double); insert into t select median(value) from {rows}; select m from t"),
        format!("copy (select median(value) as m from {rows}) to '{root}/m.csv'; select m from '{root}/m.csv'"),
        format!("prepare p as select median(value) as m from {rows}; execute p"),
        format!("explain analyze select median(value) as m from {rows}; select 150000.5 as m"),
        format!("select 1.0 as m union all select median(value) from {rows}"),
        format!("select max(m) as m from (select median(value) over () as m from {rows})"),
    ] {
        let engine = engine(12 << 20, folder.path());
        engine.permit(Permissions::new(&[root.to_owned()], &[root.to_owned()], folder.path()).unwrap());
        let told = answers(&engine, &text).await;
        assert!(told.contains("| 150000.5 "), "{text}: {told}");
    }
}

/// The plan is the one that runs, and what is fast stays so.
#[tokio::test]
async fn medians_of_what_can_be_run_again_are_explained_as_they_are_tried() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(1 << 30, folder.path());
    let median = "select median(value) as m from generate_series(1, 10)";
    for (text, is_sorted) in [
        (format!("explain {median}"), false),
        (format!("explain analyze {median}"), false),
        (format!("create view v as {median}; explain select m from v"), false),
        (format!("explain {median} union all {median}"), true),
        (format!("explain create table t as {median}"), true),
    ] {
        let told = answers(&engine, &text).await;
        assert_eq!(told.contains("row_number"), is_sorted, "{text}: {told}");
    }
    assert_eq!(engine.totals().sparing, 0);
}

#[tokio::test]
async fn a_second_try_leaves_the_session_its_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(12 << 20, folder.path());
    let again = "select median(value) as m from generate_series(1, 400000)";
    for setting in [
        "set datafusion.catalog.create_default_catalog_and_schema = true",
        "reset datafusion.catalog.create_default_catalog_and_schema",
    ] {
        let text = format!(
            "{setting}; create or replace table mm as select 1 as a; {again}; create or replace table z as select 1 as a; select count(*) from pin, mm, z"
        );
        answers(&engine, &text).await;
    }
    assert_eq!(engine.totals().sparing, 2);
}

/// Objects and records are counted as often as they were read; what was found in them is told once.
#[tokio::test]
async fn what_a_second_try_finds_again_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let objects = folder.path().join("topics/x.odd/partition=0");
    std::fs::create_dir_all(&objects).unwrap();
    std::fs::write(objects.join("x.odd+0+0000000000.json"), "{\"a\":1}\nnull\n{\"a\":\n").unwrap();
    let config = "[landing]\nlocation = \"topics/\"\n[tables.odd]\non_bad_record = \"skip\"\n";
    std::fs::write(folder.path().join("pinq.toml"), config).unwrap();
    let environment = Environment::empty(folder.path().to_str().unwrap());
    let mut config = Config::load(&Overrides::default(), &environment, &sql::parse_type).unwrap();
    config.session.memory_limit = 12 << 20;
    let engine = Engine::open(&config, &environment).unwrap();
    answers(&engine, "select median(x) as m from (select value as x from generate_series(1, 400000) union all select a from raw.odd)").await;
    assert_eq!(engine.totals().sparing, 1);
    let findings = engine.findings();
    let found: Vec<_> = findings.iter().map(|table| (table.found.tombstones, table.found.bad_records)).collect();
    assert_eq!(found, [(1, 1)]);
}

#[tokio::test]
async fn what_no_plan_can_spill_says_who_asked_and_which_setting_helps() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(8 << 20, folder.path());
    let text = "select array_length(array_agg(value)) from generate_series(1, 4000000)";
    let error = match engine.query(text).await {
        Ok(answer) => answer.try_collect::<Vec<_>>().await.unwrap_err(),
        Err(error) => error,
    };
    let told = error.render();
    assert!(told.contains("the memory limit of 8.4 MB is reached: ") && told.contains("asked for"), "{told}");
    assert!(told.contains("`memory_limit` under `[session]`"), "{told}");
}

/// Two of its inputs that spill at once have two files open, and DataFusion 55.2 may wait for the wrong one for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repartition_that_spills_comes_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(16 << 20, folder.path());
    let state = engine.context.state();
    let pool = Arc::clone(&state.runtime_env().memory_pool);
    let everything = MemoryConsumer::new("whoever came first").register(&pool);
    let MemoryLimit::Finite(all) = pool.memory_limit() else { panic!("a pool without a limit") };
    everything.try_grow(all).unwrap();
    let half = "select value, 'a text that is longer than a view holds ' || value as t from generate_series(1, 40000)";
    let text = format!("{half} union all {half}");
    for attempt in 0..8 {
        let statement = sql::split(&text, "<sql>").unwrap().remove(0);
        let plan = state.statement_to_plan(statement.parsed).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        let input = state.create_physical_plan(&plan).await.unwrap();
        assert!(input.properties().partitioning.partition_count() >= 2);
        let key = Arc::new(Column::new("value", 0)) as _;
        let spread: Arc<dyn ExecutionPlan> =
            Arc::new(RepartitionExec::try_new(input, Partitioning::Hash(vec![key], 2)).unwrap());
        let rows = (0..2).map(|number| {
            let mut stream = spread.execute(number, Arc::new(TaskContext::from(&state))).unwrap();
            tokio::spawn(async move {
                let mut rows = 0;
                while let Some(batch) = stream.next().await {
                    rows += batch.unwrap().num_rows();
                    tokio::task::yield_now().await;
                }
                rows
            })
        });
        let rows = tokio::time::timeout(Duration::from_secs(20), futures::future::join_all(rows)).await;
        let rows: usize =
            rows.unwrap_or_else(|_| panic!("attempt {attempt} hangs")).into_iter().map(|task| task.unwrap()).sum();
        assert_eq!(rows, 80_000);
        assert!(spread.metrics().unwrap().spill_count().unwrap() > 10, "it has to spill");
    }
}
