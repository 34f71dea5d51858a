//! The lattice of types that a sample's values are widened in.
//!
//! Owns which type holds two others. Every two types meet somewhere readable, at the last in text, so
//! that inference cannot fail on data that disagrees.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::column::{Column, ColumnType};

/// A struct with more keys is kept as its JSON text: its keys are data rather than names.
pub(super) const MOST_KEYS: usize = 100;
/// Values nested deeper are kept as their JSON text.
pub(super) const DEEPEST: usize = 16;

/// What is known of a column's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Shape {
    /// Only nulls.
    Null,
    Boolean,
    BigInt,
    Double,
    /// An integer beyond 64 bits, which only text holds with every digit.
    HugeInteger,
    Text,
    List(Box<Shape>),
    Struct(Vec<(String, Shape)>),
}

impl Shape {
    /// The shape of a value's text, which must be valid JSON.
    pub fn of(text: &str) -> Shape {
        Shape::of_nested(text, 0)
    }

    fn of_nested(text: &str, depth: usize) -> Shape {
        match text.as_bytes().first() {
            Some(b'n') => Shape::Null,
            Some(b't' | b'f') => Shape::Boolean,
            Some(b'-' | b'0'..=b'9') if text.contains(['.', 'e', 'E']) => Shape::Double,
            Some(b'-' | b'0'..=b'9') if text.parse::<i64>().is_ok() => Shape::BigInt,
            Some(b'-' | b'0'..=b'9') => Shape::HugeInteger,
            Some(b'[' | b'{') if depth >= DEEPEST => Shape::Text,
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                let shapes = items.iter().map(|item| Shape::of_nested(item.get(), depth.saturating_add(1)));
                Shape::List(Box::new(shapes.fold(Shape::Null, Shape::join)))
            }
            Some(b'{') => {
                let mut fields = Vec::new();
                for (key, value) in entries(text) {
                    add_field(&mut fields, key.into_owned(), Shape::of_nested(value.get(), depth.saturating_add(1)));
                    if fields.len() > MOST_KEYS {
                        return Shape::Text;
                    }
                }
                Shape::Struct(fields)
            }
            _ => Shape::Text,
        }
    }

    /// Whether it is one of the shapes that hold no others.
    pub fn is_plain(&self) -> bool {
        !matches!(self, Shape::List(_) | Shape::Struct(_))
    }

    /// The least shape that holds every value of both.
    pub fn join(self, other: Shape) -> Shape {
        match (self, other) {
            (Shape::Null, shape) | (shape, Shape::Null) => shape,
            (Shape::BigInt, Shape::Double) | (Shape::Double, Shape::BigInt) => Shape::Double,
            (Shape::List(one), Shape::List(other)) => Shape::List(Box::new(one.join(*other))),
            (Shape::Struct(mut fields), Shape::Struct(others)) => {
                for (key, shape) in others {
                    add_field(&mut fields, key, shape);
                }
                if fields.len() > MOST_KEYS { Shape::Text } else { Shape::Struct(fields) }
            }
            (one, other) if one == other => one,
            _ => Shape::Text,
        }
    }

    /// The type of a column with such values.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Shape::Boolean => ColumnType::Boolean,
            Shape::BigInt => ColumnType::BigInt,
            Shape::Double => ColumnType::Double,
            Shape::List(item) => ColumnType::List(Box::new(item.column_type())),
            Shape::Struct(fields) if !fields.is_empty() => {
                ColumnType::Struct(fields.iter().map(|(name, shape)| Column::new(name, shape.column_type())).collect())
            }
            // An object that never had a key has no struct that files could hold.
            Shape::Null | Shape::HugeInteger | Shape::Text | Shape::Struct(_) => ColumnType::Varchar,
        }
    }
}

/// Joins a field into a struct of at most some hundred, so that a search from the front does.
pub(super) fn add_field(fields: &mut Vec<(String, Shape)>, key: String, shape: Shape) {
    match fields.iter_mut().find(|(name, _)| *name == key) {
        Some((_, earlier)) => *earlier = std::mem::replace(earlier, Shape::Null).join(shape),
        None => fields.push((key, shape)),
    }
}

/// The keys and values of an object's text in their order, repeated keys included; none where the text
/// is no object.
pub(super) fn entries(text: &str) -> Vec<(Cow<'_, str>, &RawValue)> {
    serde_json::Deserializer::from_str(text).deserialize_map(Entries).unwrap_or_default()
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(entries)
    }
}

/// A key, copied only where it has escapes.
pub(super) struct Key<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(values: &[&str]) -> String {
        values.iter().map(|text| Shape::of(text)).fold(Shape::Null, Shape::join).column_type().to_string()
    }

    #[test]
    fn every_pair_meets() {
        for (values, expected) in [
            (&["1", "2"][..], "BIGINT"),
            (&["1", "2.5"], "DOUBLE"),
            (&["1e3"], "DOUBLE"),
            (&["null", "true"], "BOOLEAN"),
            (&["null"], "VARCHAR"),
            (&[], "VARCHAR"),
            (&["true", "1"], "VARCHAR"),
            (&["1", "\"oops\""], "VARCHAR"),
            (&["9223372036854775807"], "BIGINT"),
            (&["9223372036854775808"], "VARCHAR"),
            (&["1.5", "99999999999999999999"], "VARCHAR"),
            (&["[]"], "ARRAY<VARCHAR>"),
            (&["[]", "[1]", "[2.5, null]"], "ARRAY<DOUBLE>"),
            (&["[1]", "1"], "VARCHAR"),
            (&["{}"], "VARCHAR"),
            (&["{}", "{\"a\":1}", "{\"b\":[true],\"a\":2.5}"], "STRUCT<\"a\" DOUBLE, \"b\" ARRAY<BOOLEAN>>"),
            (&["{\"a\":1}", "[1]"], "VARCHAR"),
            (&["\"2020-08-28 03:52:47\""], "VARCHAR"),
        ] {
            assert_eq!(joined(values), expected, "{values:?}");
        }
    }

    #[test]
    fn objects_with_keys_of_data_stay_text() {
        let wide: Vec<String> = (0..=MOST_KEYS).map(|key| format!("\"k{key}\":1")).collect();
        assert_eq!(joined(&[&format!("{{{}}}", wide.join(","))]), "VARCHAR");
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(joined(&[&deep]).ends_with(&format!("VARCHAR{}", ">".repeat(DEEPEST))));
    }

    #[test]
    fn joining_does_not_depend_on_the_order() {
        let texts = ["null", "true", "1", "1.5", "99999999999999999999", "\"x\"", "[]", "[1]", "{}", "{\"a\":1}"];
        for one in texts {
            for two in texts {
                assert_eq!(joined(&[one, two]), joined(&[two, one]), "{one} {two}");
            }
        }
    }
}
