//! Reports from the text of a file: every key, the defaults, and the place of each mistake.

use std::path::Path;

use super::*;
use crate::config::validate::validate;
use crate::config::{Config, Environment};
use crate::location::Location;

const LEAST: &str = "[reports.daily]\nquestions = ['q.sql']\ndestination = 'reports/'\n";

fn load(text: &str) -> Result<Config> {
    let source = SourceText { path: "/project/pinq.toml".into(), text: text.to_owned() };
    validate(&source, &Environment::empty(Path::new("/project")), &|text| Err(Error::usage(text)))
}

fn only(text: &str) -> ReportConfig {
    let [report] = load(text).unwrap_or_else(|error| panic!("{text}{}", error.render())).reports.try_into().unwrap();
    report
}

fn wrong(text: &str) -> String {
    let error = load(text).expect_err(text);
    assert_eq!(error.kind().exit_code(), 2);
    error.render()
}

#[test]
fn reads_every_key() {
    let report = only(
        r#"
[reports.daily-1_a]
title = "Pinterest daily"
questions = ["queries/*.sql", "/else/where", "../q?.sql"]
params = { year = 2020, share = 2.0, whole = true, name = "it's 7", number = "7", day = 2026-01-02 }
schedule = "30 1 * * MON-FRI"
timezone = "Europe/London"
destination = "s3://bucket/reports"
formats = ["parquet", "html", "table"]
checks = ["queries/checks/"]
keep = 1
retries = 0
notify = "https://example.com/hooks/SECRET?token=SECRET"
notify_on = "always"
"#,
    );
    assert_eq!((report.name.as_str(), report.line), ("daily-1_a", 2));
    assert_eq!(report.title.as_deref(), Some("Pinterest daily"));
    let paths = ["/project/queries/*.sql", "/else/where", "/project/../q?.sql"].map(PathBuf::from);
    assert_eq!(report.questions, paths);
    let params: Vec<_> = report.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(params, ["day='2026-01-02'", "name='it''s 7'", "number='7'", "share=2.0", "whole=true", "year=2020"]);
    let schedule = report.schedule.as_ref().unwrap();
    assert_eq!((schedule.text(), schedule.zone()), ("30 1 * * MON-FRI", Tz::Europe__London));
    let destination = Location::S3 { bucket: "bucket".into(), prefix: "reports".into() };
    assert_eq!(report.destination, destination);
    let formats = [ReportFormat::File(Format::Parquet), ReportFormat::Html, ReportFormat::File(Format::Table)];
    assert_eq!(report.formats, formats);
    assert_eq!(report.checks, [PathBuf::from("/project/queries/checks/")]);
    assert_eq!((report.keep, report.retries), (1, 0));
    let notify = report.notify.as_ref().unwrap();
    assert_eq!(notify.on, NotifyOn::Always);
    assert_eq!(notify.webhook.reveal().path(), "/hooks/SECRET");
    assert!(!format!("{report:?}").contains("SECRET"), "{report:?}");
}

#[test]
fn the_least_report_has_the_defaults() {
    let report = only(LEAST);
    assert_eq!(report.title, None);
    assert!(report.params.is_empty() && report.checks.is_empty());
    assert!(report.schedule.is_none() && report.notify.is_none());
    assert_eq!(report.formats, DEFAULT_FORMATS);
    assert_eq!((report.keep, report.retries), (30, 3));
    assert_eq!(report.destination, Location::Folder("/project/reports/".into()));
    let scheduled = only(&format!("{LEAST}schedule = '@daily'\nnotify = 'http://127.0.0.1:8080/'\n"));
    assert_eq!(scheduled.schedule.unwrap().zone(), Tz::UTC);
    assert_eq!(scheduled.notify.unwrap().on, NotifyOn::Failure);
}

#[test]
fn reports_are_as_ordered_in_the_file() {
    let least = |name: &str| LEAST.replace("daily", name);
    let reports = load(&[least("z"), least("a"), least("m")].concat()).unwrap().reports;
    assert_eq!(reports.iter().map(|report| report.name.as_str()).collect::<Vec<_>>(), ["z", "a", "m"]);
    let text = wrong(&[least("daily"), least("Daily")].concat());
    assert!(text.contains("line 4, column 10: the reports `daily` and `Daily` would share a folder"), "{text}");
}

#[test]
fn a_mistake_is_shown_at_its_place() {
    for (line, expected) in [
        ("shedule = 'x'", "line 4, column 1: unknown key `shedule`\nhint: did you mean `schedule`?"),
        ("title = ''", "line 4, column 9: an empty text says nothing"),
        ("schedule = '0 25 * * *'", "line 4, column 15: the schedule `0 25 * * *`: the hour can not be `25`"),
        ("schedule = \"0 6 * * FRO\"", "line 4, column 21: the schedule `0 6 * * FRO`: the day of the week"),
        ("schedule = '''0 6 32 * *'''", "line 4, column 19: the schedule"),
        ("schedule = \"0 6\\t32 * *\"", "line 4, column 12: the schedule"),
        ("schedule = '0 6 * *'", "line 4, column 13: the schedule `0 6 * *`: a schedule has five fields"),
        ("schedule = ''", "line 4, column 12: the schedule ``: a schedule is empty"),
        ("schedule = '0 6 30 2 *'", "line 4, column 17: the schedule `0 6 30 2 *`: the schedule never comes"),
        ("schedule = 6", "line 4, column 12: invalid type: integer `6`, expected a string"),
        (
            "schedule = '@daily'\ntimezone = 'Europe/Londn'",
            "line 5, column 12: `Europe/Londn` is no time zone\nhint: did you mean `Europe/London`?",
        ),
        ("schedule = '@daily'\ntimezone = 'new york'", "did you mean `America/New_York`?"),
        ("schedule = '@daily'\ntimezone = '+01:00'", "hint: write an IANA name"),
        ("timezone = 'UTC'", "line 4, column 12: `[reports.daily]` has a time zone, but no schedule"),
        (
            "formats = ['html', 'cvs']",
            "line 4, column 20: `cvs` is no format of a report\nhint: did you mean `csv`? known are `html`, `table`",
        ),
        ("formats = ['csv', 'html', 'csv']", "line 4, column 27: the format `csv` is listed twice"),
        ("formats = []", "line 4, column 11: a report without a format publishes nothing"),
        ("formats = 'csv'", "line 4, column 11: invalid type: string \"csv\", expected a sequence"),
        ("checks = ['']", "line 4, column 11: an empty text"),
        ("checks = ['a*/b.sql']", "line 4, column 11: `a*/b.sql` has a pattern for folders"),
        ("checks = ['a/**']", "line 4, column 11: `a/**` has a pattern for folders"),
        ("checks = ['a.sql', 'a.sql']", "line 4, column 20: `a.sql` is listed twice"),
        ("checks = ['s3://b/a.sql']", "line 4, column 11: `s3://b/a.sql` is no path"),
        ("params = { a = [1] }", "line 4, column 16: the parameter `a` has no single value"),
        ("params = { a = inf }", "line 4, column 16: the parameter `a` has no single value"),
        ("params = { '$a' = 1 }", "line 4, column 12: `$a` can not be a parameter's name"),
        ("keep = 0", "line 4, column 8: 0 is not between 1 and 1000000"),
        ("retries = 101", "line 4, column 11: 101 is not between 0 and 100"),
        ("notify = 'example.com/hook'", "line 4, column 10: the address of `notify` can not be read"),
        ("notify = 'http://example.com/hook'", "line 4, column 10: the address of `notify` is not encrypted"),
        ("notify = 'http://localhost.example.com/'", "is not encrypted"),
        ("notify = 'ftp://example.com/'", "line 4, column 10: the address of `notify` is none of the web"),
        ("notify_on = 'always'", "line 4, column 13: `[reports.daily]` says when to notify, but not whom"),
        ("notify_on = 'allways'", "line 4, column 13: unknown value `allways`\nhint: did you mean `always`?"),
    ] {
        let text = wrong(&format!("{LEAST}{line}\n"));
        assert!(text.contains(expected), "{line}\n{text}");
    }
}

#[test]
fn a_report_needs_a_name_questions_and_a_destination() {
    for (file, expected) in [
        ("[reports.a]\ndestination = 'r'\n", "line 1, column 10: `[reports.a]` has no `questions`"),
        ("[reports.a]\nquestions = []\n", "line 2, column 13: `[reports.a]` asks no questions"),
        ("[reports.a]\nquestions = ['q']\n", "line 1, column 10: `[reports.a]` has no `destination`"),
        (
            "[reports.a]\nquestions = ['q']\ndestination = 'gs://b/'\n",
            "line 3, column 15: `gs://b/` has the unknown scheme",
        ),
        ("[reports.a]\nquestions = ['q']\ndestination = ''\n", "line 3, column 15: a location is empty"),
        ("[reports]\nquestions = ['q']\n", "line 2, column 13: invalid type: a list, expected a table of keys"),
        ("[reports]\ntitle = 'q'\n", "line 2, column 9: invalid type: string \"q\", expected a table of keys"),
        ("[reports.'../a']\n", "line 1, column 10: `../a` can not be a report's name"),
        ("[reports.'-a']\n", "`-a` can not be a report's name"),
        ("[reports.'a b']\n", "`a b` can not be a report's name"),
        ("[reports.'é']\n", "`é` can not be a report's name"),
        ("[reports.'']\n", "line 1, column 10: a report has no name"),
        ("[report.a]\n", "unknown key `report`\nhint: did you mean `reports`?"),
    ] {
        let text = wrong(file);
        assert!(text.contains(expected), "{file}{text}");
    }
    let text = wrong(&format!("[reports.{}]\n", "a".repeat(101)));
    assert!(text.contains("has more than 100 letters"), "{text}");
}

#[test]
fn the_address_is_not_told() {
    for address in ["http://example.com/SECRET", "SECRET", "ftp://SECRET", "https://SECRET:x"] {
        let text = wrong(&format!("{LEAST}notify = '{address}'\n"));
        assert!(!text.contains("SECRET"), "{text}");
    }
}
