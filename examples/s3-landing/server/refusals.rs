//! What the only key pair may not do, and a clock that is wrong: the set-ups that people ask a doctor about.
//!
//! Owns the answers to requests that are well signed and refused all the same. Faults that come and go are not here.

use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use hyper::Response;
use hyper::header::{DATE, HeaderValue};
use s3s::access::S3AccessContext;
use s3s::{Body, S3Error, S3ErrorCode, S3Result};

use super::options::{Denied, ServerOptions};

/// Refuses what the options name.
pub(super) fn check(context: &S3AccessContext<'_>, options: &ServerOptions) -> S3Result<()> {
    let operation = context.s3_op().name();
    for denied in &options.denied {
        let (code, message) = match denied {
            Denied::List if operation.starts_with("List") => (S3ErrorCode::AccessDenied, "Access Denied"),
            Denied::Read if matches!(operation, "GetObject" | "HeadObject") => {
                (S3ErrorCode::AccessDenied, "Access Denied")
            }
            Denied::Write if matches!(operation, "PutObject" | "CreateMultipartUpload" | "UploadPart") => {
                (S3ErrorCode::AccessDenied, "Access Denied")
            }
            Denied::Delete if operation.starts_with("DeleteObject") => (S3ErrorCode::AccessDenied, "Access Denied"),
            Denied::ExpiredToken => (S3ErrorCode::ExpiredToken, "The provided token has expired."),
            Denied::WrongClock => (
                S3ErrorCode::RequestTimeTooSkewed,
                "The difference between the request time and the current time is too large.",
            ),
            _ => continue,
        };
        return Err(S3Error::with_message(code, message));
    }
    Ok(())
}

/// Sets the answer's `Date` where the server's clock is said to be wrong.
pub(super) fn set_date(answer: &mut Response<Body>, options: &ServerOptions) {
    let Some(ahead) = options.clock_ahead else { return };
    let date = (now() + TimeDelta::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::try_from(date) {
        answer.headers_mut().insert(DATE, date);
    }
}

#[expect(clippy::disallowed_methods, reason = "a server tells the time")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
