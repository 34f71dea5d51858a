//! Typed records for the libraries that read into serde's structs, and the arrays that they become.
//!
//! It owns the two projections of the benchmark, 3 and 12 of the 12 columns, as structs and as builders of Arrow
//! arrays. It must not know which library reads them.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringViewBuilder};
use serde::de::{Deserialize, Deserializer, Visitor};

/// Text that borrows from the record wherever it has no escape, as `Option<Cow<str>>` would not.
#[derive(Debug)]
pub struct Text<'a>(Cow<'a, str>);

/// The 3 columns that the questions read most.
#[derive(Debug, serde::Deserialize)]
pub struct Three<'a> {
    index: Option<i64>,
    #[serde(borrow)]
    follower_count: Option<Text<'a>>,
    #[serde(borrow)]
    category: Option<Text<'a>>,
}

/// All 12 columns.
#[derive(Debug, serde::Deserialize)]
pub struct Twelve<'a> {
    index: Option<i64>,
    #[serde(borrow)]
    unique_id: Option<Text<'a>>,
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    poster_name: Option<Text<'a>>,
    #[serde(borrow)]
    follower_count: Option<Text<'a>>,
    #[serde(borrow)]
    tag_list: Option<Text<'a>>,
    #[serde(borrow)]
    is_image_or_video: Option<Text<'a>>,
    #[serde(borrow)]
    image_src: Option<Text<'a>>,
    downloaded: Option<i64>,
    #[serde(borrow)]
    save_location: Option<Text<'a>>,
    #[serde(borrow)]
    category: Option<Text<'a>>,
}

/// A projection as a struct of serde's.
pub trait Row {
    /// The struct, borrowing from a record.
    type Of<'a>: Deserialize<'a>;

    /// Appends its values.
    fn append(row: &Self::Of<'_>, builders: &mut Builders);
}

/// The builders of a batch; numbers and texts each in the order of their columns.
#[derive(Debug)]
pub struct Builders {
    /// The names, in the order of the batch.
    names: &'static [&'static str],
    numbers: Vec<Int64Builder>,
    texts: Vec<StringViewBuilder>,
    rows: usize,
}

/// `Three` for any record.
pub enum ThreeRows {}
/// `Twelve` for any record.
pub enum TwelveRows {}

impl Row for ThreeRows {
    type Of<'a> = Three<'a>;

    fn append(row: &Three<'_>, builders: &mut Builders) {
        builders.append([row.index], [&row.follower_count, &row.category].map(borrowed));
    }
}

impl Row for TwelveRows {
    type Of<'a> = Twelve<'a>;

    fn append(row: &Twelve<'_>, builders: &mut Builders) {
        let texts = [
            &row.unique_id,
            &row.title,
            &row.description,
            &row.poster_name,
            &row.follower_count,
            &row.tag_list,
            &row.is_image_or_video,
            &row.image_src,
            &row.save_location,
            &row.category,
        ];
        builders.append([row.index, row.downloaded], texts.map(borrowed));
    }
}

fn borrowed<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| &*text.0)
}

impl Builders {
    /// Builders of these columns of a pin record, whose `index` and `downloaded` are numbers.
    pub fn new(names: &'static [&'static str]) -> Self {
        let numbers = names.iter().filter(|name| is_number(name)).count();
        Builders {
            names,
            numbers: (0..numbers).map(|_| Int64Builder::new()).collect(),
            texts: (numbers..names.len()).map(|_| StringViewBuilder::new()).collect(),
            rows: 0,
        }
    }

    /// Appends one row.
    pub fn append<const N: usize, const T: usize>(&mut self, numbers: [Option<i64>; N], texts: [Option<&str>; T]) {
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_option(number);
        }
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.rows += 1;
    }

    /// The rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes the rows as arrays, in the order of the names.
    pub fn finish(&mut self) -> (usize, Vec<ArrayRef>) {
        let (mut numbers, mut texts) = (self.numbers.iter_mut(), self.texts.iter_mut());
        let arrays = self.names.iter().map(|name| -> ArrayRef {
            if is_number(name) {
                Arc::new(numbers.next().expect("a builder a number").finish())
            } else {
                Arc::new(texts.next().expect("a builder a text").finish())
            }
        });
        let arrays = arrays.collect();
        (mem::take(&mut self.rows), arrays)
    }
}

/// Whether the column of a pin record holds integers.
pub fn is_number(name: &str) -> bool {
    matches!(name, "index" | "downloaded")
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}
