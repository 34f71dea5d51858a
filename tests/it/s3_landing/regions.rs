//! The region of the bucket: found where it is not given, named where it was given wrong.

use super::landings::{COUNT, DECLARED, counted, items};
use super::program::Pinq;
use crate::s3::{Fault, FaultKind, Faults, FaultyOperation, S3Server, ServerOptions, WrongRegion};

async fn serve_from(region: &str, wrong_region: WrongRegion) -> S3Server {
    let options = ServerOptions { region: region.to_owned(), wrong_region, ..ServerOptions::default() };
    S3Server::start(items(&[3]), options).await.expect("a free port")
}

#[tokio::test]
async fn a_region_that_is_not_given_is_asked_for_once() {
    for region in ["eu-west-1", "ap-southeast-7"] {
        let server = serve_from(region, WrongRegion::Redirected).await;
        let finished = Pinq::against(&server).without_env("AWS_REGION").config(DECLARED).sql(COUNT).run().await;
        assert_eq!(finished.answer(), counted(3), "{region}");
        let counts = server.counts();
        assert_eq!((counts.heads, counts.gets, counts.lists), (1, 3, 3), "{counts}");
    }
}

#[tokio::test]
async fn a_wrong_region_is_told_with_the_right_one() {
    for answer in [WrongRegion::Redirected, WrongRegion::Malformed] {
        let server = serve_from("eu-west-1", answer).await;
        let finished = Pinq::against(&server).env("AWS_REGION", "us-east-2").sql(COUNT).run().await;
        finished.assert_refused(
            1,
            &["the bucket is in the region `eu-west-1`, not in `us-east-2`", "AWS_REGION=eu-west-1"],
        );
    }
}

#[tokio::test]
async fn the_configured_region_wins_over_the_variables() {
    let server = serve_from("eu-west-1", WrongRegion::Redirected).await;
    let config = format!("{DECLARED}[storage]\nregion = \"eu-west-1\"\n");
    let finished = Pinq::against(&server).env("AWS_REGION", "us-east-2").config(&config).sql(COUNT).run().await;
    assert_eq!(finished.answer(), counted(3));
    let older = Pinq::against(&server).without_env("AWS_REGION").env("AWS_DEFAULT_REGION", "eu-west-1").sql(COUNT);
    assert_eq!(older.run().await.answer(), counted(3));
    assert_eq!(server.counts().heads, 0);
}

#[tokio::test]
async fn an_answer_that_was_lost_does_not_lose_the_region() {
    for kind in [FaultKind::Reset, FaultKind::Internal, FaultKind::SlowDown] {
        let server = serve_from("eu-west-1", WrongRegion::Redirected).await;
        let lost = Fault { times: Some(2), ..Fault::always(kind).on(FaultyOperation::Head) };
        server.set_faults(&Faults(vec![lost]));
        let finished = Pinq::against(&server).without_env("AWS_REGION").config(DECLARED).sql(COUNT).run().await;
        assert_eq!(finished.answer(), counted(3), "{kind:?}");
    }
}
