//! The second wall by itself: plans that nobody walked reach nothing.

use std::fs;
use std::sync::Arc;

use object_store::memory::InMemory;
use url::Url;

use super::places::Named;
use super::{Deed, Permissions};
use crate::engine::samples::engine;
use crate::sql::own_error;

/// Statements as DataFusion alone would run them.
const UNCHECKED: [&str; 7] = [
    "create external table t stored as csv location '{f}/canary.csv'",
    "create external table t (line text) stored as csv location '{f}/'; select * from t",
    "create external table t (line text) stored as csv location '{f}/'; insert into t values ('x')",
    "copy (select 1 as a) to '{f}/new.csv'",
    "copy (select 1 as a) to '{f}/new/' stored as json partitioned by (a)",
    "create external table t stored as csv location 's3://bucket/canary.csv'",
    "copy (select 1 as a) to 'memory:///new.csv'",
];

#[tokio::test]
async fn a_plan_that_nobody_walked_reaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("canary.csv"), "line\nsong\n").unwrap();
    for text in UNCHECKED {
        let engine = engine();
        // A store that a plan's author would bring along is not taken.
        for place in ["memory://", "s3://bucket"] {
            engine.context.register_object_store(&Url::parse(place).unwrap(), Arc::new(InMemory::new()));
        }
        let mut outcome = Ok(Vec::new());
        for statement in text.replace("{f}", root.to_str().unwrap()).split(';') {
            outcome = match engine.context.sql(statement).await {
                Ok(frame) => frame.collect().await,
                Err(error) => Err(error),
            };
        }
        let error = outcome.expect_err(text);
        // What refuses a write's last step is not told by the engine; the files below say what came of it.
        let told = own_error(&error).map_or_else(|| error.to_string(), |own| own.render());
        assert!(told.contains("is refused") || told.contains("finalizing writes"), "{text}: {told}");
        assert!(!told.contains("song"), "{text}: {told}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "{text}");
        assert_eq!(fs::read_to_string(root.join("canary.csv")).unwrap(), "line\nsong\n", "{text}");
    }
}

#[tokio::test]
async fn the_second_wall_opens_for_what_is_permitted() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap().to_owned();
    let engine = engine();
    engine.permit(Permissions::new(&[], std::slice::from_ref(&root), folder.path()).unwrap());
    let copy = engine.context.sql(&format!("copy (select 1 as a) to '{root}/new.csv'")).await.unwrap();
    copy.collect().await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("new.csv")).unwrap(), "a\n1\n");
    let read = format!("create external table t stored as csv location '{root}/new.csv'");
    assert!(engine.context.sql(&read).await.is_err(), "what may be written may not be read");
}

#[test]
fn prefixes_are_permitted_as_buckets_spell_them() {
    let folder = std::path::Path::new("/nowhere");
    for (prefix, location) in [
        ("s3://b/a#b/", "s3://b/a%23b/x.csv"),
        ("s3://b/a%b/", "s3://b/a%25b/x.csv"),
        ("s3://b/a*b", "s3://b/a%2Ab/x.csv"),
        ("s3://b/a b", "s3://b/a b/x.csv"),
    ] {
        let permissions = Permissions::new(&[prefix.to_owned()], &[], folder).unwrap();
        let named = Named::parse(location, folder).unwrap();
        assert!(permissions.allow(Deed::Read, &named.place), "{prefix} {location}: {:?}", named.place);
    }
}
