//! What Miri runs: pinq's modules that hold `unsafe`, compiled from their files, and their own tests.
//!
//! It owns the list of these modules, and nothing else.

#[path = "../../src/column.rs"]
pub mod column;
#[path = "../../src/json/mod.rs"]
pub mod json;
#[path = "../../src/timestamp.rs"]
pub mod timestamp;
