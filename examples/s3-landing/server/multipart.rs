//! Uploads in parts: parts wait in memory until the upload is completed or aborted. It must not know other operations.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use s3s::dto::{
    AbortMultipartUploadInput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part as ListedPart, Timestamp,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3Result, s3_error};

use super::bodies::{self, RECEIVE_LIMIT};
use super::bucket::{Attributes, Bucket, NewObject};
use super::conditions::{WriteCondition, whole_seconds};
use super::objects;

/// S3 refuses to complete an upload in which another part than the last is smaller, in bytes.
const SMALLEST_PART: usize = 5 * 1024 * 1024;

/// The uploads that were begun and neither completed nor aborted, by their id.
#[derive(Default)]
pub(super) struct Uploads {
    open: Mutex<BTreeMap<String, Upload>>,
    begun: AtomicU64,
}

struct Upload {
    key: String,
    initiated: SystemTime,
    attributes: Attributes,
    parts: BTreeMap<i32, Part>,
}

struct Part {
    body: Bytes,
    md5: [u8; 16],
    modified: SystemTime,
}

impl Uploads {
    /// `CreateMultipartUpload`.
    pub(super) fn create(&self, input: CreateMultipartUploadInput) -> CreateMultipartUploadOutput {
        let number = self.begun.fetch_add(1, Relaxed);
        let upload_id = format!("upload-{number:08}-{}", bodies::md5_hex(input.key.as_bytes()));
        let attributes = Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            metadata: input.metadata,
        };
        let initiated = whole_seconds(super::bucket::now());
        let upload = Upload { key: input.key.clone(), initiated, attributes, parts: BTreeMap::new() };
        self.open().insert(upload_id.clone(), upload);
        CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(upload_id),
            ..CreateMultipartUploadOutput::default()
        }
    }

    /// `UploadPart`; a part of the same number is replaced.
    pub(super) async fn put_part(&self, input: UploadPartInput) -> S3Result<UploadPartOutput> {
        if !(1..=10_000).contains(&input.part_number) {
            return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
        }
        find(&mut self.open(), &input.upload_id, &input.key)?;
        let body = bodies::receive(input.body).await?;
        let md5 = bodies::md5(&body);
        let mut open = self.open();
        let held: usize = open.values().flat_map(|upload| upload.parts.values()).map(|part| part.body.len()).sum();
        if held + body.len() > RECEIVE_LIMIT {
            return Err(s3_error!(
                EntityTooLarge,
                "the parts of all open uploads together are too large for this server"
            ));
        }
        let part = Part { body, md5, modified: whole_seconds(super::bucket::now()) };
        find(&mut open, &input.upload_id, &input.key)?.parts.insert(input.part_number, part);
        Ok(UploadPartOutput { e_tag: Some(ETag::Strong(bodies::hex(&md5))), ..UploadPartOutput::default() })
    }

    /// `CompleteMultipartUpload`: the object comes into being, with an ETag of the MD5 of the parts' MD5s and their number.
    pub(super) async fn complete(
        &self,
        bucket: &Bucket,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let condition = WriteCondition::new(input.if_match, input.if_none_match)?;
        let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let new = assemble(find(&mut self.open(), &input.upload_id, &input.key)?, &named)?;
        let entry = bucket.put(input.key.clone(), new, condition).await?;
        self.open().remove(&input.upload_id);
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(objects::etag(&entry)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    /// `AbortMultipartUpload`.
    pub(super) fn abort(&self, input: &AbortMultipartUploadInput) -> S3Result<()> {
        let mut open = self.open();
        find(&mut open, &input.upload_id, &input.key)?;
        open.remove(&input.upload_id);
        Ok(())
    }

    /// `ListParts`, all on one page.
    pub(super) fn list_parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let mut open = self.open();
        let upload = find(&mut open, &input.upload_id, &input.key)?;
        let listed = |(number, part): (&i32, &Part)| ListedPart {
            part_number: Some(*number),
            e_tag: Some(ETag::Strong(bodies::hex(&part.md5))),
            size: i64::try_from(part.body.len()).ok(),
            last_modified: Some(Timestamp::from(part.modified)),
            ..ListedPart::default()
        };
        Ok(ListPartsOutput {
            parts: Some(upload.parts.iter().map(listed).collect()),
            is_truncated: Some(false),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        })
    }

    /// `ListMultipartUploads` below a prefix, all on one page.
    pub(super) fn list(&self, input: ListMultipartUploadsInput) -> ListMultipartUploadsOutput {
        let open = self.open();
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let mut uploads: Vec<_> = open.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
        uploads.sort_by(|(_, left), (_, right)| left.key.cmp(&right.key));
        let listed = |(id, upload): (&String, &Upload)| MultipartUpload {
            key: Some(upload.key.clone()),
            upload_id: Some(id.clone()),
            initiated: Some(Timestamp::from(upload.initiated)),
            ..MultipartUpload::default()
        };
        ListMultipartUploadsOutput {
            uploads: Some(uploads.into_iter().map(listed).collect()),
            is_truncated: Some(false),
            bucket: Some(input.bucket),
            prefix: input.prefix,
            ..ListMultipartUploadsOutput::default()
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'a>(open: &'a mut BTreeMap<String, Upload>, upload_id: &str, key: &str) -> S3Result<&'a mut Upload> {
    open.get_mut(upload_id).filter(|upload| upload.key == key).ok_or_else(|| {
        s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        )
    })
}

/// Joins the parts that the client names, in its order, which must be that of their numbers.
fn assemble(upload: &Upload, named: &[CompletedPart]) -> S3Result<NewObject> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "The XML you provided was not well-formed"));
    }
    if !named.is_sorted_by(|left, right| left.part_number < right.part_number) {
        return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
    }
    let (mut body, mut digests) = (BytesMut::new(), Vec::new());
    for (position, part) in named.iter().enumerate() {
        let held = part.part_number.and_then(|number| upload.parts.get(&number));
        let held = held.filter(|held| part.e_tag.as_ref().is_some_and(|etag| etag.value() == bodies::hex(&held.md5)));
        let held =
            held.ok_or_else(|| s3_error!(InvalidPart, "One or more of the specified parts could not be found."))?;
        if position + 1 < named.len() && held.body.len() < SMALLEST_PART {
            return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"));
        }
        body.extend_from_slice(&held.body);
        digests.extend_from_slice(&held.md5);
    }
    let etag = format!("{}-{}", bodies::md5_hex(&digests), named.len());
    Ok(NewObject { body: body.freeze(), etag: etag.into(), attributes: upload.attributes.clone() })
}
