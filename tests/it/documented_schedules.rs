//! The snippets in `docs/snippets/` are those of `docs/reports.md`, and their schedules are what pinq reads them as.
//!
//! Owns what can be told without the tools that the snippets are for; these were tried by hand.

use std::fs;
use std::path::{Path, PathBuf};

use pinq::config::{Config, Environment, Overrides};
use pinq::schedule::Schedule;

/// The schedule that every snippet means: at 6 by London's clocks.
const DAILY: &str = "0 6 * * *";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The blocks of a page in that language, without their fences.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let block = |rest: &str| rest.split_once("```\n").expect("a block is closed").0.to_owned();
    page.split(&fence).skip(1).map(block).collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn the_page_holds_every_snippet_as_its_file_has_it() {
    let page = text("docs/reports.md");
    let snippets = files(&project().join("docs/snippets"));
    assert!(snippets.len() >= 6, "{snippets:?}");
    for path in snippets {
        let name = path.strip_prefix(project()).unwrap().to_str().unwrap().to_owned();
        let link = format!("[`{name}`]({})", name.trim_start_matches("docs/"));
        assert!(page.contains(&link), "`docs/reports.md` does not link {name}");
        let held = format!("\n{}```\n", fs::read_to_string(&path).unwrap());
        assert!(page.contains(&held), "`docs/reports.md` does not hold {name} as it is");
    }
}

#[test]
fn schedules_of_snippets_are_ones_that_pinq_reads() {
    let crontab = text("docs/snippets/crontab");
    let line =
        crontab.lines().find(|line| line.starts_with(|first: char| first.is_ascii_digit() || first == '*')).unwrap();
    let fields = line.split(' ').take(5).collect::<Vec<_>>().join(" ");
    let job = text("docs/snippets/kubernetes-cronjob.yaml");
    let dag = text("docs/snippets/airflow_dag.py");
    let within = |text: &str, before: &str| {
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before}"));
        rest.split(['"', '\n']).next().unwrap().to_owned()
    };
    for schedule in [fields, within(&job, "schedule: \""), within(&dag, "schedule=\"")] {
        assert_eq!(schedule, DAILY);
    }
    for zone in [within(&job, "timeZone: "), within(&dag, "tz=\"")] {
        let schedule = Schedule::parse(DAILY, zone.parse().unwrap()).unwrap();
        let next = schedule.next("2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(next.to_rfc3339(), "2026-06-01T05:00:00+00:00");
    }
}

#[test]
fn the_configurations_of_the_pages_are_ones() {
    for document in ["docs/reports.md", "README.md"] {
        let examples: Vec<_> =
            blocks(&text(document), "toml").into_iter().filter(|toml| toml.contains("[reports.")).collect();
        assert!(!examples.is_empty(), "{document}");
        for example in examples {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("pinq.toml"), &example).unwrap();
            let environment = Environment::empty(folder.path());
            let config = Config::load(&Overrides::default(), &environment, &pinq::sql::parse_type)
                .unwrap_or_else(|error| panic!("{document}\n{example}\n{}", error.render()));
            let [daily] = config.reports.as_slice() else { panic!("{document} shows one report a block") };
            assert_eq!(daily.name, "daily");
            assert_eq!(daily.schedule.as_ref().map(|schedule| schedule.text()), Some(DAILY));
        }
    }
}
