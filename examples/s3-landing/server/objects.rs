//! One object at a time: reading, describing, writing, copying and deleting. It must not know uploads in parts.

use std::ops::Range as Span;

use s3s::dto::{
    ChecksumMode, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, Error as DeleteError, GetObjectInput,
    GetObjectOutput, HeadObjectInput, HeadObjectOutput, MetadataDirective, PutObjectInput, PutObjectOutput, Range,
    Timestamp,
};
use s3s::{S3Result, s3_error};

use super::bodies;
use super::bucket::{Attributes, Bucket, Entry, NewObject};
use super::checksums::Checksums;
use super::conditions::{ReadConditions, WriteCondition};

/// What S3 says of an object that was written without a content type.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// `GetObject`.
pub(super) async fn get(bucket: &Bucket, input: GetObjectInput, told: Checksums) -> S3Result<GetObjectOutput> {
    let entry = find(bucket, &input.key)?;
    ReadConditions::from(&input).check(&entry)?;
    let asked = input.checksum_mode.as_ref().is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    // S3 has none for a range, unless it is a part that was uploaded as one.
    let told = if asked && input.range.is_none() { told } else { Checksums::Untold };
    let checksum = told.of(&entry).await?;
    let span = span(&entry, input.range.as_ref())?;
    let Attributes { content_type, content_encoding, cache_control, content_disposition, metadata } =
        (*entry.attributes).clone();
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(to_i64(span.end - span.start)),
        content_range: input.range.map(|_| content_range(&span, entry.size)),
        content_type: Some(content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned())),
        content_encoding,
        cache_control,
        content_disposition,
        metadata,
        e_tag: Some(etag(&entry)),
        last_modified: Some(Timestamp::from(entry.modified)),
        body: Some(bodies::send(&entry, span).await?),
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_type: checksum.kind,
        ..GetObjectOutput::default()
    })
}

/// `HeadObject`: what `GetObject` answers, without the body.
pub(super) async fn head(bucket: &Bucket, input: &HeadObjectInput, told: Checksums) -> S3Result<HeadObjectOutput> {
    let entry = find(bucket, &input.key)?;
    ReadConditions::from(input).check(&entry)?;
    let asked = input.checksum_mode.as_ref().is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    let checksum = if asked { told } else { Checksums::Untold }.of(&entry).await?;
    let span = span(&entry, input.range.as_ref())?;
    let Attributes { content_type, content_encoding, cache_control, content_disposition, metadata } =
        (*entry.attributes).clone();
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(to_i64(span.end - span.start)),
        content_type: Some(content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned())),
        content_encoding,
        cache_control,
        content_disposition,
        metadata,
        e_tag: Some(etag(&entry)),
        last_modified: Some(Timestamp::from(entry.modified)),
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_type: checksum.kind,
        ..HeadObjectOutput::default()
    })
}

/// `PutObject`.
pub(super) async fn put(bucket: &Bucket, input: PutObjectInput) -> S3Result<PutObjectOutput> {
    let condition = WriteCondition::new(input.if_match, input.if_none_match)?;
    let attributes = Attributes {
        content_type: input.content_type,
        content_encoding: input.content_encoding,
        cache_control: input.cache_control,
        content_disposition: input.content_disposition,
        metadata: input.metadata,
    };
    let body = bodies::receive(input.body).await?;
    let new = NewObject { etag: bodies::md5_hex(&body).into(), body, attributes };
    let entry = bucket.put(input.key, new, condition).await?;
    Ok(PutObjectOutput { e_tag: Some(etag(&entry)), ..PutObjectOutput::default() })
}

/// `CopyObject` within the bucket.
pub(super) async fn copy(bucket: &Bucket, bucket_name: &str, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let source_key = match &input.copy_source {
        CopySource::Bucket { bucket, key, .. } if **bucket == *bucket_name => key,
        CopySource::Bucket { .. } => return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist")),
        _ => {
            return Err(s3_error!(
                NotImplemented,
                "A header you provided implies functionality that is not implemented"
            ));
        }
    };
    let source = find(bucket, source_key)?;
    let from = ReadConditions::of_copy(&input);
    from.check(&source).map_err(|error| match error.code() {
        s3s::S3ErrorCode::NotModified => s3_error!(PreconditionFailed),
        _ => error,
    })?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
    let attributes = if replaces {
        Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            metadata: input.metadata,
        }
    } else {
        (*source.attributes).clone()
    };
    let body = bodies::receive(Some(bodies::send(&source, 0..source.size).await?)).await?;
    let new = NewObject { etag: bodies::md5_hex(&body).into(), body, attributes };
    let entry = bucket.put(input.key, new, WriteCondition::Always).await?;
    let result = CopyObjectResult {
        e_tag: Some(etag(&entry)),
        last_modified: Some(Timestamp::from(entry.modified)),
        ..CopyObjectResult::default()
    };
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}

/// `DeleteObject`.
pub(super) fn delete(bucket: &Bucket, input: DeleteObjectInput) -> S3Result<()> {
    let condition = input.if_match.map(WriteCondition::Matches);
    bucket.delete(&input.key, condition.as_ref())
}

/// `DeleteObjects`: each key on its own, so that one failure does not keep the others.
pub(super) fn delete_many(bucket: &Bucket, input: DeleteObjectsInput) -> DeleteObjectsOutput {
    let quiet = input.delete.quiet.unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let condition = object.e_tag.map(|etag| WriteCondition::Matches(s3s::dto::ETagCondition::ETag(etag)));
        match bucket.delete(&object.key, condition.as_ref()) {
            Ok(()) if quiet => {}
            Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
            Err(error) => errors.push(DeleteError {
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                key: Some(object.key),
                version_id: None,
            }),
        }
    }
    DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), request_charged: None }
}

/// The ETag as the answer carries it.
pub(super) fn etag(entry: &Entry) -> ETag {
    ETag::Strong(entry.etag.to_string())
}

fn find(bucket: &Bucket, key: &str) -> S3Result<Entry> {
    bucket.find(key).ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
}

fn span(entry: &Entry, range: Option<&Range>) -> S3Result<Span<u64>> {
    match range {
        None => Ok(0..entry.size),
        // A suffix of nothing is satisfiable by the letter of `s3s`, and refused by S3.
        Some(_) if entry.size == 0 => Err(s3_error!(InvalidRange, "The requested range is not satisfiable")),
        Some(range) => {
            range.check(entry.size).map_err(|_| s3_error!(InvalidRange, "The requested range is not satisfiable"))
        }
    }
}

fn content_range(span: &Span<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", span.start, span.end.saturating_sub(1))
}

fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
