//! What a page must have and must not have, on pages of hand-made runs.
//!
//! What it looks like is for eyes and browsers; the markup that these tests look for is what they rely on.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use chrono::{DateTime, TimeDelta, Utc};

use super::sha256::base64_of_sha256;
use super::*;
use crate::chart::Svg;
use crate::publication::{
    CheckRecord, FileRecord, Outcome, PartitionRecord, QuestionRecord, RunRecord, TableRecord, run_id,
};

const HOSTILE: &str = r#""><img src=x onerror=alert(1)><script>alert(1)</script>'{{ 7*7 }}"#;

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn run(questions: Vec<QuestionRecord>) -> RunRecord {
    let due = time("2026-11-23T06:00:00Z");
    RunRecord {
        report: "daily".into(),
        title: "Pinterest daily".into(),
        run: run_id(due),
        scheduled_for: due,
        started: due,
        finished: due + TimeDelta::milliseconds(12_300),
        outcome: Outcome::Complete,
        error: None,
        tries: 1,
        version: "0.1.0".into(),
        configuration_hash: "00".into(),
        tables: Vec::new(),
        questions,
        checks: Vec::new(),
        request_retries: 0,
        bytes_fetched: 0,
    }
}

pub(super) fn question(name: &str) -> QuestionRecord {
    QuestionRecord {
        name: name.into(),
        title: format!("Title of {name}"),
        hash: "00".into(),
        outcome: Outcome::Complete,
        error: None,
        rows: 2,
        seconds: 0.25,
        files: vec![
            FileRecord { name: format!("{name}.csv"), bytes: 1_500 },
            FileRecord { name: format!(".rows/{name}.arrow"), bytes: 1 },
        ],
    }
}

pub(super) fn answer(sql: &str) -> QuestionPage {
    QuestionPage { about: None, sql: sql.into(), table: None, chart: None, changes: None }
}

/// The page with its slashes as they are read: the engine writes them as references.
fn html(page: &Page<'_>) -> String {
    render(page).unwrap().replace("&#x2f;", "/")
}

fn table(categories: Vec<Option<&str>>, counts: Vec<Option<i64>>) -> TableOfRows {
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("category", Arc::new(StringArray::from(categories)) as ArrayRef, true),
        ("posts", Arc::new(Int64Array::from(counts)) as ArrayRef, true),
    ])
    .unwrap();
    let mut table = TableOfRows::new(batch.schema_ref());
    table.push(&batch).unwrap();
    table
}

#[test]
fn browsers_know_the_script_by_its_hash() {
    assert_eq!(SCRIPT_HASH, base64_of_sha256(SCRIPT.as_bytes()), "write this into template/script.sha256");
    assert!(!SCRIPT.contains("</") && ![STYLE, SVG_STYLE].concat().contains("</"));
}

#[test]
fn shows_rows_numbers_nulls_files_and_the_statement() {
    let run = run(vec![question("popular")]);
    let questions = vec![QuestionPage {
        about: Some("Ties are\nlisted.".into()),
        table: Some(table(vec![Some("art"), None], vec![Some(12), None])),
        chart: Some(Svg { element: "<svg id=drawn></svg>".into(), description: "Two bars.".into() }),
        ..answer("select category,\n  posts")
    }];
    let html = html(&Page { run: &run, before: None, questions });
    for part in [
        "<h1>Pinterest daily</h1>",
        r#"<time datetime="2026-11-23T06:00:00Z">Mon 23 Nov 2026, 06:00 UTC</time>"#,
        "in 12.3 s.",
        r#"<h2 id="q-popular">Title of popular</h2>"#,
        "Ties are\nlisted.",
        "<svg id=drawn></svg>",
        "<figcaption>Two bars.</figcaption>",
        r#"<th scope="col" style="--width: 3">category</th>"#,
        r#"<th scope="col" class="n">posts</th>"#,
        "<tr><td>art<td class=n>12</tr>\n<tr><td class=\"null\">NULL<td class=\"n null\">NULL</tr>\n",
        r#"<a href="popular.csv" title="popular.csv">CSV"#,
        "(1.5 KB)",
        "<code>select category,\n  posts</code>",
        "<dd>none</dd>",
    ] {
        assert!(html.contains(part), "no {part} in\n{html}");
    }
    assert!(!html.contains(".rows/") && !html.contains("<nav") && !html.contains("Dropped"), "{html}");
}

#[test]
fn what_data_say_is_text() {
    let mut run = run(vec![question(HOSTILE), question("second")]);
    run.title = HOSTILE.into();
    run.report = HOSTILE.into();
    run.error = Some(HOSTILE.into());
    run.version = HOSTILE.into();
    run.questions[0].title = HOSTILE.into();
    run.questions[1].outcome = Outcome::Failed;
    run.questions[1].error = Some(HOSTILE.into());
    let failed = CheckRecord {
        name: HOSTILE.into(),
        title: HOSTILE.into(),
        outcome: Outcome::Failed,
        error: None,
        rows: 3,
        examples: vec![HOSTILE.into()],
    };
    run.checks = vec![CheckRecord { error: Some(HOSTILE.into()), ..failed.clone() }, failed];
    let partitions = vec![PartitionRecord { partition: Some(2), last_offset: Some(41), ..PartitionRecord::default() }];
    run.tables =
        vec![TableRecord { table: HOSTILE.into(), rejects: 1, strays: Some(2), partitions, ..TableRecord::default() }];
    let before = RunRecord { run: HOSTILE.into(), ..run.clone() };
    let mut rows = table(vec![Some(HOSTILE), Some("\u{202e}gpj\u{1b}[31m")], vec![Some(1), Some(2)]);
    rows.columns[0].0 = HOSTILE.into();
    rows.total = 20_000;
    let changes = Changes {
        key: vec![HOSTILE.into()],
        added: vec![HOSTILE.into()],
        removed: vec![HOSTILE.into()],
        listed: vec![
            Change::New(HOSTILE.into()),
            Change::Gone(HOSTILE.into()),
            Change::Changed(HOSTILE.into(), HOSTILE.into(), HOSTILE.into()),
        ],
        new: 1,
        gone: 1,
        changed: 1,
        incomparable: None,
    };
    let chart = Svg { element: "<svg></svg>".into(), description: HOSTILE.into() };
    let whole = QuestionPage {
        about: Some(HOSTILE.into()),
        sql: HOSTILE.into(),
        table: Some(rows),
        chart: Some(chart),
        changes: Some(changes),
    };
    let html = html(&Page { run: &run, before: Some(&before), questions: vec![whole, answer(HOSTILE)] });

    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(!html.contains("<img") && !html.contains("onerror=alert(1)>"), "{html}");
    // Nothing of it ends an attribute either: quotes are escaped wherever it stands.
    assert!(!html.contains(r#""><img"#) && !html.contains(">alert"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)") && html.contains("{{ 7*7 }}") && !html.contains("'49"), "{html}");
    assert!(html.contains(r"\u{202e}gpj\u{1b}[31m"), "{html}");
    assert!(html.contains(r#"href="../%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E"#), "{html}");
    // The table without the chart's own markup, and no address but relative ones.
    for address in html.split("href=\"").skip(1) {
        let scheme = address.split(['"', '/', '#']).next().unwrap_or_default();
        assert!(!scheme.contains(':'), "{address}");
    }
    assert!(!html.contains("src=\"") && !html.contains("url(") && !html.contains("@import"), "it asks for something");
}

#[test]
fn tells_what_was_dropped_and_which_check_failed() {
    let mut run = run(vec![question("a"), question("b")]);
    run.tables = vec![TableRecord {
        table: "pin".into(),
        objects: 1_234,
        bytes: 5_000_000,
        records: Some(10_000),
        repeats: Some(3),
        strays: Some(1),
        rejects: 2,
        nulled_values: 1_500,
        partitions: vec![PartitionRecord { partition: Some(0), objects: 4, bytes: 9, last_offset: Some(77_000) }],
    }];
    let check = |title: &str, outcome, rows, examples: &[&str]| CheckRecord {
        name: title.into(),
        title: title.into(),
        outcome,
        error: None,
        rows,
        examples: examples.iter().map(|example| (*example).to_owned()).collect(),
    };
    run.checks = vec![
        check("No future posts", Outcome::Failed, 12, &["ind 1", "ind 2"]),
        check("Keys are unique", Outcome::Complete, 0, &[]),
    ];
    run.tries = 2;
    let before = RunRecord { run: "2026-11-22T06-00-00Z".into(), ..run.clone() };
    let questions = vec![answer("select 1"), answer("select 2")];
    let html = html(&Page { run: &run, before: Some(&before), questions });
    for part in [
        "pin: 3 repeats left out, exact copies of another record",
        "pin: 1 stray left out",
        "pin: 2 records skipped that could not be read",
        "pin: 1,500 values became NULL",
        "1 of 2 checks failed",
        "returned 12 rows. The first are:",
        "ind 1\nind 2\n… and 10 more\n",
        "Keys are unique: <span class=\"good\">",
        "at the 2nd try",
        r#"<a href="../2026-11-22T06-00-00Z/index.html">"#,
        "<td class=\"n\">77000",
        "<td class=\"n\">5.0 MB",
        r##"<li><a href="#q-b">Title of b</a>"##,
    ] {
        assert!(html.contains(part), "no {part} in\n{html}");
    }
    let (failed, summary) = (html.find("checks failed").unwrap(), html.find("id=\"summary\"").unwrap());
    assert!(failed < summary);
}

#[test]
fn tells_changes_and_folds_many() {
    let run = run(vec![question("a")]);
    let page = |changes| {
        let questions = vec![QuestionPage { changes: Some(changes), ..answer("select 1") }];
        html(&Page { run: &run, before: None, questions })
    };
    let was = Change::Changed("2020".into(), "home-decor 8".into(), "christmas 9".into());
    let changes = Changes { key: vec!["post_year".into()], listed: vec![was], changed: 1, ..Changes::default() };
    let html = page(changes.clone());
    assert!(html.contains("Since the run before, 1 row has changed."), "{html}");
    assert!(html.contains("<li><b>2020</b>: home-decor 8, was christmas 9</li>"), "{html}");
    assert!(html.contains("Rows are told apart by post_year."), "{html}");

    let listed: Vec<Change> = (0..50).map(|year| Change::New(format!("{year}: 1"))).collect();
    let html = page(Changes { listed, new: 1_050, gone: 1, ..Changes::default() });
    assert!(html.contains("<summary>Since the run before, 1,050 rows are new, 1 is gone.</summary>"), "{html}");
    assert!(html.contains("<li>49: 1 <span class=\"mark\">new</span></li>"), "{html}");
    assert!(html.contains("<li>… and 1,001 more</li>"), "{html}");

    let html = page(Changes { incomparable: Some("this answer has no end".into()), ..Changes::default() });
    assert!(html.contains("Not compared with the run before: this answer has no end."), "{html}");
    assert!(page(Changes::default()).contains("As it was in the run before."));
}

#[test]
fn a_cut_table_says_where_the_rest_is() {
    let run = run(vec![question("a")]);
    let mut table = table(vec![Some("x")], vec![None]);
    table.total = 1_000_000;
    let questions = vec![QuestionPage { table: Some(table), ..answer("s") }];
    let html = html(&Page { run: &run, before: None, questions });
    assert!(html.contains("the first 1 of 1,000,000 rows; all of them are in <a href=\"a.csv\">a.csv</a>."), "{html}");
}
