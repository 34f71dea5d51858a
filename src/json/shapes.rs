//! The shapes of a record's values, read once: with the checks of a decoder, and without their texts.
//!
//! Owns that one reading. It must agree with [`super::decoder::check`] on what is a record and with [`Shape::of`] on what
//! it has, and leaves to them the few numbers of which serde_json no longer says how they were written.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::shape::{DEEPEST, Key, MOST_KEYS, Shape, add_field, entries};
use super::skip::Skip;

/// From here on a double may have been written as an integer that does not fit 64 bits: 2^63.
const LEAST_DOUBTFUL: f64 = 9_223_372_036_854_775_808.0;

/// The keys of an object and the shapes of their values in their order, repeated keys included.
///
/// # Errors
/// The text is no object, or one that a decoder does not take.
pub(super) fn shapes(text: &str) -> serde_json::Result<Vec<(Cow<'_, str>, Shape)>> {
    let is_doubtful = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let shapes = deserializer.deserialize_map(Record { is_doubtful: &is_doubtful })?;
    deserializer.end()?;
    match is_doubtful.get() {
        true => Ok(entries(text).into_iter().map(|(key, value)| (key, Shape::of(value.get()))).collect()),
        false => Ok(shapes),
    }
}

struct Record<'a> {
    is_doubtful: &'a Cell<bool>,
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = Vec<(Cow<'de, str>, Shape)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut shapes = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            shapes.push((key, map.next_value_seed(Value { depth: 0, is_doubtful: self.is_doubtful })?));
        }
        Ok(shapes)
    }
}

/// A value within so many others.
#[derive(Clone, Copy)]
struct Value<'a> {
    depth: usize,
    is_doubtful: &'a Cell<bool>,
}

impl Value<'_> {
    fn nested(self) -> Self {
        Value { depth: self.depth.saturating_add(1), ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Boolean)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::BigInt)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(if i64::try_from(value).is_ok() { Shape::BigInt } else { Shape::HugeInteger })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        // An integer beyond 64 bits, or -0, comes as a double, too.
        if value.abs() >= LEAST_DOUBTFUL || value == 0.0 && value.is_sign_negative() {
            self.is_doubtful.set(true);
        }
        Ok(Shape::Double)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        if self.depth >= DEEPEST {
            return Skip.visit_seq(items).map(|_| Shape::Text);
        }
        let mut joined = Shape::Null;
        while let Some(item) = items.next_element_seed(self.nested())? {
            joined = joined.join(item);
        }
        Ok(Shape::List(Box::new(joined)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        if self.depth >= DEEPEST {
            return Skip.visit_map(map).map(|_| Shape::Text);
        }
        let mut fields = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            let shape = map.next_value_seed(self.nested())?;
            if fields.len() <= MOST_KEYS {
                add_field(&mut fields, key.into_owned(), shape);
            }
        }
        Ok(if fields.len() > MOST_KEYS { Shape::Text } else { Shape::Struct(fields) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::decoder::check;

    /// The same in two readings, by the texts of the values.
    fn by_texts(text: &str) -> Result<Vec<(Cow<'_, str>, Shape)>, String> {
        check(text).map_err(|error| error.to_string())?;
        Ok(entries(text).into_iter().map(|(key, value)| (key, Shape::of(value.get()))).collect())
    }

    #[track_caller]
    fn assert_agrees(text: &str) {
        assert_eq!(shapes(text).map_err(|error| error.to_string()), by_texts(text), "{text}");
    }

    /// A value's text; now and then one that no decoder takes.
    fn value() -> impl Strategy<Value = String> {
        let number = prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
            "-?[0-9]{1,40}",
            "-?[0-9]{1,3}\\.[0-9]{1,3}([eE][+-]?[0-9]{1,3})?",
        ];
        let text = any::<String>().prop_map(|text| serde_json::Value::from(text).to_string());
        let odd =
            prop_oneof![Just("\"\\ud800\""), Just("\"\u{1}\""), Just("1e999"), Just("-0"), Just("-0.0"), Just("nul")];
        let leaf = prop_oneof![
            6 => number,
            6 => text,
            3 => prop_oneof![Just("null"), Just("true"), Just("false")].prop_map(str::to_owned),
            1 => odd.prop_map(str::to_owned),
        ];
        leaf.prop_recursive(20, 64, 6, |value| {
            prop_oneof![
                prop::collection::vec(value.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
                prop::collection::vec(("[a-c\\\\\"]{0,2}", value), 0..6).prop_map(object),
            ]
        })
    }

    fn object(entries: Vec<(String, String)>) -> String {
        let entry = |(key, value)| format!("{}: {value}", serde_json::Value::from(key));
        format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(","))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_reading_agrees_with_two(
            entries in prop::collection::vec(("[a-c]{0,2}", value()), 0..8),
            torn in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let text = object(entries);
            let end = torn.map_or(text.len(), |torn| torn.index(text.len()));
            let text = text.get(..end).unwrap_or(&text);
            prop_assert_eq!(shapes(text).map_err(|error| error.to_string()).ok(), by_texts(text).ok(), "{}", text);
        }
    }

    #[test]
    fn what_is_rare_agrees_too() {
        let deep =
            |open: &str, close: &str, depth: usize| format!("{{\"a\":{}{}}}", open.repeat(depth), close.repeat(depth));
        let wide: Vec<String> = (0..=MOST_KEYS).map(|key| format!("\"k{key}\":1")).collect();
        for text in [
            "{}".to_owned(),
            " {\"a\" : 1} ".to_owned(),
            "{\"a\":1} 2".to_owned(),
            "{\"a\":1,\"a\":\"x\",\"\\u0061\":[]}".to_owned(),
            "{\"a\":[-0,0.0,-0.0,9223372036854775807,9223372036854775808,18446744073709551616,-9223372036854775809,1e19]}".to_owned(),
            "{\"a\":9223372036854775808}".to_owned(),
            "{\"a\":1e400}".to_owned(),
            "{\"a\":\"\\udc00\"}".to_owned(),
            format!("{{\"a\":{{{}}},\"b\":{{{}}}}}", wide.join(","), wide[1..].join(",")),
            deep("[", "]", DEEPEST),
            deep("[", "]", DEEPEST + 2),
            deep("[", "]", 127),
            deep("[", "]", 128),
            deep("[[{\"k\":", "1}]]", 1),
        ] {
            assert_agrees(&text);
        }
    }
}
