//! A webhook in the test gets what it should, when it should, and nothing shows its address.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use futures::FutureExt;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::config::{Notify, SimulatedClock, Webhook};
use crate::location::Location;
use crate::output::Formulas;
use crate::publication::{CheckRecord, QuestionRecord};

/// A receiver that answers with these, one after another, and keeps what it was sent.
struct Receiver {
    address: String,
    got: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Receiver {
    async fn answering(statuses: &'static [u16]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hooks/s3cret?token=t0ken", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<serde_json::Value>>> = Arc::default();
        let keeping = Arc::clone(&got);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let got = Arc::clone(&keeping);
                let service = service_fn(move |request: Request<Incoming>| {
                    let got = Arc::clone(&got);
                    async move {
                        assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/hooks/s3cret"));
                        assert_eq!(request.headers()["content-type"], "application/json");
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let mut got = got.lock().unwrap();
                        let status = statuses.get(got.len()).copied().unwrap_or(500);
                        got.push(serde_json::from_slice(&body).unwrap());
                        let answer = Response::builder().status(status).header("location", "/elsewhere");
                        Ok::<_, Infallible>(answer.body(Full::new(Bytes::new())).unwrap())
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Receiver { address, got }
    }

    fn got(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

fn report(webhook: &str, on: NotifyOn) -> ReportConfig {
    let webhook = Webhook::from(url::Url::parse(webhook).unwrap());
    ReportConfig {
        name: "daily".to_owned(),
        line: 1,
        title: None,
        questions: Vec::new(),
        params: Default::default(),
        schedule: None,
        destination: Location::S3 { bucket: "bucket".to_owned(), prefix: "reports/".to_owned() },
        formats: vec![ReportFormat::Html],
        formulas: Formulas::default(),
        checks: Vec::new(),
        keep: 1,
        retries: 0,
        notify: Some(Notify { webhook, on }),
    }
}

fn record(outcome: Outcome) -> RunRecord {
    let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    RunRecord {
        report: "daily".to_owned(),
        title: "Pinterest daily".to_owned(),
        run: "2023-11-14T22-13-20Z".to_owned(),
        scheduled_for: at,
        started: at,
        finished: at,
        outcome,
        error: (outcome == Outcome::Failed).then(|| "error: no such table".to_owned()),
        tries: 2,
        version: String::new(),
        configuration_hash: String::new(),
        tables: Vec::new(),
        questions: vec![QuestionRecord {
            name: "01".to_owned(),
            title: "First".to_owned(),
            hash: String::new(),
            outcome,
            error: None,
            rows: 3,
            seconds: 0.1,
            files: Vec::new(),
        }],
        checks: vec![CheckRecord {
            name: "no_nulls".to_owned(),
            title: "No nulls".to_owned(),
            outcome,
            error: None,
            rows: 7,
            examples: Vec::new(),
        }],
        request_retries: 0,
        bytes_fetched: 0,
    }
}

/// Tells of a run; a simulated clock stands, so it is moved while the waits between tries last.
async fn tell(report: &ReportConfig, outcome: Outcome) -> Result<Told> {
    let clock = SimulatedClock::at(DateTime::from_timestamp(0, 0).unwrap());
    let notice = Notice::of(report, &record(outcome));
    let telling = notify(report, &notice, &clock).fuse();
    let mut telling = std::pin::pin!(telling);
    loop {
        tokio::select! {
            told = &mut telling => return told,
            () = tokio::time::sleep(Duration::from_millis(5)) => {
                if let Some(next) = clock.next_sleeper() {
                    clock.advance_to(next);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_failure_is_told_with_what_failed_and_where_the_page_is() {
    let receiver = Receiver::answering(&[204]).await;
    let report = report(&receiver.address, NotifyOn::Failure);
    assert_eq!(tell(&report, Outcome::Complete).await.unwrap(), Told::NotWanted);
    assert_eq!(receiver.got(), 0);
    assert_eq!(tell(&report, Outcome::Failed).await.unwrap(), Told::Yes);
    let expected = serde_json::json!([{
        "report": "daily", "title": "Pinterest daily", "run": "2023-11-14T22-13-20Z", "outcome": "failed",
        "error": "no such table", "scheduled_for": "2023-11-14T22:13:20Z", "finished": "2023-11-14T22:13:20Z",
        "tries": 2, "page": "s3://bucket/reports/daily/2023-11-14T22-13-20Z/index.html",
        "failed_questions": [{"name": "01", "title": "First", "rows": 3, "error": null}],
        "failed_checks": [{"name": "no_nulls", "title": "No nulls", "rows": 7, "error": null}],
    }]);
    assert_eq!(serde_json::Value::from(receiver.got.lock().unwrap().clone()), expected);
}

#[tokio::test]
async fn who_wants_to_know_always_is_told_of_a_complete_run_and_asked_again_after_an_error_of_the_server() {
    let receiver = Receiver::answering(&[503, 429, 200]).await;
    let report = report(&receiver.address, NotifyOn::Always);
    assert_eq!(tell(&report, Outcome::Complete).await.unwrap(), Told::Yes);
    assert_eq!(receiver.got(), 3);
    assert_eq!(receiver.got.lock().unwrap()[2]["failed_checks"], serde_json::json!([]));
}

#[tokio::test]
async fn a_refusal_is_final_and_so_is_an_address_that_leads_elsewhere() {
    for status in [&[404][..], &[302]] {
        let receiver = Receiver::answering(status).await;
        let report = report(&receiver.address, NotifyOn::Failure);
        let error = tell(&report, Outcome::Failed).await.unwrap_err();
        assert!(error.message().contains(&format!("it answered {}", status[0])), "{error}");
        assert_eq!(receiver.got(), 1);
    }
}

#[tokio::test]
async fn what_goes_wrong_names_the_host_alone() {
    let receiver = Receiver::answering(&[]).await;
    let refused = tell(&report(&receiver.address, NotifyOn::Failure), Outcome::Failed).await.unwrap_err();
    assert_eq!(receiver.got(), 3, "three tries");
    // Nobody listens there.
    let nowhere = "http://127.0.0.1:1/hooks/s3cret?token=t0ken";
    let unreachable = tell(&report(nowhere, NotifyOn::Failure), Outcome::Failed).await.unwrap_err();
    for error in [refused, unreachable] {
        let shown = format!("{} {error:?}", error.render());
        assert!(shown.contains("http://127.0.0.1/..."), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
    }
}
