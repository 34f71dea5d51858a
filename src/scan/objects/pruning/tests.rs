//! What pruning rules out, and what it must not.

use datafusion::common::ScalarValue;
use datafusion::prelude::{SessionContext, col, lit};

use super::*;
use crate::scan::objects::folder::{FolderColumn, layout_of};
use crate::scan::objects::origin::origin_columns;
use crate::store::Object;

/// Keys of every layout: time partitions, Kafka partitions, neither.
const KEYS: [&str; 7] = [
    "year=2023/month=12/t+0+0000000000.json",
    "year=2024/month=05/t+0+0000000100.json",
    "year=2024/month=06/t+1+0000000200.json",
    "year=__HIVE_DEFAULT_PARTITION__/month=05/t+1+0000000300.json",
    "partition=3/t+3+0000000400.json.gz",
    "partition=4/t+4+0000000500.json.zst",
    "plain/one.json",
];

fn columns() -> Vec<OriginColumn> {
    let layouts: Vec<Layout> = KEYS.iter().map(|key| layout_of(key)).collect();
    origin_columns(&[], FolderColumn::of_layouts(&layouts))
}

fn pruning(filters: &[Expr]) -> Pruning {
    let context = SessionContext::new();
    Pruning::new(&context.state(), filters, &columns()).unwrap().unwrap()
}

fn page(size: u64) -> Page {
    let object = |key: &&str| Object { key: (*key).to_owned(), size, modified: Default::default(), etag: None };
    KEYS.iter().map(|key| Arc::new(object(key))).collect()
}

/// The numbers of the keys that are kept.
fn kept(filters: &[Expr]) -> Vec<usize> {
    let kept = pruning(filters).objects(&page(10)).unwrap();
    KEYS.iter()
        .enumerate()
        .filter(|(_, key)| kept.iter().any(|object| object.key == **key))
        .map(|(index, _)| index)
        .collect()
}

fn kept_folders(filters: &[Expr], paths: &[&str]) -> Vec<String> {
    let folders: Vec<Arc<Folder>> = paths.iter().map(|path| Arc::new(Folder::new((*path).to_owned()))).collect();
    pruning(filters).folders(&folders).iter().map(|folder| folder.path().to_owned()).collect()
}

#[test]
fn constant_columns_decide_an_object_wholly() {
    assert_eq!(kept(&[col("year").eq(lit(2024))]), [1, 2]);
    assert_eq!(kept(&[col("year").eq(lit(2024)), col("month").eq(lit(5))]), [1]);
    assert_eq!(kept(&[col("year").is_null()]), [3, 4, 5, 6]);
    assert_eq!(kept(&[col("year").not_eq(lit(2024))]), [0]);
    assert_eq!(kept(&[col("_partition").gt(lit(1))]), [4, 5]);
    assert_eq!(kept(&[col("_object").like(lit("%/one%"))]), [6]);
    assert_eq!(kept(&[col("_object").like(lit(ScalarValue::Utf8View(Some("year=2024/%".into()))))]), [1, 2]);
    assert_eq!(kept(&[col("_size").gt(lit(10_i64))]), [0; 0]);
    assert_eq!(kept(&[col("_size").eq(lit(10_i64)), col("_topic").eq(lit("plain"))]), [6]);
    let epoch = ScalarValue::TimestampMicrosecond(Some(0), None);
    assert_eq!(kept(&[col("_last_modified").lt_eq(lit(epoch))]).len(), KEYS.len());
}

#[test]
fn offsets_are_ruled_out_by_what_an_object_can_hold() {
    // Ten bytes are ten records at the most; a compressed object may hold many more.
    assert_eq!(kept(&[col("_offset").eq(lit(109_i64))]), [1]);
    assert_eq!(kept(&[col("_offset").eq(lit(110_i64))]), [0; 0]);
    assert_eq!(kept(&[col("_offset").gt_eq(lit(305_i64))]), [3, 4, 5]);
    assert_eq!(kept(&[col("_offset").gt_eq(lit(100_000_i64))]), [5]);
    assert_eq!(kept(&[col("_offset").lt(lit(100_i64))]), [0]);
    assert_eq!(kept(&[col("_offset").lt(lit(150_i64)), col("year").eq(lit(2024))]), [1]);
    // A name without an offset gives its records none.
    assert_eq!(kept(&[col("_offset").is_null()]), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(kept(&[col("_offset").is_null(), col("_partition").is_null()]), [6]);
    let either = col("_offset").lt(lit(1_i64)).or(col("year").eq(lit(2024)).and(col("month").eq(lit(6))));
    assert_eq!(kept(&[either]), [0, 2]);
}

#[test]
fn folders_are_ruled_out_by_what_they_decide_alone() {
    let years = ["year=2023/", "year=2024/", "partition=3/", "plain/"];
    let may = |filter: Expr| kept_folders(&[filter], &years);
    assert_eq!(may(col("year").eq(lit(2024))), ["year=2024/", "partition=3/", "plain/"]);
    let nested = col("year").eq(lit(2024)).and(col("month").eq(lit(5))).or(col("year").eq(lit(2022)));
    assert_eq!(may(nested), ["year=2024/", "partition=3/", "plain/"]);
    assert_eq!(may(col("_partition").eq(lit(4))), ["year=2023/", "year=2024/", "plain/"]);
    assert_eq!(may(col("_object").like(lit("year=2023/%"))), ["year=2023/"]);
    assert_eq!(may(col("_offset").eq(lit(1_i64))), years);
    assert_eq!(
        kept_folders(&[col("month").eq(lit(5))], &["year=2024/month=05/", "year=2024/month=5/", "year=2024/month=06/"])
            .len(),
        2
    );
}

#[test]
fn levels_are_listed_only_where_a_folder_below_may_decide() {
    let layouts = [layout_of("year=2024/month=05/day=01/a.json"), layout_of("partition=0/a.json")];
    let below = |filter: Expr, path: &str| pruning(&[filter]).may_decide_below(&Folder::new(path.to_owned()), &layouts);
    let month = || col("month").eq(lit(5));
    assert!(below(month(), "year=2024/"));
    assert!(!below(month(), "year=2024/month=05/"));
    assert!(!below(month(), "partition=0/"));
    assert!(!below(col("year").eq(lit(2024)), "year=2024/"));
    assert!(!below(col("_size").gt(lit(1_i64)), "year=2024/"));
}

#[test]
fn only_predicates_about_origins_are_taken_over() {
    use TableProviderFilterPushDown::{Exact, Inexact, Unsupported};
    let columns = columns();
    let support = |filter: Expr| support(&filter, &columns);
    assert_eq!(support(col("year").eq(lit(2024)).or(col("_size").gt(lit(1)))), Exact);
    assert_eq!(support(col("_offset").gt(lit(1)).or(col("year").eq(lit(2024)))), Inexact);
    for other in [col("_line").eq(lit(1)), col("_repeat"), col("n").eq(col("year")), lit(true)] {
        assert_eq!(support(other), Unsupported);
    }
}
