//! The columns of a sample of records, and the evidence for them.
//!
//! Owns the order of columns and the examples of what widened a type. The widening is `shape`'s. It
//! must not choose the sample.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::bad_record::BadRecord;
use super::decoder::{Pushed, check, valid_text};
use super::record::{Record, trim};
use super::shape::Shape;
use super::shapes::shapes;
use crate::column::Column;

/// Places within nested values whose types are watched, a column.
const MOST_PATHS: usize = 1000;
/// Keys that become columns. Where there are more, they are data rather than names, and planning would take minutes: the
/// others are left to be told of as keys that no column has.
const MOST_COLUMNS: usize = 1000;

/// What has been observed; parts observed side by side can be merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    columns: Vec<Observed>,
    /// Not written: what was written is merged into another, and looks nothing up.
    #[serde(skip)]
    by_name: HashMap<String, usize>,
    records: u64,
    /// The object of the record before, and how many there were. Not written: those of a merge are others.
    #[serde(skip)]
    last_object: String,
    #[serde(skip)]
    objects: u64,
}

/// A column as a sample shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InferredColumn {
    /// The name and the type that holds every value seen.
    pub column: Column,
    /// The records that have the key.
    pub seen: u64,
    /// Those among them whose value is null.
    pub nulls: u64,
    /// The objects in which a record has the key.
    pub objects: u64,
    /// Where values of different types were seen: each with its first example.
    pub widened: Option<Vec<WidenedFrom>>,
}

/// One of the types that a column's values have by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidenedFrom {
    /// Where within the column's value: empty for the value itself, `.name` for a key of an object,
    /// `[]` for the items of an array.
    pub path: String,
    /// Its SQL name, as of a column with such values alone.
    pub kind: String,
    /// The object and the line (from 1) of the first such value.
    pub object: String,
    /// The line of that record, from 1.
    pub line: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Observed {
    name: String,
    shape: Shape,
    seen: u64,
    nulls: u64,
    /// The number of the record that last had the key, so that a repeated key counts once.
    last_record: u64,
    objects: u64,
    /// The number of the object that last had the key.
    #[serde(skip)]
    last_object: u64,
    /// By path; those of one path differ in kind.
    examples: BTreeMap<String, Vec<Example>>,
}

/// The first value of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Example {
    shape: Shape,
    object: String,
    line: u64,
}

impl Inference {
    /// Nothing observed.
    pub fn new() -> Self {
        Inference::default()
    }

    /// Takes one record of the object named `object` into account.
    ///
    /// # Errors
    /// The record is none that a decoder would take; nothing of it is kept.
    pub fn observe(&mut self, record: &Record<'_>, object: &str) -> Result<Pushed, BadRecord> {
        let trimmed = trim(record.text);
        if trimmed == b"null" {
            return Ok(Pushed::Tombstone);
        }
        let text = valid_text(record)?;
        let is_bad = |error| BadRecord::from_json(record, &error);
        if trimmed.first() != Some(&b'{') {
            check(text).map_err(is_bad)?;
            return Err(BadRecord::at(record, 0, "the record is not an object"));
        }
        let shapes = shapes(text).map_err(is_bad)?;
        self.records = self.records.saturating_add(1);
        if self.objects == 0 || self.last_object != object {
            self.objects = self.objects.saturating_add(1);
            object.clone_into(&mut self.last_object);
        }
        let (records, objects) = (self.records, self.objects);
        for (position, (key, shape)) in shapes.into_iter().enumerate() {
            let Some(observed) = self.column(position, &key) else { continue };
            let repeated = observed.last_record == records;
            observed.last_record = records;
            observed.seen = observed.seen.saturating_add(u64::from(!repeated));
            if observed.last_object != objects {
                observed.objects = observed.objects.saturating_add(1);
                observed.last_object = objects;
            }
            if shape == Shape::Null {
                observed.nulls = observed.nulls.saturating_add(u64::from(!repeated));
                continue;
            }
            if observed.is_all(&shape) {
                continue;
            }
            observed.add_examples(&shape, &mut String::new(), object, record.line);
            observed.join(shape);
        }
        Ok(Pushed::Row)
    }

    /// The records observed, tombstones and bad ones not counted.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Takes everything into account that `other` observed, as if its records came after and were of
    /// other objects.
    pub fn merge(&mut self, other: Inference) {
        for theirs in other.columns {
            let Some(ours) = self.column(usize::MAX, &theirs.name) else { continue };
            ours.seen = ours.seen.saturating_add(theirs.seen);
            ours.nulls = ours.nulls.saturating_add(theirs.nulls);
            ours.objects = ours.objects.saturating_add(theirs.objects);
            for (path, examples) in theirs.examples {
                for example in examples {
                    ours.add_example(&path, example);
                }
            }
            ours.join(theirs.shape);
        }
        self.records = self.records.saturating_add(other.records);
    }

    /// The columns, in the order in which their keys first appeared.
    pub fn columns(&self) -> Vec<InferredColumn> {
        self.columns.iter().map(Observed::inferred).collect()
    }

    /// The column of that name, unless there are too many. Records are like the one before, so it is looked for where that
    /// had it.
    fn column(&mut self, position: usize, name: &str) -> Option<&mut Observed> {
        let place = if self.columns.get(position).is_some_and(|column| column.name == name) {
            position
        } else if let Some(place) = self.by_name.get(name) {
            *place
        } else if self.columns.len() >= MOST_COLUMNS {
            return None;
        } else {
            let place = self.columns.len();
            self.by_name.insert(name.to_owned(), place);
            self.columns.push(Observed::new(name.to_owned()));
            place
        };
        self.columns.get_mut(place)
    }
}

impl Observed {
    fn new(name: String) -> Self {
        Observed {
            name,
            shape: Shape::Null,
            seen: 0,
            nulls: 0,
            last_record: 0,
            objects: 0,
            last_object: 0,
            examples: BTreeMap::new(),
        }
    }

    /// Whether every value up to now was of that plain shape, so that one more shows nothing new.
    fn is_all(&self, shape: &Shape) -> bool {
        // The value's own path is the empty one, and so the first. To look it up would compare empty keys, at which the
        // processor stumbles: their memory is nowhere, and to leave it unread costs it more than the rest of the value.
        let is_own = |(path, examples): (&String, &Vec<Example>)| path.is_empty() && examples.len() == 1;
        *shape == self.shape && shape.is_plain() && self.examples.first_key_value().is_some_and(is_own)
    }

    fn join(&mut self, shape: Shape) {
        self.shape = std::mem::replace(&mut self.shape, Shape::Null).join(shape);
    }

    /// Keeps the first value of each kind, of the value itself and of what is inside lists and structs.
    fn add_examples(&mut self, shape: &Shape, path: &mut String, object: &str, line: u64) {
        let kind = std::mem::discriminant(shape);
        let known = self.examples.get(path.as_str()).into_iter().flatten();
        if !known.map(|example| std::mem::discriminant(&example.shape)).any(|known| known == kind) {
            self.add_example(path, Example { shape: shape.clone(), object: object.to_owned(), line });
        }
        let length = path.len();
        match shape {
            Shape::List(item) if **item != Shape::Null => {
                path.push_str("[]");
                self.add_examples(item, path, object, line);
                path.truncate(length);
            }
            Shape::Struct(fields) => {
                for (name, field) in fields.iter().filter(|(_, field)| *field != Shape::Null) {
                    path.push('.');
                    path.push_str(name);
                    self.add_examples(field, path, object, line);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn add_example(&mut self, path: &str, example: Example) {
        if !self.examples.contains_key(path) && self.examples.len() >= MOST_PATHS {
            return;
        }
        let kind = std::mem::discriminant(&example.shape);
        let known = self.examples.entry(path.to_owned()).or_default();
        if !known.iter().any(|known| std::mem::discriminant(&known.shape) == kind) {
            known.push(example);
        }
    }

    /// Every kind that was seen where there was more than one. What is inside a value that became text
    /// as a whole has no type of its own.
    fn widened(&self) -> Option<Vec<WidenedFrom>> {
        let mut outer: Vec<&str> = Vec::new();
        let mut widened = Vec::new();
        for (path, examples) in self.examples.iter().filter(|(_, examples)| examples.len() > 1) {
            if !outer.iter().any(|outer| path.starts_with(outer)) {
                outer.push(path);
                widened.extend(examples.iter().map(|example| example.widened_from(path)));
            }
        }
        (!widened.is_empty()).then_some(widened)
    }

    fn inferred(&self) -> InferredColumn {
        InferredColumn {
            column: Column::new(&self.name, self.shape.column_type()),
            seen: self.seen,
            nulls: self.nulls,
            objects: self.objects,
            widened: self.widened(),
        }
    }
}

impl Example {
    fn widened_from(&self, path: &str) -> WidenedFrom {
        let kind = match self.shape {
            // By itself it is a VARCHAR too, but that would not say why.
            Shape::HugeInteger => "integer beyond BIGINT".to_owned(),
            _ => self.shape.column_type().to_string(),
        };
        WidenedFrom { path: path.to_owned(), kind, object: self.object.clone(), line: self.line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::ColumnType;
    use crate::json::{Framing, Records};

    fn observed(text: &str, object: &str) -> Inference {
        let mut inference = Inference::new();
        for record in Records::new(text.as_bytes(), Framing::Lines, 1, 0, 0) {
            let _ = inference.observe(&record.unwrap(), object);
        }
        inference
    }

    #[test]
    fn columns_come_in_order_with_their_evidence() {
        let columns =
            observed("{\"b\":1,\"a\":null}\nnull\n{\"a\":2.5,\"b\":null,\"c\":\"x\"}\n{\"a\":", "o").columns();
        let shown: Vec<_> = columns
            .iter()
            .map(|one| (one.column.name.as_str(), one.column.kind.to_string(), one.seen, one.nulls))
            .collect();
        assert_eq!(shown, [("b", "BIGINT".into(), 2, 1), ("a", "DOUBLE".into(), 2, 1), ("c", "VARCHAR".into(), 1, 0)]);
        assert!(columns.iter().all(|column| column.widened.is_none()));
    }

    #[test]
    fn two_objects_that_disagree_name_both() {
        let mut one = observed("{\"a\":1}", "one.json");
        one.merge(observed("\n{\"a\":\"oops\",\"new\":1}", "two.json"));
        let columns = one.columns();
        assert_eq!(columns[0].column, Column::new("a", ColumnType::Varchar));
        assert_eq!((columns[0].seen, columns[1].column.name.as_str(), one.records()), (2, "new", 2));
        let from = |kind: &str, object: &str, line| WidenedFrom {
            path: String::new(),
            kind: kind.into(),
            object: object.into(),
            line,
        };
        assert_eq!((columns[0].objects, columns[1].objects), (2, 1));
        let expected = vec![from("BIGINT", "one.json", 1), from("VARCHAR", "two.json", 2)];
        assert_eq!(columns[0].widened.as_ref(), Some(&expected));
    }

    #[test]
    fn what_widens_inside_a_value_is_named_by_its_path() {
        let mut one = observed("{\"a\":{\"b\":[1],\"c\":1}}\n{\"a\":{\"b\":[2.5],\"c\":2}}", "one.json");
        let shown = |inference: &Inference| -> Vec<String> {
            let columns = inference.columns();
            let widened = columns[0].widened.iter().flatten();
            widened.map(|from| format!("{} {} {}:{}", from.path, from.kind, from.object, from.line)).collect()
        };
        assert_eq!(shown(&one), [".b[] BIGINT one.json:1", ".b[] DOUBLE one.json:2"]);
        one.merge(observed("{\"a\":{\"b\":\"x\"}}", "two.json"));
        assert_eq!(shown(&one), [".b ARRAY<BIGINT> one.json:1", ".b VARCHAR two.json:1"]);
    }

    #[test]
    fn merging_equals_observing_one_after_another() {
        let (one, two) =
            ("{\"a\":1,\"s\":{\"x\":1}}\n{\"b\":[]}", "{\"c\":1,\"b\":[2]}\n{\"a\":2.5,\"s\":{\"y\":null}}");
        let mut merged = observed(one, "o");
        merged.merge(observed(two, "o"));
        let whole = observed(&format!("{one}\n{two}"), "o").columns();
        let stripped = |columns: Vec<InferredColumn>| -> Vec<_> {
            columns.into_iter().map(|column| (column.column, column.seen, column.nulls)).collect()
        };
        assert_eq!(stripped(merged.columns()), stripped(whole));
    }

    #[test]
    fn too_many_keys_are_not_all_columns() {
        let keys = (0..50_000).map(|key| format!("\"k{key}\":1")).collect::<Vec<_>>().join(",");
        let mut inference = observed(&format!("{{{keys}}}"), "one.json");
        inference.merge(observed("{\"k7\":2.5,\"another\":1}", "two.json"));
        let columns = inference.columns();
        assert_eq!((columns.len(), inference.records()), (MOST_COLUMNS, 2));
        assert_eq!(columns[7].column, Column::new("k7", ColumnType::Double));
    }

    #[test]
    fn a_repeated_key_counts_once_and_bad_records_not_at_all() {
        let mut inference = Inference::new();
        let record = |text: &'static str| Record { text: text.as_bytes(), line: 1, column: 1, byte: 0, position: 0 };
        assert_eq!(inference.observe(&record("{\"a\":1,\"a\":2}"), "o"), Ok(Pushed::Row));
        assert_eq!(inference.observe(&record("null"), "o"), Ok(Pushed::Tombstone));
        for bad in ["[1]", "5", "\"x\"", "{\"a\":\"\\ud800\"}", "{\"a\":1e999}", "{\"z\":1"] {
            assert!(inference.observe(&record(bad), "o").is_err(), "{bad}");
        }
        assert_eq!(inference.columns().len(), 1);
        assert_eq!(inference.columns()[0].seen, 1);
    }
}
