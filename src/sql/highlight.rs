//! placeholder
use std::ops::Range;
/// C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "p")]
pub enum TokenClass {
    Keyword,
    Function,
    Name,
    Text,
    Number,
    Comment,
    Operator,
    Parameter,
    Bracket,
    Unbalanced,
    Unfinished,
    Blank,
}
/// H.
pub fn highlight(text: &str, _is_function: &dyn Fn(&str) -> bool) -> Vec<(Range<usize>, TokenClass)> {
    vec![(0..text.len(), TokenClass::Name)]
}
