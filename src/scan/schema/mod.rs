//! The columns of a table that declares none: inferred from a sample, and remembered between runs.
//!
//! Owns which objects are sampled and when a remembered result holds. It must not widen types (`json` does).

mod cache;
mod head;
mod sample;

pub use cache::SchemaCache;
pub use head::LookingSpace;
pub(super) use sample::{Sample, Sampling};
pub use sample::{SampleOrigin, spread};
