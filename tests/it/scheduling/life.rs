//! What a scheduler does while nobody stops it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use rustix::process::Signal;

use super::daemon::{Project, read, rest};

/// Its last time is always missed, and the next one is far away.
const YEARLY: &str = "schedule = \"0 0 1 1 *\"\ntimezone = \"Europe/London\"\ndestination = \"reports/\"\nretries = 0\nformats = [\"csv\"]\n";

fn posts() -> Project {
    Project::new(&format!("[reports.yearly]\n{YEARLY}questions = [\"posts.sql\"]\n"), &[POSTS])
}

const POSTS: (&str, &str) = ("posts.sql", "select count(*) as posts from pin;\n");

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the status is served");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_missed_time_is_caught_up_with_once_and_the_status_tells_of_it() {
    let project = posts();
    let mut daemon = project.start(&["--status-listen", "127.0.0.1:0"]);
    let served = daemon.until_said("the status is served", 1);
    let address = served["address"].as_str().expect("an address");
    let published = daemon.until_said("the run is published", 1);
    assert_eq!(published["report"], "yearly");
    let run = published["run"].as_str().expect("a run").to_owned();
    assert!(project.path(&format!("reports/yearly/{run}/posts.csv")).exists());
    let latest = read(&project.path("reports/yearly/latest.json")).expect("a latest run");
    assert_eq!(latest["run"], run.as_str());
    assert!(get(address, "/health").starts_with("HTTP/1.1 200 OK\r\n"));
    let reports = get(address, "/reports");
    assert!(reports.contains("\"state\": \"resting\"") && reports.contains("\"outcome\": \"complete\""), "{reports}");
    let metrics = get(address, "/metrics");
    for line in [
        "pinq_report_runs_total{report=\"yearly\",outcome=\"complete\"} 1",
        "pinq_report_question_rows{report=\"yearly\",question=\"posts\"} 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{metrics}");
    }
    daemon.stopped();
    // Another one, later: that time is settled, and the last run is known.
    let mut again = project.start(&["--status-listen", "127.0.0.1:0"]);
    again.until_said("that time is settled already", 1);
    let served = again.until_said("the status is served", 1);
    assert!(get(served["address"].as_str().expect("an address"), "/reports").contains(&run));
    again.stopped();
    assert_eq!(project.runs("yearly").len(), 1);
}

#[test]
fn two_schedulers_publish_a_time_once() {
    let project = posts();
    let mut daemons = [project.start(&[]), project.start(&[])];
    for daemon in &mut daemons {
        daemon.until_said("the report is scheduled", 1);
    }
    // One has run it; the other sees that it is claimed or settled, now or when the claim would have run out.
    let began = std::time::Instant::now();
    while project.runs("yearly").is_empty() {
        assert!(began.elapsed().as_secs() < 60, "nothing is published");
        rest(std::time::Duration::from_millis(20));
    }
    let logs: Vec<_> = daemons.into_iter().flat_map(super::daemon::Daemon::stopped).collect();
    let begun = logs.iter().filter(|entry| entry["message"] == "the run begins").count();
    assert_eq!((begun, project.runs("yearly").len()), (1, 1), "{logs:#?}");
}

#[test]
fn a_failure_is_told_to_the_webhook_whose_address_is_not_shown() {
    let webhook = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = webhook.local_addr().expect("an address");
    let received = std::thread::spawn(move || {
        let (mut stream, _) = webhook.accept().expect("a connection");
        let mut request = String::new();
        let mut bytes = [0; 4096];
        while !request.ends_with('}') {
            let read = stream.read(&mut bytes).expect("a request");
            request.push_str(std::str::from_utf8(&bytes[..read]).expect("UTF-8"));
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("an answer");
        request
    });
    let notify = format!("notify = \"http://{address}/hooks/s3cret?token=t0ken\"\n");
    let reports = format!("[reports.yearly]\n{YEARLY}{notify}questions = [\"wrong.sql\", \"posts.sql\"]\n");
    let project = Project::new(&reports, &[POSTS, ("wrong.sql", "select nothing from pin;\n")]);
    let mut daemon = project.start(&[]);
    daemon.until_said("the run failed", 1);
    daemon.until_said("the webhook was told", 1);
    let request = received.join().expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("POST /hooks/s3cret?token=t0ken HTTP/1.1\r\n"), "{head}");
    let notice: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&notice["report"], &notice["outcome"]), (&"yearly".into(), &"failed".into()));
    assert_eq!(notice["failed_questions"][0]["name"], "wrong");
    let log = format!("{:?}", daemon.stopped());
    assert!(!log.contains("s3cret") && !log.contains("t0ken"), "{log}");
    assert!(!project.path("reports/yearly/latest.json").exists(), "what failed is not the latest");
    assert_eq!(project.runs("yearly")[0]["outcome"], "failed");
}

#[test]
fn sighup_reads_the_configuration_again_unless_it_is_broken() {
    let project = posts();
    let mut daemon = project.start(&[]);
    daemon.until_said("the run is published", 1);
    project.configure("[reports.yearly]\nschedule = \"0 0 1 13 *\"\n");
    daemon.signal(Signal::HUP);
    let refused = daemon.until_said("the configuration could not be read again; the one before stays", 1);
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("pinq.toml")), "{refused}");
    let both = format!(
        "[reports.yearly]\n{YEARLY}questions = [\"posts.sql\"]\n[reports.more]\n{YEARLY}questions = [\"posts.sql\"]\n"
    );
    project.configure(&both);
    daemon.signal(Signal::HUP);
    daemon.until_said("the configuration was read again", 1);
    let published = daemon.until_said("the run is published", 2);
    assert_eq!(published["report"], "more");
    daemon.stopped();
    assert_eq!((project.runs("yearly").len(), project.runs("more").len()), (1, 1));
}
