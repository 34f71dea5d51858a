//! What a user reads where the server refuses or nothing is there: exit code, message and hint.
//!
//! That no secret is in it is checked with every run.

use super::fixed_answer::{self, TLS_ALERT, WEB_PAGE};
use super::landings::{COUNT, items, samples, serve};
use super::program::{Pinq, WRONG_SECRET};
use crate::s3::{Bucket, Denied, S3Server, ServerOptions};

/// `pinq sql` over a landing of that location.
fn over(pinq: Pinq, landing: &str) -> Pinq {
    pinq.args(["sql", COUNT, "--landing", landing, "--format", "csv"])
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_not_shown() {
    let server = serve(&items(&[2])).await;
    let finished = Pinq::against(&server).env("AWS_SECRET_ACCESS_KEY", WRONG_SECRET).sql(COUNT).run().await;
    finished.assert_refused(
        1,
        &["the secret key does not belong to the access key", "hint: check `AWS_SECRET_ACCESS_KEY`"],
    );
    assert!(finished.stderr.contains("s3://landing/topics/"), "{}", finished.stderr);
}

#[tokio::test]
async fn an_unknown_access_key_is_told() {
    let server = serve(&items(&[2])).await;
    let finished = Pinq::against(&server).env("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNEXAMPLE00").sql(COUNT).run().await;
    finished.assert_refused(1, &["does not know the access key", "hint: check `AWS_ACCESS_KEY_ID`"]);
}

#[tokio::test]
async fn a_missing_bucket_is_named_with_its_endpoint() {
    let server = serve(&items(&[2])).await;
    let finished = over(Pinq::against(&server), "s3://lnading/topics/").run().await;
    finished.assert_refused(1, &["the bucket `lnading` does not exist at", &server.endpoint(), "hint: "]);
    let unregioned = over(Pinq::against(&server).without_env("AWS_REGION"), "s3://lnading/topics/").run().await;
    unregioned.assert_refused(1, &["the bucket `lnading` does not exist at"]);
}

#[tokio::test]
async fn an_empty_prefix_is_told_with_what_is_near() {
    let server = serve(&samples()).await;
    let finished = over(Pinq::against(&server), "s3://landing/topisc/").run().await;
    finished.assert_refused(1, &["`s3://landing/topisc/` holds no topics", "hint: `s3://landing/` holds `topics/`"]);
    let deeper = over(Pinq::against(&server), "s3://landing/topics/2020/05").run().await;
    deeper.assert_refused(1, &["holds no topics", "hint: `s3://landing/topics/` holds `21ec18eca200.geo/`"]);
}

#[tokio::test]
async fn an_empty_bucket_is_no_crash() {
    let server = serve(&Bucket::memory()).await;
    let finished = over(Pinq::against(&server), "s3://landing/").run().await;
    finished.assert_refused(1, &["`s3://landing/` holds no topics"]);
}

#[tokio::test]
async fn a_missing_topic_is_told_with_those_there_are() {
    let server = serve(&samples()).await;
    let finished = Pinq::against(&server).config("[tables.item]\nkey = \"n\"\n").sql(COUNT).run().await;
    finished.assert_refused(1, &["`item`", "21ec18eca200.pin", "[tables.item]", "topic = "]);
    let undeclared = Pinq::against(&server).sql("select count(*) from raw.pins").run().await;
    undeclared.assert_refused(1, &["raw.pins", "raw.pin`"]);
    let gone = Pinq::against(&server).config("[tables.item]\ntopic = \"demo.item\"\n").sql(COUNT).run().await;
    gone.assert_refused(1, &["s3://landing/topics/demo.item/", "holds `21ec18eca200.geo/`"]);
}

#[tokio::test]
async fn a_landing_that_points_at_one_topic_says_so() {
    let server = serve(&samples()).await;
    let finished = over(Pinq::against(&server), "s3://landing/topics/21ec18eca200.pin/").run().await;
    finished.assert_refused(1, &["holds no topics", "hint: it looks like one topic"]);
}

#[tokio::test]
async fn a_bad_record_is_named_with_object_and_line() {
    let bucket = items(&[2]);
    bucket.insert("topics/demo.item/partition=0/bad.json", "{\"n\":1}\n{\"n\":\n");
    let server = serve(&bucket).await;
    let finished = Pinq::against(&server).config(super::landings::DECLARED).sql(COUNT).run().await;
    finished.assert_refused(1, &["table `item`", "partition=0/bad.json", "line 2"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_soon() {
    let server = serve(&items(&[2])).await;
    let pinq = Pinq::against(&server).sql(COUNT);
    let endpoint = server.endpoint();
    server.shutdown().await;
    let finished = pinq.run().await;
    finished.assert_refused(1, &[&format!("no connection to {endpoint}"), "hint: check `endpoint`"]);
    assert!(finished.elapsed.as_secs() < 10, "{:?}", finished.elapsed);
}

async fn denying(denied: Denied) -> S3Server {
    let options = ServerOptions { denied: vec![denied], ..ServerOptions::default() };
    S3Server::start(items(&[2]), options).await.expect("a free port")
}

#[tokio::test]
async fn a_denied_action_is_named_with_the_smallest_policy() {
    let listing = Pinq::against(&denying(Denied::List).await).sql(COUNT).run().await;
    listing.assert_refused(
        1,
        &[
            "can not list `s3://landing/topics/`: access is denied: the credentials of the environment lack `s3:ListBucket`",
            "hint: allow `s3:ListBucket` on `arn:aws:s3:::landing`; the smallest policy that does so: {",
            "\"s3:prefix\":\"topics/*\"",
        ],
    );
    let reading = Pinq::against(&denying(Denied::Read).await).sql(COUNT).run().await;
    reading.assert_refused(1, &["lack `s3:GetObject`", "arn:aws:s3:::landing/topics/demo.item/*"]);
    let output = ["--output", "s3://landing/out/answer.csv"];
    let writing = Pinq::against(&denying(Denied::Write).await).sql(COUNT).args(output).run().await;
    writing.assert_refused(1, &["can not write", "lack `s3:PutObject`", "arn:aws:s3:::landing/out/*"]);
}

#[tokio::test]
async fn an_expired_token_says_whose_it_is() {
    let server = denying(Denied::ExpiredToken).await;
    let finished = Pinq::against(&server).env("AWS_SESSION_TOKEN", "old").sql(COUNT).run().await;
    finished.assert_refused(1, &["the credentials of the environment have expired", "set `AWS_ACCESS_KEY_ID`"]);
}

#[tokio::test]
async fn a_wrong_clock_is_told_by_how_much() {
    let options =
        ServerOptions { denied: vec![Denied::WrongClock], clock_ahead: Some(3_600), ..ServerOptions::default() };
    let server = S3Server::start(items(&[2]), options).await.expect("a free port");
    let finished = Pinq::against(&server).sql(COUNT).run().await;
    finished.assert_refused(1, &["this machine's clock is ", " behind the server's", "hint: set the clock"]);
}

#[tokio::test]
async fn what_is_not_s3_is_told() {
    let server = serve(&items(&[2])).await;
    let with = |endpoint: String| Pinq::against(&server).env("AWS_ENDPOINT_URL", endpoint).sql(COUNT);
    let page = fixed_answer::serve(WEB_PAGE).await;
    with(format!("http://{page}")).run().await.assert_refused(1, &["is not S3", "hint: check `endpoint`"]);
    let tls = fixed_answer::serve(TLS_ALERT).await;
    let finished = with(format!("http://{tls}")).run().await;
    finished.assert_refused(1, &["does not speak plain http at that port", "endpoint = \"https://127.0.0.1"]);
    let plain = with(server.endpoint().replace("http://", "https://")).run().await;
    plain.assert_refused(1, &["speaks plain http at that port, not https", "endpoint = \"http://127.0.0.1"]);
}

#[tokio::test]
async fn a_name_without_an_address_is_told() {
    let server = serve(&items(&[2])).await;
    let with = Pinq::against(&server).env("AWS_ENDPOINT_URL", "https://no-such-host.invalid").sql(COUNT);
    let finished = with.run().await;
    finished.assert_refused(1, &["no connection to https://no-such-host.invalid"]);
}
