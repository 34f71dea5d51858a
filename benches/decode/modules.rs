//! pinq's decoder compiled by itself, without the engine around it.
//!
//! It owns the list of the modules that the decoder needs, each from pinq's own file. It is a library, since a
//! benchmark is compiled as a test, and pinq's tests need more than this package has.

#[path = "../../src/column.rs"]
pub mod column;
#[path = "../../src/json/mod.rs"]
pub mod json;
#[path = "../../src/timestamp.rs"]
pub mod timestamp;
