//! What a permission covers: the location and what is below it, by whole components, after links and `..`.

use super::scene::{Scene, Vouching};

/// With `--allow-read {f}/in`: what may be read, and what must not.
const READS: &[(&str, bool)] = &[
    ("{f}/in/canary.csv", true),
    ("in/canary.csv", true),
    ("./in/../in/canary.csv", true),
    ("{f}/in/", false), // a link in it leads out, which is found where it is read
    ("{f}/in/can*.csv", true),
    ("file://{f}/in/canary.csv", true),
    ("file://{f}/in/can%61ry.csv", true),
    ("same/canary.csv", true),
    ("{f}/in2/canary.csv", false),
    ("{f}/canary.csv", false),
    ("{f}/in/../canary.csv", false),
    ("{f}/in/../secret/canary.csv", false),
    ("{f}/in/door/../secret/canary.csv", false),
    ("file://{f}/in/%2e%2e/canary.csv", false),
    ("file://{f}/in/..%2fcanary.csv", false),
    ("file://{f}/in/%2e%2e%2fsecret%2fcanary.csv", false),
    ("{f}/in/link.csv", false),
    ("{f}/in/l*.csv", false),
    ("{f}/in/door/canary.csv", false),
    ("{f}/in/door/", false),
    ("{f}/in*/canary.csv", false),
    ("{f}/*/canary.csv", false),
    ("{f}/IN/canary.csv", false),
    ("{f}/missing/../in2/canary.csv", false),
    ("{f}/in/canary.csv/../../canary.csv", false),
    ("s3://in/canary.csv", false),
];

/// With `--allow-write {f}/out`: what may be written, and what must not.
const WRITES: &[(&str, bool)] = &[
    ("{f}/out/new.csv", true),
    ("out/deep/new.csv", true),
    ("file://{f}/out/new.csv", true),
    ("out/canary.csv", true),
    ("{f}/out2/new.csv", false),
    ("{f}/out/../new.csv", false),
    ("{f}/out/door/new.csv", false),
    ("{f}/out/nowhere.csv", false),
    ("file://{f}/out/%2e%2e/new.csv", false),
    ("{f}/in/new.csv", false),
    ("{f}/new.csv", false),
    ("{f}/outer", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_to_read_covers_what_is_below_and_nothing_beside() {
    for (location, may_be_read) in READS {
        let tables = format!("create external table t stored as csv location '{location}'; select * from t");
        for text in [format!("select * from '{location}'"), tables] {
            let scene = Scene::new();
            let engine = scene.engine(&["{f}/in"], &[]);
            let outcome = scene.run(&engine, &text, Vouching::User).await;
            match outcome {
                Ok(answer) => assert!(*may_be_read && Scene::sings(&answer), "`{text}` was read"),
                Err(error) => assert!(!may_be_read, "`{text}`: {}", error.render()),
            }
            scene.assert_untouched(&text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_to_write_covers_what_is_below_and_nothing_beside() {
    for (location, may_be_written) in WRITES {
        let scene = Scene::new();
        let engine = scene.engine(&[], &["{f}/out"]);
        let text = format!("copy (select 1 as a) to '{location}' stored as csv");
        match scene.run(&engine, &text, Vouching::User).await {
            Ok(_) => {
                assert!(may_be_written, "`{text}` was written");
                let path = location.replace("file://", "").replace("{f}/", "");
                let written = std::fs::read_to_string(scene.path().join(path)).expect("what was written");
                assert_eq!(written, "a\n1\n", "{location}");
            }
            Err(error) => {
                assert!(!may_be_written, "`{text}`: {}", error.render());
                scene.assert_untouched(&text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_is_for_reading_or_for_writing() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in", "{f}/out"], &["{f}/out"]);
    let made =
        |folder: &str| format!("create external table {folder} (line text) stored as csv location '{{f}}/{folder}/'");
    for folder in ["in", "out"] {
        scene.run(&engine, &made(folder), Vouching::User).await.expect("a table that may be read");
    }
    for change in ["insert into \"in\" values ('x')", "explain analyze insert into \"in\" values ('x')"] {
        let error = scene.run(&engine, change, Vouching::User).await.expect_err("it may not be written");
        assert!(Scene::is_refusal(&error) && error.render().contains("--allow-write"), "{}", error.render());
    }
    let error =
        scene.run(&engine, "insert into \"out\" values ('x')", Vouching::Nobody).await.expect_err("nobody vouches");
    assert!(Scene::is_refusal(&error), "{}", error.render());
    scene.assert_untouched("what was refused");
    scene.run(&engine, "insert into \"out\" values ('x')", Vouching::User).await.expect("it may be written");
    assert!(std::fs::read_dir(scene.path().join("out")).expect("a folder").count() > 3, "a file was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_prepared_runs_for_nobody_else() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in"], &["{f}/out"]);
    let prepared = "prepare p as select * from 'in/canary.csv'";
    scene.run(&engine, prepared, Vouching::User).await.expect("it may be read");
    let error = scene.run(&engine, "execute p", Vouching::Nobody).await.expect_err("nobody vouches");
    assert!(Scene::is_refusal(&error), "{}", error.render());
    assert!(Scene::sings(&scene.run(&engine, "execute p", Vouching::User).await.expect("it may be read")));
}

/// A name that is prepared already keeps its plan, and whoever prepares it again, or takes it away, changes no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_preparation_that_fails_forgets_nothing() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in", "{f}/out"], &["{f}/out"]);
    let table = "create external table t (line text) stored as csv location '{f}/out/'";
    scene.run(&engine, table, Vouching::User).await.expect("it may be read");
    scene.run(&engine, "prepare save as insert into t values ('x')", Vouching::User).await.expect("it may be written");
    scene.run(&engine, "prepare save as select 1", Vouching::Nobody).await.expect_err("the name is taken");
    let error = scene.run(&engine, "execute save", Vouching::Nobody).await.expect_err("nobody vouches");
    assert!(Scene::is_refusal(&error), "{}", error.render());
    scene.assert_untouched("execute save");
    scene
        .run(&engine, "deallocate save; prepare save as select 1; execute save", Vouching::Nobody)
        .await
        .expect("its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_taken_back_is_gone() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in"], &[]);
    let table = "create external table t stored as csv location 'in/canary.csv'";
    let view = "create view v as select * from 'in/canary.csv'";
    for text in [table, view, "prepare p as select * from 'in/canary.csv'"] {
        scene.run(&engine, text, Vouching::User).await.expect("it may be read");
    }
    engine.permit(pinq::engine::Permissions::default());
    for text in ["select * from t", "select * from v", "execute p", "select * from 'in/canary.csv'"] {
        let error = scene.run(&engine, text, Vouching::User).await.expect_err(text);
        assert!(Scene::is_refusal(&error), "`{text}`: {}", error.render());
    }
}

/// Names with characters of a pattern, or of an address, are permitted as they are written.
#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_pattern_may_be_a_name() {
    let scene = Scene::new();
    let folder = scene.path().join("we[i]rd");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("ok.csv"), "line\nfine\n").expect("a file");
    let engine = scene.engine(&["we[i]rd"], &["we[i]rd"]);
    for text in [
        "select * from 'we[i]rd/ok.csv'",
        "select * from '{f}/we[i]rd/'",
        "create external table t stored as csv location 'we[i]rd/ok.csv'; select * from t",
        "copy (select 'fine' as line) to 'we[i]rd/new.csv'; select * from 'we[i]rd/new.csv'",
    ] {
        let answer = scene.run(&engine, text, Vouching::User).await;
        let answer = answer.unwrap_or_else(|error| panic!("`{text}`: {}", error.render()));
        assert!(answer.contains("fine") || answer.contains("count"), "`{text}`: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_found_whatever_the_schema_of_names_without_one() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in"], &[]);
    let text = "set datafusion.catalog.default_schema = 'raw'; select * from 'in/canary.csv'";
    let answer = scene.run(&engine, text, Vouching::User).await.unwrap_or_else(|error| panic!("{}", error.render()));
    assert!(Scene::sings(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_are_of_use() {
    let scene = Scene::new();
    let engine = scene.engine(&["{f}/in", "{f}/out"], &["{f}/out"]);
    let table = "create external table t (line text) stored as csv location '{f}/in/'";
    scene.run(&engine, table, Vouching::User).await.expect("it may be read");
    for (text, says, never) in [
        ("delete from t", "", "--output"),
        ("update t set line = 'x'", "", "--output"),
        ("insert into t values ('x')", "--allow-write", "--output"),
        ("copy (select 1) to 'new.csv'", "--output", "`the statement`"),
    ] {
        let error = scene.run(&engine, text, Vouching::User).await.expect_err(text).render();
        assert!(error.contains(says) && !error.contains(never), "`{text}`: {error}");
    }
}
