//! What S3 answers where the signature names another region than the bucket's.
//!
//! `s3s` writes only code and message of an error, so the elements that name region and endpoint are added here.

use std::net::SocketAddr;

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use s3s::{Body, S3Error, S3ErrorCode};

use super::options::{ServerOptions, WrongRegion};

/// The header by which clients learn where a bucket lives.
pub(super) const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

const REDIRECT_MESSAGE: &str = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                                Please send all future requests to this endpoint.";

/// The error, with status and header; [`describe`] completes its document.
pub(super) fn error(signed_region: &str, options: &ServerOptions) -> S3Error {
    let mut error = match options.wrong_region {
        WrongRegion::Redirected => S3Error::with_message(S3ErrorCode::PermanentRedirect, REDIRECT_MESSAGE),
        WrongRegion::Malformed => S3Error::with_message(
            S3ErrorCode::AuthorizationHeaderMalformed,
            format!(
                "The authorization header is malformed; the region '{signed_region}' is wrong; expecting '{}'",
                options.region
            ),
        ),
    };
    error.set_status_code(match options.wrong_region {
        WrongRegion::Redirected => StatusCode::MOVED_PERMANENTLY,
        WrongRegion::Malformed => StatusCode::BAD_REQUEST,
    });
    with_region(error, options)
}

/// The same error, whose answer names the bucket's region in a header.
pub(super) fn with_region(mut error: S3Error, options: &ServerOptions) -> S3Error {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    headers.insert(BUCKET_REGION, region_header(options));
    error.set_headers(headers);
    error
}

/// The bucket's region as a header value.
pub(super) fn region_header(options: &ServerOptions) -> HeaderValue {
    HeaderValue::try_from(options.region.as_str()).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// Replaces the document of an [`error`] by the one S3 sends; every other answer is returned as it is.
pub(super) fn describe(mut answer: Response<Body>, options: &ServerOptions, address: SocketAddr) -> Response<Body> {
    let refused = matches!(answer.status(), StatusCode::MOVED_PERMANENTLY | StatusCode::BAD_REQUEST);
    if !refused || !answer.headers().contains_key(BUCKET_REGION) {
        return answer;
    }
    let ServerOptions { bucket_name, region, .. } = options;
    let document = match options.wrong_region {
        WrongRegion::Redirected => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PermanentRedirect</Code>\
             <Message>{REDIRECT_MESSAGE}</Message><Endpoint>{address}</Endpoint><Bucket>{bucket_name}</Bucket></Error>"
        ),
        // The message holds the client's words; `s3s` has escaped them, so its document is kept and completed.
        WrongRegion::Malformed => match answer.body().bytes().and_then(|body| String::from_utf8(body.to_vec()).ok()) {
            // S3 leaves apostrophes as they are.
            Some(document) => {
                document.replace("&apos;", "'").replace("</Error>", &format!("<Region>{region}</Region></Error>"))
            }
            None => return answer,
        },
    };
    answer.headers_mut().remove(CONTENT_LENGTH);
    *answer.body_mut() = Body::from(document);
    answer
}
