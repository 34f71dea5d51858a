//! The rows of an answer that a run keeps beside its files, so that the next one can tell what changed.
//!
//! Owns where they are and that they are Arrow IPC, as a file or a stream. They are hidden: no page leads to them.

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::store::Store;

/// Bytes of kept rows that are read, at most.
const LARGEST: u64 = 256 << 20;
/// What an Arrow IPC file begins with; a stream does not.
const FILE_MAGIC: &[u8] = b"ARROW1";

/// The folder of kept rows within a run's.
pub const ROWS_FOLDER: &str = ".rows";

/// See `Publications::rows`.
pub async fn read(store: &Store, run: &str, question: &str) -> Result<Option<Vec<RecordBatch>>> {
    let key = format!("{run}/{ROWS_FOLDER}/{question}.arrow");
    let Some(object) = store.get_small(&key, LARGEST).await? else { return Ok(None) };
    let place = store.location().join(&key);
    let decoded = tokio::task::spawn_blocking(move || decode(object.bytes)).await;
    let decoded = decoded.map_err(|error| Error::bug("a thread that reads rows died").because(error))?;
    let batches = decoded.map_err(|error| Error::statement(format!("`{place}` is damaged")).because(error))?;
    Ok(Some(batches))
}

fn decode(bytes: Bytes) -> Result<Vec<RecordBatch>, ArrowError> {
    if bytes.starts_with(FILE_MAGIC) {
        FileReader::try_new(Cursor::new(bytes), None)?.collect()
    } else {
        StreamReader::try_new(Cursor::new(bytes), None)?.collect()
    }
}
