//! Bodies on their way: received whole up to a limit, sent from memory or from a file. It must not know keys.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use md5::{Digest as _, Md5};
use s3s::dto::StreamingBlob;
use s3s::{Body, S3Error, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::bucket::{Entry, Stored};

/// The largest body of one PUT or part, in bytes: bodies are received into memory, for the ETag needs them whole.
pub(super) const RECEIVE_LIMIT: usize = 512 * 1024 * 1024;

/// Up to this many bytes a file is read at once: handing the read to another thread costs more than the read.
const READ_AT_ONCE: u64 = 256 * 1024;

/// Bytes of a chunk of a larger file.
const CHUNK: usize = 256 * 1024;

/// MD5 as 32 hex digits.
pub(super) fn md5_hex(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

/// MD5 as 16 bytes.
pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Receives a whole body; `s3s` checks its length and signed hash on the way.
pub(super) async fn receive(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    let mut received = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, error))?;
        if received.len() + chunk.len() > RECEIVE_LIMIT {
            return Err(s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"));
        }
        received.extend_from_slice(&chunk);
    }
    Ok(received.freeze())
}

/// The bytes `range` of an object, which must lie within it.
pub(super) async fn send(entry: &Entry, range: Range<u64>) -> S3Result<StreamingBlob> {
    match &entry.stored {
        Stored::Memory(body) => {
            let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
            let (start, end) = bounds.filter(|&(_, end)| end <= body.len()).ok_or_else(changed_meanwhile)?;
            Ok(StreamingBlob::from(Body::from(body.slice(start..end))))
        }
        Stored::File { path, .. } if range.end - range.start <= READ_AT_ONCE => {
            let bytes = read_at_once(path, &range).map_err(|_| changed_meanwhile())?;
            Ok(StreamingBlob::from(Body::from(bytes)))
        }
        Stored::File { path, .. } => stream(path, range).await.map_err(|_| changed_meanwhile()),
    }
}

fn read_at_once(path: &Path, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))?;
    }
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

async fn stream(path: &Path, range: Range<u64>) -> io::Result<StreamingBlob> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(SeekFrom::Start(range.start)).await?;
    let left = range.end - range.start;
    let chunks = futures::stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, io::Error>(None);
        }
        let length = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let mut chunk = vec![0; length];
        // Less than promised closes the connection, which is all that can be said after the head has been sent.
        file.read_exact(&mut chunk).await?;
        Ok(Some((Bytes::from(chunk), (file, left - length as u64))))
    });
    Ok(StreamingBlob::wrap(chunks))
}

/// A file that shrank or vanished between the look at it and the read.
fn changed_meanwhile() -> S3Error {
    s3_error!(InternalError, "We encountered an internal error. Please try again.")
}
