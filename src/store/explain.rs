//! What a failed request says to a person.
//!
//! Owns the sentences and hints for S3's error codes, for connections and for timeouts. Nothing of a
//! request's headers may enter a message.

use object_store::Error as ClientError;

use super::client::Bucket;
use super::policy::{Action, Policy};
use super::server_clock::ClockDifference;
use super::transport;
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

/// What is said of keys that others may replace.
const REFUSED_KEYS: [&str; 6] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
];

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
    if REFUSED_KEYS.contains(&answer.code)
        && let Some(signer) = &bucket.signer
    {
        signer.refused();
    }
    let (name, endpoint) = (&bucket.name, bucket.endpoint.name());
    let explained = match answer.code {
        "NoSuchBucket" => about(format!("the bucket `{name}` does not exist at {endpoint}"))
            .hint("check the bucket's name, and `endpoint` if it is not on AWS"),
        "InvalidAccessKeyId" => about(format!("{endpoint} does not know the access key{}", bucket.whose()))
            .hint("check `AWS_ACCESS_KEY_ID`, `AWS_PROFILE` and `endpoint`"),
        "SignatureDoesNotMatch" => about(format!("the secret key does not belong to the access key{}", bucket.whose()))
            .hint("check `AWS_SECRET_ACCESS_KEY`, or the profile's `aws_secret_access_key`"),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            about(format!("the credentials{} have expired", bucket.whose())).hint(renewal(bucket))
        }
        "InvalidToken" => about(format!("the session token of the credentials{} is wrong", bucket.whose()))
            .hint("set the `AWS_SESSION_TOKEN` that came with the keys, or unset an old one"),
        "RequestTimeTooSkewed" | "RequestExpired" => wrong_clock(bucket, &answer, &about),
        "SlowDown" | "ServiceUnavailable" | "TooManyRequests" => about(format!("{endpoint} asks for fewer requests"))
            .hint("lower `requests_in_flight` in `[storage]`, or try again later"),
        "NoSuchKey" if doing == "list" => about(format!("{endpoint} takes it for the name of an object"))
            .hint("check `endpoint`: it is named without the bucket, as in `https://HOST:PORT`"),
        "InternalError" => about(format!("{endpoint} failed by itself"))
            .hint("try again, and raise `retries` in `[storage]` where that happens often"),
        "NoSuchKey" | "NotFound" => about("it was deleted after it was listed".into()).hint("run it again"),
        "PreconditionFailed" => about("it was replaced after it was listed".into()).hint("run it again"),
        _ => by_kind(bucket, (doing, place), &error, &answer, &about),
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
///
/// `asked` is what was being done, and where.
fn by_kind(
    bucket: &Bucket,
    asked: (&str, &str),
    error: &ClientError,
    answer: &Answer<'_>,
    about: &dyn Fn(String) -> Error,
) -> Error {
    let (name, endpoint) = (&bucket.name, bucket.endpoint.name());
    if answer.code.is_empty() && transport::is_web_page(answer.text) {
        return transport::explained(&transport::Fault::NotS3, String::new(), endpoint, about);
    }
    match error {
        ClientError::NotFound { .. } => about("it does not exist".into()),
        ClientError::Precondition { .. } => about("it was replaced after it was listed".into()).hint("run it again"),
        ClientError::PermissionDenied { .. } | ClientError::Unauthenticated { .. } => {
            denied(bucket, asked, answer, about)
        }
        _ if answer.code == "AccessDenied" || answer.has_status(403) || answer.has_status(401) => {
            denied(bucket, asked, answer, about)
        }
        _ if answer.has_status(404) => about(format!("the bucket `{name}` does not exist at {endpoint}"))
            .hint("check the bucket's name, and `endpoint` if it is not on AWS"),
        _ if answer.has_status(503) || answer.has_status(429) => about(format!("{endpoint} asks for fewer requests"))
            .hint("lower `requests_in_flight` in `[storage]`, or try again later"),
        _ if !answer.code.is_empty() => about("the request was refused".into()),
        _ => {
            let (fault, cause) = transport::fault(error);
            transport::explained(&fault, cause, endpoint, about)
        }
    }
}

fn denied(
    bucket: &Bucket,
    (doing, place): (&str, &str),
    answer: &Answer<'_>,
    about: &dyn Fn(String) -> Error,
) -> Error {
    if bucket.signing == Signing::Anonymous {
        return about("access is denied".into())
            .hint("the bucket is not public: remove `anonymous = true` from `[storage]`");
    }
    let Some(action) = Action::of(doing) else { return about("access is denied".into()) };
    let others = "other credentials: `AWS_PROFILE`; a public bucket: `anonymous = true` in `[storage]`";
    // What guards the key of encrypted objects is another action, which S3 names.
    if let Some(other) = named_action(answer.message).filter(|named| !named.starts_with("s3:")) {
        return about(format!("access is denied: the credentials{} lack `{other}`", bucket.whose()))
            .hint(format!("allow `{other}` on what the answer names, beside `{}`", action.name()))
            .hint(others);
    }
    let policy = Policy::new(action, &bucket.region, &bucket.name, folder_of(place, &bucket.name));
    about(format!("access is denied: the credentials{} lack `{}`", bucket.whose(), action.name()))
        .hint(policy.hint())
        .hint(others)
}

/// The action that S3 says the caller may not do: `... is not authorized to perform: kms:Decrypt on ...`.
fn named_action(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("not authorized to perform: ")?;
    after.split_whitespace().next()
}

/// Of `s3://bucket/a/b/c.json` the folder `a/b/`, without folders `name=value` and what is below them.
fn folder_of<'a>(place: &'a str, bucket: &str) -> &'a str {
    let below = place.strip_prefix("s3://").and_then(|place| place.strip_prefix(bucket)).unwrap_or_default();
    let key = below.strip_prefix('/').unwrap_or(below);
    let folder = key.rfind('/').map_or("", |slash| key.get(..=slash).unwrap_or_default());
    match folder.find('=') {
        Some(sign) => {
            let plain = folder.get(..sign).unwrap_or_default();
            plain.rfind('/').map_or("", |slash| plain.get(..=slash).unwrap_or_default())
        }
        None => folder,
    }
}

/// Renewing credentials, by where they came from.
fn renewal(bucket: &Bucket) -> String {
    match bucket.source() {
        Some(source) if source.starts_with("the profile ") => {
            format!("renew {source}: `aws sso login --profile NAME`, or whatever made its keys")
        }
        Some(source) if source == "the environment" => "get new ones and set `AWS_ACCESS_KEY_ID`, \
             `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` again, or unset them all for a profile to be used"
            .to_owned(),
        _ => "renew them (`aws sso login`, for one), and unset an old `AWS_SESSION_TOKEN`".to_owned(),
    }
}

fn wrong_clock(bucket: &Bucket, answer: &Answer<'_>, about: &dyn Fn(String) -> Error) -> Error {
    let server_time = || ClockDifference::of_server_time(element(answer.text, "ServerTime"));
    let error = match bucket.answers.clock().or_else(server_time) {
        // A request that waited long is refused by the same code, whatever the clock says.
        Some(difference) if difference.ahead.saturating_abs() >= 60 => {
            about(format!("this machine's clock is {difference} the server's"))
        }
        _ => about("this machine's clock differs too much from the server's".into()),
    };
    error.hint("set the clock (`timedatectl set-ntp true`, for one); S3 refuses more than 15 minutes")
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
    fn a_place_has_its_folder_for_the_policy() {
        assert_eq!(folder_of("s3://b/topics/x.pin/partition=0/x+0+1.json", "b"), "topics/x.pin/");
        assert_eq!(folder_of("s3://b/topics/", "b"), "topics/");
        assert_eq!(folder_of("s3://b/x.json", "b"), "");
        assert_eq!(folder_of("s3://b/dt=1/x.json", "b"), "");
        assert_eq!(folder_of("s3://b/", "b"), "");
    }

    #[test]
    fn an_action_that_s3_names_is_found() {
        let said = "User: arn:aws:sts::1:x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x";
        assert_eq!(named_action(said), Some("kms:Decrypt"));
        assert_eq!(named_action("Access Denied"), None);
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
