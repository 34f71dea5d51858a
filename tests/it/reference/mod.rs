//! The eleven questions answered a second time, in plain loops over the parsed records.
//!
//! Written from the definitions alone, so that SQL and test cannot share a mistake: it must use neither the SQL files
//! nor any part of pinq.

mod answers;
mod cleaning;
mod records;

use std::path::Path;

use serde_json::Value;

pub use answers::answer;
pub use records::{Landing, lines, objects};

/// The answer to one question.
#[derive(Debug)]
pub struct Answer {
    /// The names of the columns, in order.
    pub columns: Vec<&'static str>,
    /// The rows in order, a value for each column: a text, an integer, or a double for a median.
    pub rows: Vec<Vec<Value>>,
}

/// Reads a landing's `topics` folder, plain and gzip objects alike.
pub fn read(topics: &Path) -> Landing {
    Landing::read(topics)
}
