//! Preconditions of requests (`If-Match` and its family), judged against an object. It must not read or write one.

use std::time::SystemTime;

use hyper::HeaderMap;
use hyper::header::{ETAG, HeaderValue, LAST_MODIFIED};
use s3s::dto::{CopyObjectInput, ETagCondition, GetObjectInput, HeadObjectInput, Timestamp, TimestampFormat};
use s3s::{S3Result, s3_error};

use super::bucket::Entry;

/// What a read demands of the object.
#[derive(Default)]
pub(super) struct ReadConditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

/// What a write demands of the object that it would replace.
#[derive(Clone, Debug)]
pub(super) enum WriteCondition {
    Always,
    /// Only where the key holds nothing yet: `If-None-Match: *`.
    Absent,
    /// Only where the key holds what the client has seen: `If-Match`.
    Matches(ETagCondition),
}

impl From<&GetObjectInput> for ReadConditions {
    fn from(input: &GetObjectInput) -> Self {
        Self {
            if_match: input.if_match.clone(),
            if_none_match: input.if_none_match.clone(),
            if_modified_since: input.if_modified_since.clone(),
            if_unmodified_since: input.if_unmodified_since.clone(),
        }
    }
}

impl From<&HeadObjectInput> for ReadConditions {
    fn from(input: &HeadObjectInput) -> Self {
        Self {
            if_match: input.if_match.clone(),
            if_none_match: input.if_none_match.clone(),
            if_modified_since: input.if_modified_since.clone(),
            if_unmodified_since: input.if_unmodified_since.clone(),
        }
    }
}

impl ReadConditions {
    /// The conditions that a copy sets on its source.
    pub(super) fn of_copy(input: &CopyObjectInput) -> Self {
        Self {
            if_match: input.copy_source_if_match.clone(),
            if_none_match: input.copy_source_if_none_match.clone(),
            if_modified_since: input.copy_source_if_modified_since.clone(),
            if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
        }
    }

    /// 412 or 304 where the object does not meet the demands; an ETag outranks a date, as RFC 9110 orders them.
    pub(super) fn check(&self, entry: &Entry) -> S3Result<()> {
        let modified = Timestamp::from(entry.modified);
        let holds = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches(condition, entry),
            (None, Some(limit)) => modified <= *limit,
            (None, None) => true,
        };
        if !holds {
            return Err(precondition_failed());
        }
        let changed = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => !matches(condition, entry),
            (None, Some(limit)) => modified > *limit,
            (None, None) => true,
        };
        if changed {
            return Ok(());
        }
        let mut not_modified = s3_error!(NotModified);
        not_modified.set_headers(validators(entry));
        Err(not_modified)
    }
}

impl WriteCondition {
    /// Reads the condition from the headers of a write.
    pub(super) fn new(if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>) -> S3Result<Self> {
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::Always),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            (Some(condition), None) => Ok(Self::Matches(condition)),
            _ => Err(s3_error!(
                NotImplemented,
                "A header you provided implies functionality that is not implemented: only one of If-Match and If-None-Match: *"
            )),
        }
    }

    /// Judges a write over `existing`: 412 where it must not happen, 404 where there is nothing to match.
    pub(super) fn check(&self, existing: Option<&Entry>) -> S3Result<()> {
        match (self, existing) {
            (Self::Always, _) | (Self::Absent, None) => Ok(()),
            (Self::Absent, Some(_)) => Err(precondition_failed()),
            (Self::Matches(_), None) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Self::Matches(condition), Some(entry)) if matches(condition, entry) => Ok(()),
            (Self::Matches(_), Some(_)) => Err(precondition_failed()),
        }
    }
}

fn matches(condition: &ETagCondition, entry: &Entry) -> bool {
    condition.as_etag().is_none_or(|etag| etag.value() == &*entry.etag)
}

fn precondition_failed() -> s3s::S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// ETag and date, which a 304 must repeat.
fn validators(entry: &Entry) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", entry.etag)) {
        headers.insert(ETAG, etag);
    }
    let mut date = Vec::new();
    if Timestamp::from(entry.modified).format(TimestampFormat::HttpDate, &mut date).is_ok()
        && let Ok(date) = HeaderValue::from_bytes(&date)
    {
        headers.insert(LAST_MODIFIED, date);
    }
    headers
}

/// Cuts a time to whole seconds, as S3 keeps it: a client that sends `Last-Modified` back must not see it as older.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since.as_secs()),
        Err(_) => SystemTime::UNIX_EPOCH,
    }
}
