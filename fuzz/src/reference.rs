//! What serde_json makes of a text, and exact numbers by plain text: what pinq is held against.
//!
//! It reads every value in full, as `IgnoredAny` and `RawValue` do not. It must not share code with pinq's reader.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value; of numbers only that there is one, since their text says more.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Number,
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A record's fields by name, the last of a name alone: the value, and its text as written.
pub type Fields<'a> = BTreeMap<String, (Node, &'a str)>;

/// The fields of the object that the text is, or `None` where serde_json refuses it or it is no object.
pub fn object(text: &[u8]) -> Option<Fields<'_>> {
    let Ok(Node::Object(entries)) = serde_json::from_slice::<Node>(text) else { return None };
    let written: BTreeMap<String, &RawValue> = serde_json::from_slice(text).expect("what is read in full is valid");
    let nodes: BTreeMap<String, Node> = entries.into_iter().collect();
    assert_eq!(nodes.len(), written.len());
    let fields = nodes.into_iter().zip(written);
    Some(fields.map(|((name, node), (_, raw))| (name, (node, raw.get()))).collect())
}

/// Whether serde_json accepts the text, and it is an object.
pub fn is_object(text: &[u8]) -> bool {
    matches!(serde_json::from_slice::<Node>(text), Ok(Node::Object(_)))
}

/// The text without JSON's white space at both ends.
pub fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// The number that the text is times 10 to the power of `scale`, as digits of an integer with a sign; `None` where
/// that is no integer, or one of more than some 60 digits.
pub fn scaled(text: &str, scale: i8) -> Option<String> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + part.len() == 0 || !whole.chars().chain(part.chars()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    let exponent_digits = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    if exponent_digits.is_some_and(|digits| digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit())) {
        return None;
    }
    let digits = format!("{whole}{part}");
    let Some(significant) = Some(digits.trim_start_matches('0')).filter(|digits| !digits.is_empty()) else {
        return Some("0".to_owned());
    };
    // An exponent beyond 32 bits leaves no integer of any number that fits into an input.
    let exponent = exponent.map_or(Ok(0), str::parse::<i32>).ok()?;
    let kept = significant.trim_end_matches('0');
    let zeros = (significant.len() - kept.len()) as i64;
    let power = i64::from(exponent) - part.len() as i64 + i64::from(scale) + zeros;
    let sign = if negative { "-" } else { "" };
    (0..=60).contains(&power).then(|| format!("{sign}{kept}{}", "0".repeat(power as usize)))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}
