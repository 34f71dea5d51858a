//! The status as a client sees it, over a socket.

use std::sync::Arc;

use chrono_tz::UTC;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Ask, Status};
use crate::publication::Outcome;
use crate::report::scheduler::{Doing, LastRun, Notes, Overview, ReportOverview, RunCounts, Standing};
use crate::schedule::Schedule;

fn overview(is_overdue: bool) -> Overview {
    let now = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let schedule = Schedule::parse("0 6 * * *", UTC).unwrap();
    let last = LastRun {
        run: "2023-11-13T06-00-00Z".to_owned(),
        scheduled_for: now,
        finished: now,
        seconds: Some(1.5),
        outcome: Outcome::Failed,
        error: Some("a \"check\" failed\nand more".to_owned()),
        tries: 4,
        rows: vec![("01_popular \"x\"".to_owned(), 12)],
    };
    let notes = Notes {
        doing: Some(Doing::Running { tries_before: 1, since: now }),
        last: Some(last),
        last_success: Some(now),
        counts: RunCounts { complete: 7, failed: 1 },
    };
    let report = ReportOverview {
        schedule: schedule.text().to_owned(),
        zone: "UTC".to_owned(),
        standing: Standing::Running(now),
        next: schedule.next(now).into_iter().collect(),
        notes,
    };
    Overview { now, is_overdue, reports: [("daily".to_owned(), report)].into() }
}

/// What is answered to `request`, whole.
async fn ask(said: Option<Overview>, request: &str) -> String {
    let status = Status::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = status.address();
    let ask: Ask = Arc::new(move || {
        let said = said.clone();
        Box::pin(async move { said })
    });
    let serving = tokio::spawn(status.serve(ask));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A refusal may come before all was read, which resets the connection.
    let _reset = stream.read_to_end(&mut answer).await;
    serving.abort();
    String::from_utf8(answer).unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

#[tokio::test]
async fn health_is_503_where_a_time_is_overdue_or_the_loop_does_not_turn() {
    assert!(ask(Some(overview(false)), &get("/health")).await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(ask(Some(overview(true)), &get("/health")).await.starts_with("HTTP/1.1 503 "));
    assert!(ask(None, &get("/health")).await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn reports_are_told_as_json() {
    let answer = ask(Some(overview(false)), &get("/reports")).await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    let report = &told["reports"][0];
    assert_eq!(report["name"], "daily");
    assert_eq!(report["state"], "running");
    assert_eq!(report["try"], 2);
    assert_eq!(report["next"][0], "2023-11-15T06:00:00Z");
    assert_eq!(report["last"]["outcome"], "failed");
}

#[tokio::test]
async fn metrics_are_openmetrics_with_escaped_labels() {
    let answer = ask(Some(overview(false)), &get("/metrics")).await;
    for line in [
        "pinq_build_info{version=\"0.1.0\"} 1",
        "pinq_report_runs_total{report=\"daily\",outcome=\"complete\"} 7",
        "pinq_report_runs_total{report=\"daily\",outcome=\"failed\"} 1",
        "pinq_report_last_duration_seconds{report=\"daily\"} 1.5",
        "pinq_report_last_complete{report=\"daily\"} 0",
        "pinq_report_last_success_timestamp_seconds{report=\"daily\"} 1700000000.0",
        "pinq_report_next_timestamp_seconds{report=\"daily\"} 1700028000.0",
        "pinq_report_running{report=\"daily\"} 1",
        "pinq_report_question_rows{report=\"daily\",question=\"01_popular \\\"x\\\"\"} 12",
        "# EOF",
    ] {
        assert!(answer.lines().any(|it| it == line), "{line} is not in\n{answer}");
    }
}

#[tokio::test]
async fn only_get_and_head_of_what_there_is_are_answered() {
    let post = "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    let refused = ask(Some(overview(false)), post).await;
    assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("allow: GET, HEAD\r\n"), "{refused}");
    assert!(ask(Some(overview(false)), &get("/secrets")).await.starts_with("HTTP/1.1 404 "));
    let head = ask(Some(overview(false)), "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    let long = format!("GET /health HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let refused = ask(Some(overview(false)), &long).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431 "), "{refused}");
}
