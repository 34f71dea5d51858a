//! placeholder
use crate::engine::Vocabulary;
use std::ops::Range;
/// A.
pub struct Candidate {
    pub text: String,
    pub description: Option<String>,
    pub replaces: Range<usize>,
    pub appends_blank: bool,
}
/// C.
pub fn complete(_text: &str, _cursor: usize, _vocabulary: &Vocabulary) -> Vec<Candidate> {
    Vec::new()
}
