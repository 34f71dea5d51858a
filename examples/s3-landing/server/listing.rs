//! Pages of keys: order, prefix, delimiter, resumption and the two versions of the operation.

use std::ops::Bound;

use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
    Object, ObjectStorageClass, Owner, Timestamp,
};
use s3s::{S3Result, s3_error};

use super::bodies;
use super::bucket::{Bucket, Entry, Index};

/// What stands around the hex digits of a continuation token: the signs of base64 that a client must encode in a query.
const TOKEN_START: &str = "1/+";
const TOKEN_END: &str = "==";

/// The token of a listing's first key, which no page of its own gives.
pub(super) const START_AGAIN: &str = "1/+==";

/// What a page is cut from.
struct Query<'a> {
    prefix: &'a str,
    /// Never empty.
    delimiter: Option<&'a str>,
    /// Keys up to and with this one are passed over, and so is the common prefix that it lies in.
    after: &'a str,
    limit: usize,
}

/// Keys and common prefixes together number `Query::limit` at most.
#[derive(Default)]
struct Page<'a> {
    objects: Vec<(&'a str, &'a Entry)>,
    common_prefixes: Vec<&'a str>,
    /// The last key or common prefix of a page after which there are more.
    resume_after: Option<&'a str>,
}

/// How names are written into the document.
#[derive(Clone, Copy)]
enum NameEncoding {
    Plain,
    Url,
}

/// `ListObjectsV2`.
pub(super) fn version_2(bucket: &Bucket, input: ListObjectsV2Input, page: usize) -> S3Result<ListObjectsV2Output> {
    let encoding = NameEncoding::new(input.encoding_type.as_ref())?;
    let limit = limit(input.max_keys, page)?;
    let resumed = input.continuation_token.as_deref().map(after_token).transpose()?;
    let after = resumed.as_deref().or(input.start_after.as_deref()).unwrap_or_default();
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());

    let index = bucket.read();
    let page = Page::cut(&index, &Query { prefix, delimiter, after, limit });
    let owner = input.fetch_owner.unwrap_or(false).then(owner);
    let objects: Vec<Object> = page.objects.iter().map(|found| object(found, encoding, owner.as_ref())).collect();
    let common_prefixes = page.common_prefixes(encoding);
    Ok(ListObjectsV2Output {
        key_count: Some(to_i32(objects.len() + common_prefixes.len())),
        contents: Some(objects),
        common_prefixes: Some(common_prefixes),
        is_truncated: Some(page.resume_after.is_some()),
        next_continuation_token: page.resume_after.map(token),
        continuation_token: input.continuation_token,
        start_after: input.start_after.map(|key| encoding.write(&key)),
        prefix: Some(encoding.write(prefix)),
        delimiter: delimiter.map(|delimiter| encoding.write(delimiter)),
        encoding_type: input.encoding_type,
        max_keys: Some(to_i32(limit)),
        name: Some(input.bucket),
        request_charged: None,
    })
}

/// `ListObjects`, the first version, whose resumption is a key in clear.
pub(super) fn version_1(bucket: &Bucket, input: ListObjectsInput, page: usize) -> S3Result<ListObjectsOutput> {
    let encoding = NameEncoding::new(input.encoding_type.as_ref())?;
    let limit = limit(input.max_keys, page)?;
    let after = input.marker.as_deref().unwrap_or_default();
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());

    let index = bucket.read();
    let page = Page::cut(&index, &Query { prefix, delimiter, after, limit });
    let owner = owner();
    Ok(ListObjectsOutput {
        contents: Some(page.objects.iter().map(|found| object(found, encoding, Some(&owner))).collect()),
        common_prefixes: Some(page.common_prefixes(encoding)),
        is_truncated: Some(page.resume_after.is_some()),
        // Without a delimiter the client resumes after the last key of the page, so S3 does not say it.
        next_marker: page.resume_after.filter(|_| delimiter.is_some()).map(|last| encoding.write(last)),
        marker: Some(encoding.write(after)),
        prefix: Some(encoding.write(prefix)),
        delimiter: delimiter.map(|delimiter| encoding.write(delimiter)),
        encoding_type: input.encoding_type,
        max_keys: Some(to_i32(limit)),
        name: Some(input.bucket),
        request_charged: None,
    })
}

impl<'a> Page<'a> {
    fn cut(index: &'a Index, query: &Query<'_>) -> Self {
        let mut page = Self::default();
        if query.limit == 0 {
            return page;
        }
        let mut last = None;
        let mut from: Bound<String> = if query.after < query.prefix {
            Bound::Included(query.prefix.to_owned())
        } else {
            Bound::Excluded(query.after.to_owned())
        };
        'groups: loop {
            let bounds = (from.as_ref().map(String::as_str), Bound::Unbounded);
            for (key, entry) in index.range::<str, _>(bounds) {
                let Some(rest) = key.strip_prefix(query.prefix) else { break 'groups };
                let end_of_group = query.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
                let name = end_of_group.map_or(&**key, |end| &key[..query.prefix.len() + end]);
                let is_group = end_of_group.is_some();
                let seen = is_group && (query.after.starts_with(name) || page.common_prefixes.last() == Some(&name));
                if !seen {
                    if page.objects.len() + page.common_prefixes.len() == query.limit {
                        page.resume_after = last;
                        break 'groups;
                    }
                    last = Some(name);
                    if is_group { page.common_prefixes.push(name) } else { page.objects.push((key, entry)) }
                }
                // A group may hold most of the bucket: leap over it, unless a key in it sorts above the leap.
                let leap = format!("{name}{}", char::MAX);
                if is_group && **key < *leap {
                    from = Bound::Excluded(leap);
                    continue 'groups;
                }
            }
            break;
        }
        page
    }

    fn common_prefixes(&self, encoding: NameEncoding) -> Vec<CommonPrefix> {
        self.common_prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encoding.write(prefix)) }).collect()
    }
}

impl NameEncoding {
    fn new(asked: Option<&EncodingType>) -> S3Result<Self> {
        match asked.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(_) => Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request")),
        }
    }

    /// S3 encodes as HTML forms do, but leaves the slash: a space is `+`, a plus is `%2B`.
    fn write(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => name.bytes().fold(String::with_capacity(name.len()), |mut written, byte| {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'/' => {
                        written.push(char::from(byte));
                    }
                    b' ' => written.push('+'),
                    _ => written.push_str(&format!("%{byte:02X}")),
                }
                written
            }),
        }
    }
}

fn object((key, entry): &(&str, &Entry), encoding: NameEncoding, owner: Option<&Owner>) -> Object {
    Object {
        key: Some(encoding.write(key)),
        size: Some(i64::try_from(entry.size).unwrap_or(i64::MAX)),
        e_tag: Some(ETag::Strong(entry.etag.to_string())),
        last_modified: Some(Timestamp::from(entry.modified)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        owner: owner.cloned(),
        ..Object::default()
    }
}

/// The one owner of all objects.
fn owner() -> Owner {
    Owner { display_name: Some("landing".to_owned()), id: Some("75aa57f09aa0c8caeab4f8c24e99d10f".repeat(2)) }
}

fn limit(max_keys: Option<i32>, page: usize) -> S3Result<usize> {
    match max_keys {
        None => Ok(page),
        Some(asked) => usize::try_from(asked)
            .map(|asked| asked.min(page))
            .map_err(|_| s3_error!(InvalidArgument, "Argument maxKeys must be an integer between 0 and 2147483647")),
    }
}

fn token(last: &str) -> String {
    format!("{TOKEN_START}{}{TOKEN_END}", bodies::hex(last.as_bytes()))
}

fn after_token(token: &str) -> S3Result<String> {
    token
        .strip_prefix(TOKEN_START)
        .and_then(|rest| rest.strip_suffix(TOKEN_END))
        .and_then(unhex)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(pair).collect()
}

fn to_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
