//! From the bytes of landed JSON to Arrow arrays, with every record accounted for.
//!
//! Owns where a record begins and ends, what its values become, which types a table's columns get, and
//! what is said about a record that cannot be read. It must not do I/O, know DataFusion, or drop
//! anything: a caller gets each record as a row, a tombstone or a [`BadRecord`].
//!
//! The way of the bytes: [`Framing::detect`] looks at the start of an object, [`Records`] yields its
//! records with their places, [`Inference`] finds the columns of a sample, and a [`Decoder`] that is
//! kept for many objects turns records into the projected columns. A text is accepted exactly when
//! serde_json accepts it, the fields that nobody asked for included, so that the count of bad records
//! does not depend on the query.

mod bad_record;
mod bad_value;
mod build;
mod cell;
mod decoder;
mod fast;
mod framing;
mod infer;
mod keys;
mod number;
mod read;
mod record;
mod records;
mod rest;
mod rows;
mod shape;
mod shapes;
mod skip;
mod text_builder;

pub use bad_record::{BadRecord, Fault, RejectedRecord};
pub use decoder::{DecodeOptions, Decoded, Decoder, Filled, OnBadValue, Pushed};
pub use framing::{Framing, PartEnd, Place};
pub use infer::{Inference, InferredColumn, WidenedFrom};
pub use keys::LateKey;
pub use record::Record;
pub use records::Records;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
