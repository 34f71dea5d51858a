//! The landing-key grammar: what the name of a landed object says about it.
//!
//! Owns topics, partitions, offsets, time partitions, compression by name and by magic bytes, and
//! which keys are not data and why. Pure: it must not look at the disk or the network.

mod compression;
mod key;
mod topics;

pub use compression::Compression;
pub use key::{Folder, LandingKey, NotData};
pub use topics::{NamedTopic, Topics};
