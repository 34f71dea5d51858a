//! `pinq doctor` against a bucket: what each wrong set-up is told as, and that the walk stops where it has to.

use serde_json::Value;

use super::fixed_answer::{self, WEB_PAGE};
use super::landings::{DECLARED, items, samples, serve};
use super::program::{Finished, Pinq, WRONG_SECRET};
use super::tls;
use crate::s3::{Anonymous, Bucket, Denied, S3Server, ServerOptions, WrongRegion};

pub(crate) const LANDING: &str = "s3://landing/topics/";

async fn serve_as(bucket: &Bucket, options: ServerOptions) -> S3Server {
    S3Server::start(bucket.clone(), options).await.expect("a free port")
}

async fn denying(denied: Denied) -> S3Server {
    serve_as(&items(&[5]), ServerOptions { denied: vec![denied], ..ServerOptions::default() }).await
}

pub(crate) async fn examined(pinq: Pinq, location: &str) -> Diagnosis {
    Diagnosis::of(&pinq.args(["doctor", location, "--format", "json"]).run().await)
}

/// The document, with the exit code of the run.
pub(crate) struct Diagnosis {
    pub(crate) code: Option<i32>,
    pub(crate) document: Value,
}

impl Diagnosis {
    fn of(finished: &Finished) -> Diagnosis {
        let document = serde_json::from_slice(&finished.stdout).expect("a document");
        assert_eq!(finished.stderr, "", "results are data");
        Diagnosis { code: finished.code, document }
    }

    #[track_caller]
    pub(crate) fn step(&self, id: &str) -> &Value {
        let steps = self.document["steps"].as_array().expect("steps");
        steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step `{id}`: {}", self.document))
    }

    #[track_caller]
    pub(crate) fn status(&self, id: &str) -> &str {
        self.step(id)["status"].as_str().expect("a status")
    }

    /// Checks that this step failed, the one after it was skipped, and that every part is said in it.
    #[track_caller]
    pub(crate) fn assert_failed(&self, id: &str, parts: &[&str]) {
        assert_eq!(self.status(id), "failed", "{:#}", self.document);
        assert_eq!(self.code, Some(1));
        let text = self.step(id).to_string();
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in:\n{:#}", self.step(id));
        }
    }

    #[track_caller]
    fn assert_skipped(&self, ids: &[&str]) {
        for id in ids {
            assert_eq!(self.status(id), "skipped", "{:#}", self.document);
        }
    }
}

#[tokio::test]
async fn a_good_landing_is_well() {
    let server = serve(&samples()).await;
    let good = examined(Pinq::against(&server), LANDING).await;
    for id in ["configuration", "credentials", "endpoint", "clock", "region", "list", "landing", "read", "views"] {
        assert_eq!(good.status(id), "ok", "{:#}", good.document);
    }
    assert!(good.step("credentials")["what"].as_str().is_some_and(|what| what.contains("from the environment")));
    assert!(good.step("endpoint")["what"].as_str().is_some_and(|what| what.contains(&server.endpoint())));
    assert!(good.step("region")["what"].as_str().is_some_and(|what| what.contains("`AWS_REGION`")));
    assert_eq!(good.step("questions")["what"], "11 questions that are built in can be planned");
    // The samples have dirt, which is told, and nothing that fails.
    assert_eq!((good.status("sample"), good.code), ("warning", Some(0)), "{:#}", good.document);
}

#[tokio::test]
async fn a_region_that_nobody_gave_is_the_buckets_own() {
    let server = serve(&items(&[5])).await;
    let found = examined(Pinq::against(&server).without_env("AWS_REGION").config(DECLARED), LANDING).await;
    assert_eq!(found.code, Some(0), "{:#}", found.document);
    assert_eq!(found.step("region")["what"], "`eu-west-1`, said by the bucket itself");
    assert_eq!(server.counts().heads, 1, "it is asked for once");
}

#[tokio::test]
async fn a_denied_listing_has_its_policy() {
    let server = denying(Denied::List).await;
    let denied = examined(Pinq::against(&server), LANDING).await;
    denied.assert_failed("list", &["access is denied", "lack `s3:ListBucket`", "allow `s3:ListBucket` on"]);
    let statement = &denied.step("list")["policy"]["Statement"][0];
    assert_eq!(statement["Action"], "s3:ListBucket");
    assert_eq!(statement["Resource"], "arn:aws:s3:::landing");
    assert_eq!(statement["Condition"]["StringLike"]["s3:prefix"], "topics/*");
    denied.assert_skipped(&["landing", "read", "sample", "offsets", "sizes", "views", "questions"]);
    assert_eq!(denied.status("endpoint"), "ok");
    assert_eq!(denied.status("memory"), "ok", "what does not need the landing is tried all the same");
}

#[tokio::test]
async fn a_denied_read_has_its_policy() {
    let server = denying(Denied::Read).await;
    let denied = examined(Pinq::against(&server), LANDING).await;
    denied.assert_failed("read", &["access is denied", "lack `s3:GetObject`"]);
    let statement = &denied.step("read")["policy"]["Statement"][0];
    assert_eq!(statement["Resource"], "arn:aws:s3:::landing/topics/*");
    assert_eq!(statement.get("Condition"), None);
    assert_eq!((denied.status("landing"), denied.status("sizes")), ("ok", "ok"));
    denied.assert_skipped(&["sample", "offsets", "views", "questions"]);
}

#[tokio::test]
async fn a_wrong_region_is_told_with_the_right_one() {
    for wrong_region in [WrongRegion::Redirected, WrongRegion::Malformed] {
        let server = serve_as(&items(&[5]), ServerOptions { wrong_region, ..ServerOptions::default() }).await;
        let wrong = examined(Pinq::against(&server).env("AWS_REGION", "us-east-2"), LANDING).await;
        wrong
            .assert_failed("region", &["`eu-west-1`, not in `us-east-2`", "`AWS_REGION` says", "AWS_REGION=eu-west-1"]);
        wrong.assert_skipped(&["list", "read"]);
        assert_eq!(server.counts().lists, 0);
    }
}

#[tokio::test]
async fn keys_that_are_wrong_are_told_apart() {
    let server = serve(&items(&[5])).await;
    let key = examined(Pinq::against(&server).env("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNEXAMPLE00"), LANDING).await;
    key.assert_failed("list", &["does not know the access key of the environment", "AWS_ACCESS_KEY_ID"]);
    let secret = examined(Pinq::against(&server).env("AWS_SECRET_ACCESS_KEY", WRONG_SECRET), LANDING).await;
    secret.assert_failed("list", &["the secret key does not belong to the access key of the environment"]);
    assert_eq!(secret.step("list")["policy"], Value::Null);
}

#[tokio::test]
async fn credentials_that_are_missing_or_expired_are_told() {
    let server = serve(&items(&[5])).await;
    let alone = || Pinq::alone().env("AWS_ENDPOINT_URL", server.endpoint()).env("AWS_EC2_METADATA_DISABLED", "true");
    let none = examined(alone(), LANDING).await;
    none.assert_failed("credentials", &["no AWS credentials were found", "the profile `default`"]);
    assert_eq!((none.status("endpoint"), none.status("region")), ("ok", "ok"));
    none.assert_skipped(&["list"]);
    let profile = examined(alone().env("AWS_PROFILE", "wrok"), LANDING).await;
    profile.assert_failed("credentials", &["the AWS profile `wrok`, named by AWS_PROFILE, does not exist"]);
    profile.assert_skipped(&["endpoint", "clock", "region", "list"]);
    let server = denying(Denied::ExpiredToken).await;
    let expired = examined(Pinq::against(&server).env("AWS_SESSION_TOKEN", "token"), LANDING).await;
    expired.assert_failed("list", &["the credentials of the environment have expired", "AWS_SESSION_TOKEN"]);
}

#[tokio::test]
async fn a_missing_bucket_and_an_empty_prefix_are_told() {
    let server = serve(&samples()).await;
    let missing = examined(Pinq::against(&server), "s3://lnading/topics/").await;
    missing.assert_failed("list", &["the bucket `lnading` does not exist at http://127.0.0.1"]);
    let empty = examined(Pinq::against(&server), "s3://landing/topisc/").await;
    empty.assert_failed("list", &["nothing is there", "`s3://landing/` holds `topics/`"]);
    let topic = examined(Pinq::against(&server), "s3://landing/topics/21ec18eca200.pin/").await;
    topic.assert_failed("landing", &["it looks like one topic"]);
    let partition = examined(Pinq::against(&server), "s3://landing/topics/21ec18eca200.pin/partition=0/").await;
    partition.assert_failed("landing", &["it looks like one partition of a topic"]);
}

#[tokio::test]
async fn a_wrong_clock_is_told_by_how_much() {
    let options = |ahead| ServerOptions { clock_ahead: Some(ahead), ..ServerOptions::default() };
    let server = serve_as(&items(&[5]), options(20 * 60 + 5)).await;
    let behind = examined(Pinq::against(&server), LANDING).await;
    behind.assert_failed("clock", &["this machine's clock is 20 min ", " behind that of", "set the clock"]);
    behind.assert_skipped(&["list"]);
    let server = serve_as(&items(&[5]), options(-5 * 60)).await;
    let ahead = examined(Pinq::against(&server), LANDING).await;
    assert_eq!((ahead.status("clock"), ahead.code), ("warning", Some(0)), "{:#}", ahead.document);
}

#[tokio::test]
async fn endpoints_that_are_wrong_are_told_apart() {
    let server = serve(&items(&[5])).await;
    let with = |endpoint: String| Pinq::against(&server).env("AWS_ENDPOINT_URL", endpoint);
    let plain = examined(with(server.endpoint().replace("127.0.0.1", "0.0.0.0")), LANDING).await;
    plain.assert_failed("endpoint", &["is plain http", "allow_http = true"]);
    plain.assert_skipped(&["clock", "region", "list"]);
    assert_eq!(plain.status("credentials"), "ok");
    let tls = examined(with(server.endpoint().replace("http://", "https://")), LANDING).await;
    tls.assert_failed("endpoint", &["speaks plain http at that port, not https", "endpoint = \\\"http://127.0.0.1"]);
    let nobody = examined(with("http://127.0.0.1:1".to_owned()), LANDING).await;
    nobody.assert_failed("endpoint", &["no connection to http://127.0.0.1:1", "check `endpoint`"]);
    let nowhere = examined(with("https://no-such-host.invalid".to_owned()), LANDING).await;
    nowhere.assert_failed("endpoint", &["no connection to https://no-such-host.invalid"]);
    let bucket = examined(with(server.endpoint() + "/landing"), LANDING).await;
    bucket.assert_failed("list", &["it is named without the bucket"]);
    let proxied = Pinq::against(&server).env("http_proxy", "http://me:hunter2@127.0.0.1:1");
    let proxied = examined(proxied, LANDING).await;
    proxied.assert_failed("endpoint", &["the proxy that `http_proxy` names"]);
    assert!(!proxied.document.to_string().contains("hunter2"), "{:#}", proxied.document);
    let page = fixed_answer::serve(WEB_PAGE).await;
    let page = examined(with(format!("http://{page}")), LANDING).await;
    page.assert_failed("endpoint", &["is not S3", "a console or a web site"]);
}

#[tokio::test]
async fn certificates_that_are_wrong_are_told_apart() {
    let server = serve(&items(&[5])).await;
    let shown = async |certificate: &str| {
        let pinq = Pinq::against(&server).env("AWS_ENDPOINT_URL", tls::before(&server, certificate).await);
        examined(tls::trusting(pinq), LANDING).await
    };
    let trusted = shown("trusted.pem").await;
    assert_eq!(trusted.code, Some(0), "{:#}", trusted.document);
    assert!(trusted.step("endpoint").to_string().contains("over TLS"), "{:#}", trusted.document);
    for (certificate, parts) in [
        ("self-signed.pem", ["signed by nobody whom this machine trusts", "SSL_CERT_FILE"]),
        ("other-name.pem", ["is for another name", "write the `endpoint` as the certificate has it"]),
        ("expired.pem", ["has expired", "check this machine's clock"]),
    ] {
        let wrong = shown(certificate).await;
        wrong.assert_failed("endpoint", &["the TLS certificate of https://localhost:"]);
        wrong.assert_failed("endpoint", &parts);
        wrong.assert_skipped(&["clock", "region", "list"]);
    }
}

#[tokio::test]
async fn a_public_bucket_needs_no_credentials() {
    let server =
        serve_as(&items(&[5]), ServerOptions { anonymous: Anonymous::Allowed, ..ServerOptions::default() }).await;
    let pinq = Pinq::alone().env("AWS_ENDPOINT_URL", server.endpoint()).config("[storage]\nanonymous = true\n");
    let public = examined(pinq, LANDING).await;
    assert_eq!(public.code, Some(0), "{:#}", public.document);
    assert!(public.step("credentials")["what"].as_str().is_some_and(|what| what.contains("not signed")));
}

#[tokio::test]
async fn tiny_objects_gaps_and_dirt_are_told() {
    let bucket = items(&[1_500]);
    for offset in [700, 701] {
        bucket.remove(&super::landings::item_key(0, offset));
    }
    bucket.insert("topics/demo.item/partition=0/notes.txt", "hello");
    let server = serve(&bucket).await;
    let found = examined(Pinq::against(&server), LANDING).await;
    let has = |id: &str, part: &str| {
        assert!(found.step(id).to_string().contains(part), "`{part}` is not in:\n{:#}", found.step(id));
    };
    assert_eq!(
        (found.status("sizes"), found.status("offsets"), found.status("landing")),
        ("warning", "warning", "warning")
    );
    has("sizes", "flush.size=");
    has("sizes", "rotate.interval.ms=");
    has("offsets", "2 offsets are missing, first from 700 up to");
    has("landing", "1,498 objects in 1 partition");
    has("landing", "`.txt` is not JSON");
    assert!(server.counts().gets <= 1_000, "a sample: {}", server.counts());
    assert_eq!(found.code, Some(0), "warnings alone fail nothing");
}

#[tokio::test]
async fn a_folder_of_objects_alone_is_not_listed_to_its_end() {
    let server = serve(&items(&[2_500])).await;
    let found = examined(Pinq::against(&server), "s3://landing/topics/demo.item/partition=0/").await;
    found.assert_failed("list", &["no folders of topics", "one partition of a topic"]);
    assert_eq!(server.counts().lists, 1, "one page is enough");
}
