//! What a fault does to a request or its answer.
//!
//! It owns the wrong documents, headers and bodies. Whom a fault befalls is `weather`'s to decide.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH};
use hyper::{Request, Response, StatusCode};
use s3s::{Body, HttpError};

use super::connection::Wishes;
use super::fault_listings;
use super::faults::FaultKind;
use super::weather::Met;
use super::wrong_region::BUCKET_REGION;

/// Between two bytes of a body that drips.
const DRIPPING: Duration = Duration::from_millis(40);
/// So long what was sent of a body has to leave before the connection ends.
const LEAVING: Duration = Duration::from_millis(5);

/// The answer to a request that is refused without a look at it; none where it is answered.
pub(super) async fn refuse<B>(met: Met, request: &Request<B>) -> Option<Response<Body>> {
    let document = |status, code, message| Some(document(status, code, message));
    match met.fault? {
        FaultKind::Internal => document(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        FaultKind::SlowDown => {
            document(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
        }
        FaultKind::ExpiredToken => document(StatusCode::FORBIDDEN, "ExpiredToken", "The provided token has expired."),
        FaultKind::Skewed => document(
            StatusCode::FORBIDDEN,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        FaultKind::Gone => document(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
        FaultKind::Replaced if request.headers().contains_key(IF_MATCH) => document(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ),
        FaultKind::Redirect => {
            let mut answer = document(
                StatusCode::MOVED_PERMANENTLY,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            )?;
            answer.headers_mut().insert(BUCKET_REGION, HeaderValue::from_static("ap-south-1"));
            Some(answer)
        }
        FaultKind::StallHead => std::future::pending().await,
        _ => None,
    }
}

/// The answer as it is sent.
pub(super) async fn spoil(met: Met, answer: Response<Body>, wishes: &Arc<Wishes>) -> Result<Response<Body>, HttpError> {
    let Some(fault) = met.fault.filter(|_| answer.status().is_success()) else { return Ok(answer) };
    let (mut head, body) = answer.into_parts();
    let body = http_body_util::BodyExt::collect(body).await.map_err(HttpError::new)?.to_bytes();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    // A body of one byte still has a middle.
    let middle = usize::try_from(met.dice).unwrap_or(usize::MAX) % body.len().max(1);
    let first = body.slice(..middle);
    let body = match fault {
        FaultKind::Reset | FaultKind::Cut => {
            wishes.reset.store(fault == FaultKind::Reset, SeqCst);
            let end = stream::once(async {
                tokio::time::sleep(LEAVING).await;
                Err(io::Error::other("the body ends here"))
            });
            streamed(stream::iter([Ok(first)]).chain(end))
        }
        FaultKind::StallBody => streamed(stream::iter([Ok(first)]).chain(stream::pending())),
        FaultKind::Drip => {
            let drops = stream::unfold(body, |mut rest| async move {
                tokio::time::sleep(DRIPPING).await;
                (!rest.is_empty()).then(|| (Ok(rest.split_to(1)), rest))
            });
            streamed(drops)
        }
        FaultKind::Surplus => {
            wishes.surplus.store(true, SeqCst);
            Body::from(body)
        }
        FaultKind::Stray => {
            wishes.stray.store(true, SeqCst);
            Body::from(body)
        }
        FaultKind::Short => {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(first.len()));
            Body::from(first)
        }
        FaultKind::Long => {
            let longer = [&body[..], &body[..body.len().min(1_000)]].concat();
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(longer.len()));
            Body::from(longer)
        }
        FaultKind::Flip => Body::from(flipped(&body, middle)),
        FaultKind::Replaced | FaultKind::Swapped => {
            // The bucket holds what it held, and so took the condition for fulfilled.
            head.headers.insert(ETAG, HeaderValue::from_static("\"0123456789abcdef0123456789abcdef\""));
            head.headers.remove("x-amz-checksum-crc64nvme");
            head.headers.remove("x-amz-checksum-crc32c");
            Body::from(body.iter().map(|byte| if byte.is_ascii_digit() { b'7' } else { *byte }).collect::<Vec<_>>())
        }
        listing => {
            let changed = fault_listings::spoil(listing, &body, met.dice);
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(changed.len()));
            Body::from(changed)
        }
    };
    Ok(Response::from_parts(head, body))
}

/// One bit is another: the lowest, by which a digit mostly stays a digit and JSON stays JSON.
fn flipped(body: &Bytes, at: usize) -> Vec<u8> {
    let mut flipped = body.to_vec();
    if let Some(byte) = flipped.get_mut(at) {
        *byte ^= 1;
    }
    flipped
}

fn streamed(chunks: impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    Body::http_body_unsync(StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))))
}

fn document(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    answer
}
