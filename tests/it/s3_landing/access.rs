//! Where requests go: the endpoint's settings, and plain http.

use super::landings::{COUNT, counted, items, serve};
use super::program::Pinq;
use crate::s3::S3Server;

/// A place at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

fn keys_only(server: &S3Server) -> Pinq {
    Pinq::alone().with_keys_of(server.options())
}

#[tokio::test]
async fn the_variable_for_s3_wins_over_the_general_one() {
    let server = serve(&items(&[3])).await;
    let general = keys_only(&server).env("AWS_ENDPOINT_URL", server.endpoint()).sql(COUNT).run().await;
    assert_eq!(general.answer(), counted(3));
    let both = keys_only(&server).env("AWS_ENDPOINT_URL", NOWHERE).env("AWS_ENDPOINT_URL_S3", server.endpoint() + "/");
    assert_eq!(both.sql(COUNT).run().await.answer(), counted(3));
    let swapped = keys_only(&server).env("AWS_ENDPOINT_URL", server.endpoint()).env("AWS_ENDPOINT_URL_S3", NOWHERE);
    swapped.sql(COUNT).run().await.assert_refused(1, &["no connection to http://127.0.0.1:1"]);
}

#[tokio::test]
async fn the_configured_endpoint_wins_over_the_variables() {
    let server = serve(&items(&[3])).await;
    let config = format!("[storage]\nendpoint = \"{}\"\n", server.endpoint());
    let pinq = keys_only(&server).env("AWS_ENDPOINT_URL", NOWHERE).env("AWS_ENDPOINT_URL_S3", NOWHERE).config(&config);
    assert_eq!(pinq.sql(COUNT).run().await.answer(), counted(3));
}

#[tokio::test]
async fn localhost_by_name_needs_no_setting() {
    let server = serve(&items(&[3])).await;
    let by_name = server.endpoint().replace("127.0.0.1", "localhost");
    assert_eq!(keys_only(&server).env("AWS_ENDPOINT_URL", by_name).sql(COUNT).run().await.answer(), counted(3));
}

#[tokio::test]
async fn plain_http_off_loopback_needs_leave() {
    let server = serve(&items(&[3])).await;
    // Leads to this machine, but is no loopback address.
    let plain = server.endpoint().replace("127.0.0.1", "0.0.0.0");
    let pinq = || keys_only(&server).env("AWS_ENDPOINT_URL", &plain);
    pinq().sql(COUNT).run().await.assert_refused(2, &["plain http", "allow_http = true", "AWS_ALLOW_HTTP=true"]);
    assert_eq!(server.counts().requests(), 0);
    assert_eq!(pinq().env("AWS_ALLOW_HTTP", "true").sql(COUNT).run().await.answer(), counted(3));
    assert_eq!(pinq().config("[storage]\nallow_http = true\n").sql(COUNT).run().await.answer(), counted(3));
    let refused = pinq().env("AWS_ALLOW_HTTP", "true").config("[storage]\nallow_http = false\n");
    refused.sql(COUNT).run().await.assert_refused(2, &["plain http"]);
}
