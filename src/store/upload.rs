//! Uploading a finished local file to S3, whole or not at all.
//!
//! Owns the choice between one request and parts. An upload in parts that fails is taken back.

use std::path::Path;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, TryStreamExt};
use object_store::path::Path as ClientPath;
use object_store::{Attribute, Attributes, MultipartUpload, ObjectStore, PutMultipartOptions, PutOptions, PutPayload};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::client::Bucket;
use super::explain::Explain;
use crate::error::{Error, Result};

/// A file up to this many bytes is one request.
const WHOLE_UP_TO: u64 = 16 << 20;
/// S3 wants parts of 5 MiB at least, but for the last, and 10,000 of them at most.
const SMALLEST_PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 9_000;
/// Parts in flight; the next one is read when one of them has arrived, so that memory holds no more.
const PARTS_AT_ONCE: usize = 4;

/// Uploads `file` as `path`; `place` names the object in messages.
pub async fn put_file(bucket: &Bucket, path: &ClientPath, file: &Path, place: &str) -> Result<()> {
    let unreadable =
        |error: std::io::Error| Error::statement(format!("`{}` can not be read", file.display())).because(error);
    let mut reader = File::open(file).await.map_err(unreadable)?;
    let size = reader.metadata().await.map_err(unreadable)?.len();
    let attributes = attributes(path.as_ref());
    if size <= WHOLE_UP_TO {
        let mut content = Vec::new();
        reader.read_to_end(&mut content).await.map_err(unreadable)?;
        let options = PutOptions { attributes, ..PutOptions::default() };
        let sent = bucket.client.put_opts(path, PutPayload::from(content), options).await;
        return sent.explain(bucket, "write", place).map(|_| ());
    }
    let part_size = SMALLEST_PART.max(size.div_ceil(MOST_PARTS));
    let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
    let mut upload = bucket.client.put_multipart_opts(path, options).await.explain(bucket, "write", place)?;
    let sent = async {
        send_parts(bucket, upload.as_mut(), &mut reader, part_size, place).await?;
        upload.complete().await.explain(bucket, "write", place)
    };
    match sent.await {
        Ok(_) => Ok(()),
        Err(error) => match upload.abort().await {
            Ok(()) => Err(error),
            Err(_) => Err(error.hint(format!("parts of an unfinished upload of `{place}` may be left in the bucket"))),
        },
    }
}

/// What a browser needs to know of an object of that name: a page that comes as bytes is saved, not shown.
pub fn attributes(key: &str) -> Attributes {
    let content_type = match key.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("md" | "txt") => "text/plain; charset=utf-8",
        _ => return Attributes::new(),
    };
    Attributes::from_iter([(Attribute::ContentType, content_type)])
}

async fn send_parts(
    bucket: &Bucket,
    upload: &mut dyn MultipartUpload,
    reader: &mut File,
    part_size: u64,
    place: &str,
) -> Result<()> {
    let mut in_flight = FuturesUnordered::new();
    loop {
        if in_flight.len() >= PARTS_AT_ONCE {
            in_flight.try_next().await.explain(bucket, "write", place)?;
        }
        // A buffer that grows as it is read could be twice as large.
        let mut part = Vec::with_capacity(usize::try_from(part_size).unwrap_or_default());
        let read = (&mut *reader).take(part_size).read_to_end(&mut part).await;
        read.map_err(|error| Error::statement(format!("the file for `{place}` can not be read")).because(error))?;
        if part.is_empty() {
            break;
        }
        in_flight.push(upload.put_part(PutPayload::from_bytes(Bytes::from(part))));
    }
    while in_flight.try_next().await.explain(bucket, "write", place)?.is_some() {}
    Ok(())
}
