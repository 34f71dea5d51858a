//! What a failed request says to a person.
//!
//! Owns the sentences and hints for S3's error codes, for connections and for timeouts. Nothing of a
//! request's headers may enter a message.

use object_store::Error as ClientError;

use super::client::Bucket;
use crate::config::Signing;
use crate::error::{Error, Result};

/// Turns the client's errors about one bucket into pinq's. `place` is what was read, listed or
/// written, such as `s3://bucket/key`.
pub trait Explain<T> {
    /// The same result with the error explained.
    fn explain(self, bucket: &Bucket, doing: &str, place: &str) -> Result<T>;
}

impl<T> Explain<T> for object_store::Result<T> {
    fn explain(self, bucket: &Bucket, doing: &str, place: &str) -> Result<T> {
        self.map_err(|error| explain(bucket, doing, place, error))
    }
}

/// What S3 answered, cut from the client's text, which holds the status and the body.
struct Answer<'a> {
    text: &'a str,
    code: &'a str,
    message: &'a str,
}

fn explain(bucket: &Bucket, doing: &str, place: &str, error: ClientError) -> Error {
    let error = match own_error(error) {
        Ok(own) => return own,
        Err(error) => error,
    };
    let text = error.to_string();
    let answer = Answer { text: &text, code: element(&text, "Code"), message: element(&text, "Message") };
    let about = |message: String| Error::statement(format!("can not {doing} `{place}`: {message}"));
    if let Some(explained) = wrong_region(bucket, &answer, &about) {
        return explained;
    }
    let (name, endpoint) = (&bucket.name, bucket.endpoint.name());
    let explained = match answer.code {
        "NoSuchBucket" => about(format!("the bucket `{name}` does not exist at {endpoint}"))
            .hint("check the bucket's name, and `endpoint` if it is not on AWS"),
        "InvalidAccessKeyId" => about(format!("{endpoint} does not know the access key"))
            .hint("check `AWS_ACCESS_KEY_ID`, `AWS_PROFILE` and `endpoint`"),
        "SignatureDoesNotMatch" => about("the secret key does not belong to the access key".into())
            .hint("check `AWS_SECRET_ACCESS_KEY`, or the profile's `aws_secret_access_key`"),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken" => {
            about("the credentials have expired or their session token is wrong".into())
                .hint("renew them (`aws sso login`, for one), and unset an old `AWS_SESSION_TOKEN`")
        }
        "RequestTimeTooSkewed" | "RequestExpired" => {
            about("this machine's clock differs too much from the server's".into()).hint("set the clock")
        }
        "SlowDown" | "ServiceUnavailable" | "TooManyRequests" => about(format!("{endpoint} asks for fewer requests"))
            .hint("lower `requests_in_flight` in `[storage]`, or try again later"),
        "NoSuchKey" | "NotFound" => about("it was deleted after it was listed".into()).hint("run it again"),
        "PreconditionFailed" => about("it was replaced after it was listed".into()).hint("run it again"),
        _ => by_kind(bucket, &error, &answer, &about),
    };
    match (answer.code, answer.message) {
        ("", _) => explained,
        (code, "") => explained.because(format!("{endpoint} answered {code}")),
        (code, message) => explained.because(format!("{endpoint} answered {code}: {message}")),
    }
}

/// Whether the service says that the bucket, not the object, is missing.
pub fn names_no_bucket(source: &dyn std::error::Error) -> bool {
    source.to_string().contains("<Code>NoSuchBucket</Code>")
}

/// Whether a write met another one.
pub fn is_conflict(error: &ClientError) -> bool {
    error.to_string().contains("status code: 409")
}

/// Whether the service does not know what was asked for.
pub fn is_not_implemented(error: &ClientError) -> bool {
    let text = error.to_string();
    matches!(error, ClientError::NotImplemented { .. })
        || text.contains("status code: 501")
        || text.contains("<Code>NotImplemented</Code>")
}

/// Whether what was answered to a LIST can't be read as a listing.
pub fn is_no_listing(error: &ClientError) -> bool {
    error.to_string().contains("Got invalid list response")
}

/// Where S3 gave no code, or one that has no sentence above.
fn by_kind(bucket: &Bucket, error: &ClientError, answer: &Answer<'_>, about: &dyn Fn(String) -> Error) -> Error {
    let (name, endpoint) = (&bucket.name, bucket.endpoint.name());
    match error {
        ClientError::NotFound { .. } => about("it does not exist".into()),
        ClientError::Precondition { .. } => about("it was replaced after it was listed".into()).hint("run it again"),
        ClientError::PermissionDenied { .. } | ClientError::Unauthenticated { .. } => denied(bucket, about),
        _ if answer.code == "AccessDenied" || answer.has_status(403) || answer.has_status(401) => denied(bucket, about),
        _ if answer.has_status(404) => about(format!("the bucket `{name}` does not exist at {endpoint}"))
            .hint("check the bucket's name, and `endpoint` if it is not on AWS"),
        _ if answer.has_status(503) || answer.has_status(429) => about(format!("{endpoint} asks for fewer requests"))
            .hint("lower `requests_in_flight` in `[storage]`, or try again later"),
        _ if !answer.code.is_empty() => about("the request was refused".into()),
        _ => match transport_cause(error) {
            cause if cause.contains("timed out") => about(format!("no answer from {endpoint} in time"))
                .because(cause)
                .hint("raise `request_timeout` or `connect_timeout` in `[storage]`, or check the network"),
            cause if is_no_connection(answer.text) => about(format!("no connection to {endpoint}"))
                .because(cause)
                .hint("check `endpoint` in `[storage]`, `AWS_ENDPOINT_URL`, and the network"),
            cause => about(format!("the request to {endpoint} failed")).because(cause),
        },
    }
}

fn denied(bucket: &Bucket, about: &dyn Fn(String) -> Error) -> Error {
    let error = about("access is denied".into());
    match bucket.signing {
        Signing::Anonymous => error.hint("the bucket is not public: remove `anonymous = true` from `[storage]`"),
        Signing::Signed => error
            .hint(
                "reading needs `s3:ListBucket` on the bucket and `s3:GetObject` on its objects, writing `s3:PutObject`, \
                 removing `s3:DeleteObject`",
            )
            .hint("other credentials: `AWS_PROFILE`; a public bucket: `anonymous = true` in `[storage]`"),
    }
}

fn wrong_region(bucket: &Bucket, answer: &Answer<'_>, about: &dyn Fn(String) -> Error) -> Option<Error> {
    let codes = ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "Redirect"];
    let is_redirect = codes.contains(&answer.code)
        || answer.has_status(301)
        || answer.has_status(307)
        || answer.text.contains("redirect without LOCATION");
    if !is_redirect {
        return None;
    }
    let told = Some(element(answer.text, "Region")).filter(|region| !region.is_empty()).map(str::to_owned);
    let region = bucket.answers.bucket_region().or(told).filter(|region| *region != bucket.region);
    let used = &bucket.region;
    Some(match region {
        Some(region) => about(format!("the bucket is in the region `{region}`, not in `{used}`"))
            .hint(format!("set `region = \"{region}\"` in `[storage]`, or `AWS_REGION={region}`")),
        None => about(format!("the bucket is not in the region `{used}`"))
            .hint("set `region` in `[storage]`, or `AWS_REGION`, to the bucket's own"),
    })
}

impl Answer<'_> {
    fn has_status(&self, status: u16) -> bool {
        self.text.contains(&format!("status code: {status}"))
    }
}

/// pinq's own error, which credentials carry through the client.
fn own_error(error: ClientError) -> std::result::Result<Error, ClientError> {
    match error {
        ClientError::Generic { store, source } => match source.downcast::<Error>() {
            Ok(own) => Ok(*own),
            Err(source) => Err(ClientError::Generic { store, source }),
        },
        other => Err(other),
    }
}

fn is_no_connection(text: &str) -> bool {
    ["error sending request", "tcp connect error", "dns error", "client error (Connect)"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The innermost cause, such as `Connection refused (os error 111)`.
fn transport_cause(error: &ClientError) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut text = String::new();
    loop {
        let said = cause.to_string();
        // A timeout hides below other words, and has causes of its own that say less.
        if said.contains("timed out") || cause.source().is_none() {
            text = if said.contains("timed out") { "operation timed out".to_owned() } else { said };
        }
        match cause.source() {
            Some(inner) if text.is_empty() => cause = inner,
            _ => return text,
        }
    }
}

/// The text of the first XML element of that name, or nothing.
fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let after = text.split_once(&format!("<{name}>")).map(|(_, after)| after);
    after.and_then(|after| after.split_once('<')).map_or("", |(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_codes_from_answers() {
        let text = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>AccessDenied</Code><Message></Message></Error>";
        assert_eq!(element(text, "Code"), "AccessDenied");
        assert_eq!(element(text, "Message"), "");
        assert_eq!(element(text, "Region"), "");
        assert!(Answer { text, code: "", message: "" }.has_status(403));
    }

    #[test]
    fn finds_own_errors_again() {
        let own = Error::usage("no AWS credentials were found");
        let carried = ClientError::Generic { store: "S3", source: Box::new(own) };
        assert_eq!(own_error(carried).unwrap().message(), "no AWS credentials were found");
        let other = ClientError::Generic { store: "S3", source: "other".into() };
        assert!(own_error(other).is_err());
    }
}
