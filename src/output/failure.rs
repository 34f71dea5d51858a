//! What failed while an answer was encoded.
//!
//! Owns the way from Arrow's and Parquet's errors to pinq's: a closed pipe hides inside them and must
//! be found, because it is no failure.

use std::error::Error as StdError;
use std::io;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

use crate::error::Error;

pub(super) fn arrow(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => Error::from(error),
        other => from_chain(other),
    }
}

pub(super) fn parquet(error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => Error::from(*error),
            Err(other) => from_chain(ParquetError::External(other)),
        },
        other => from_chain(other),
    }
}

fn from_chain(error: impl StdError + Send + Sync + 'static) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            // The original cannot be taken out of the chain; its kind is what decides.
            return Error::within_io(io).unwrap_or_else(|| Error::from(io::Error::new(io.kind(), io.to_string())));
        }
        cause = current.source();
    }
    Error::statement("could not encode the answer").because(error)
}
