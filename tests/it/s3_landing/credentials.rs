//! Where credentials come from, and what is said where there are none.

use std::time::Duration;

use super::landings::{COUNT, counted, items, serve};
use super::metadata_service::{Container, Silent};
use super::program::{Pinq, WRONG_SECRET};
use crate::s3::{Anonymous, S3Server, ServerOptions};

/// The files of the AWS tools: `work` has everything, `default` keys that no server knows.
fn profile_files(server: &S3Server) -> [String; 2] {
    let ServerOptions { region, access_key, secret_key, .. } = server.options();
    let endpoint = server.endpoint();
    [
        format!("[default]\nregion = us-east-2\n[profile work]\nregion = {region}\nendpoint_url = {endpoint}\n"),
        format!(
            "[default]\naws_access_key_id = AKIAUNKNOWNEXAMPLE00\naws_secret_access_key = {WRONG_SECRET}\n\
             [work]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n"
        ),
    ]
}

#[tokio::test]
async fn a_profile_gives_keys_region_and_endpoint() {
    let server = serve(&items(&[3])).await;
    let [config, credentials] = profile_files(&server);
    let pinq = Pinq::alone().file("home/.aws/config", &config).file("home/.aws/credentials", &credentials);
    assert_eq!(pinq.env("AWS_PROFILE", "work").sql(COUNT).run().await.answer(), counted(3));

    let pinq = Pinq::alone().file("work/a", &config).file("work/b", &credentials);
    let pinq = pinq.env("AWS_CONFIG_FILE", "a").env("AWS_SHARED_CREDENTIALS_FILE", "b").env("AWS_PROFILE", "work");
    assert_eq!(pinq.sql(COUNT).run().await.answer(), counted(3));
    assert_eq!(server.counts().heads, 0);
}

#[tokio::test]
async fn a_configured_profile_wins_over_keys_in_the_environment() {
    let server = serve(&items(&[3])).await;
    let [config, credentials] = profile_files(&server);
    let pinq = || Pinq::alone().file("home/.aws/config", &config).file("home/.aws/credentials", &credentials);
    let chosen = pinq().config("[storage]\nprofile = \"work\"\n").env("AWS_PROFILE", "default");
    let chosen = chosen.env("AWS_ACCESS_KEY_ID", "AKIAOTHER").env("AWS_SECRET_ACCESS_KEY", WRONG_SECRET);
    assert_eq!(chosen.sql(COUNT).run().await.answer(), counted(3));

    let by_default = pinq().env("AWS_ENDPOINT_URL", server.endpoint()).env("AWS_REGION", "eu-west-1");
    by_default.sql(COUNT).run().await.assert_refused(1, &["does not know the access key"]);
    let misspelt = pinq().env("AWS_PROFILE", "wrok").sql(COUNT).run().await;
    misspelt.assert_refused(2, &["`wrok`", "AWS_PROFILE", "did you mean `work`?"]);
}

#[tokio::test]
async fn no_credentials_says_what_was_tried_and_does_not_hang() {
    let server = serve(&items(&[3])).await;
    let silent = Silent::new();
    let pinq = Pinq::alone().env("AWS_ENDPOINT_URL", server.endpoint()).env("AWS_REGION", "eu-west-1");
    let finished = pinq.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.endpoint()).sql(COUNT).run().await;
    let tried = ["the environment", "the profile `default`", "web identity", "the container", "instance metadata"];
    finished.assert_refused(2, &tried);
    finished.assert_refused(2, &["no AWS credentials were found", "hint: set `AWS_PROFILE`", "anonymous = true"]);
    assert!(silent.was_asked(), "the metadata service is the last to be asked");
    assert!(finished.elapsed < Duration::from_secs(6), "it took {:?}", finished.elapsed);
    assert_eq!(server.counts().requests(), 0, "nothing is sent unsigned");
}

#[tokio::test]
async fn half_a_key_pair_is_told() {
    let server = serve(&items(&[3])).await;
    let finished = Pinq::against(&server).without_env("AWS_SECRET_ACCESS_KEY").sql(COUNT).run().await;
    finished.assert_refused(2, &["`AWS_ACCESS_KEY_ID` is set and `AWS_SECRET_ACCESS_KEY` is not"]);
}

#[tokio::test]
async fn a_public_bucket_needs_no_credentials() {
    let options = ServerOptions { anonymous: Anonymous::Allowed, ..ServerOptions::default() };
    let public = S3Server::start(items(&[3]), options).await.expect("a free port");
    let pinq = |server: &S3Server| {
        Pinq::alone().env("AWS_ENDPOINT_URL", server.endpoint()).config("[storage]\nanonymous = true\n").sql(COUNT)
    };
    assert_eq!(pinq(&public).run().await.answer(), counted(3));
    let private = serve(&items(&[3])).await;
    pinq(&private).run().await.assert_refused(1, &["access is denied", "remove `anonymous = true`"]);
}

#[tokio::test]
async fn a_container_gives_keys_and_the_metadata_service_is_left_alone() {
    let server = serve(&items(&[3])).await;
    let container = Container::start(server.options(), "landing-token").await;
    let silent = Silent::new();
    let pinq = |token: &str| {
        Pinq::alone()
            .env("AWS_ENDPOINT_URL", server.endpoint())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container.address)
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.endpoint())
            .sql(COUNT)
    };
    assert_eq!(pinq("landing-token").run().await.answer(), counted(3));
    let refused = pinq("another-token").run().await;
    refused.assert_refused(2, &["the container"]);
    assert!(refused.elapsed < Duration::from_secs(10), "it took {:?}", refused.elapsed);
    assert!(!silent.was_asked(), "a container's answer is final");
}
