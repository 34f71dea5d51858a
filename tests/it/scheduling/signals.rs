//! How a scheduler stops.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::daemon::{Daemon, Project, rest};

/// Whose only question takes minutes.
fn endless() -> Project {
    let report =
        "[reports.endless]\nschedule = \"0 0 1 1 *\"\ndestination = \"reports/\"\nquestions = [\"endless.sql\"]\n";
    let question = "select sum(a.ind + b.ind * c.ind - d.ind + e.ind) from raw.geo a, raw.geo b, raw.geo c, raw.geo d, raw.geo e;\n";
    Project::new(report, &[("endless.sql", question)])
}

/// One that has begun its run.
fn begun(project: &Project, arguments: &[&str]) -> Daemon {
    let mut daemon = project.start(arguments);
    daemon.until_said("the run begins", 1);
    // So that there is something to cancel.
    rest(Duration::from_millis(500));
    daemon
}

/// Nothing of the run that was cancelled is left at the destination.
fn assert_nothing_left(project: &Project) {
    let left = project.published("reports/endless");
    let shown: Vec<&String> = left.iter().filter(|name| !name.starts_with(".pinq-lock")).collect();
    assert_eq!(shown, ["claim.json"], "{left:?}");
    let claim = super::daemon::read(&project.path("reports/endless/claim.json")).expect("a claim");
    assert_eq!(claim["state"], "unfinished");
}

#[test]
fn a_supervisors_stop_cancels_what_runs_after_the_grace_period_and_is_no_failure() {
    let project = endless();
    let daemon = begun(&project, &["--grace", "500ms"]);
    let since = Instant::now();
    let log = daemon.stopped();
    assert!(since.elapsed() >= Duration::from_millis(500) && since.elapsed() < Duration::from_secs(10));
    let said: Vec<&str> = log.iter().filter_map(|entry| entry["message"].as_str()).collect();
    let last = [
        "told to stop; what runs may end within the grace period",
        "what runs is cancelled",
        "the run is stopped; it is due again at the next start",
        "stopped",
    ];
    assert!(said.ends_with(&last), "{said:#?}");
    assert_nothing_left(&project);
    // It is not another host's: whoever starts next has it at once.
    let mut again = project.start(&["--grace", "0s"]);
    again.until_said("the run begins", 1);
    again.stopped();
    assert_nothing_left(&project);
}

#[test]
fn questions_that_never_pause_do_not_keep_the_scheduler_from_anything() {
    // A nested loop without a batch to hand on keeps the thread that it is on; two of them keep every thread of a small
    // machine.
    let question = "select count(*) from generate_series(1, 60000) a(x) cross join generate_series(1, 2000000) b(y) \
                    where a.x * b.y % 7 = 3;\n";
    let report = |name: &str| {
        format!("[reports.{name}]\nschedule = \"0 0 1 1 *\"\ndestination = \"reports/\"\nquestions = [\"stuck.sql\"]\n")
    };
    let reports: String = ["one", "two", "three", "four"].map(report).concat();
    let project = Project::new(&reports, &[("stuck.sql", question)]);
    let mut daemon = project.start(&["--grace", "1s"]);
    daemon.until_said("the run begins", 4);
    rest(Duration::from_secs(2));
    daemon.signal(Signal::TERM);
    let since = Instant::now();
    daemon.until_said("what runs is cancelled", 1);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    // Two further ones end the process, whatever it does.
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::TERM);
    let (code, log) = daemon.ended();
    assert!(code.is_some_and(|code| code == 130 || code == 0), "{code:?}: {log:#?}");
}

#[test]
fn a_second_signal_cancels_at_once() {
    let project = endless();
    let mut daemon = begun(&project, &["--grace", "10m"]);
    daemon.signal(Signal::INT);
    daemon.until_said("told to stop; what runs may end within the grace period", 1);
    let since = Instant::now();
    daemon.signal(Signal::INT);
    let (code, log) = daemon.ended();
    assert_eq!(code, Some(130), "{log:#?}");
    assert!(since.elapsed() < Duration::from_secs(10));
    assert_eq!(log.last().expect("last words")["said"], "error: interrupted: 1 run was cancelled");
    assert_nothing_left(&project);
}
