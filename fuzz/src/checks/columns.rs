//! The sets of columns that records are read into.

use crate::column::{Column, ColumnType};

/// How many sets there are.
pub const SETS: usize = 8;

/// The set of that number, over the keys of the seeds.
pub fn columns(set: usize) -> Vec<Column> {
    let kinds: Vec<(&str, ColumnType)> = match set % SETS {
        0 => Vec::new(),
        1 => scalars(),
        2 => vec![("a", list(text())), ("b", ColumnType::Map(Box::new(text()))), ("c", nested())],
        3 => vec![("a", nested()), ("b", list(nested())), ("c", ColumnType::Decimal(38, -2))],
        4 => vec![("index", ColumnType::BigInt), ("category", text()), ("follower_count", text())],
        5 => records(|_| text()),
        6 => records(|name| match name {
            "index" | "ind" | "downloaded" => ColumnType::BigInt,
            "age" => ColumnType::Int,
            "latitude" => ColumnType::Double,
            "longitude" => ColumnType::Decimal(9, 4),
            "timestamp" | "date_joined" => ColumnType::Timestamp,
            _ => text(),
        }),
        _ => vec![("country", text()), ("title", list(text())), ("first_name", text()), ("ind", ColumnType::Float)],
    };
    kinds.into_iter().map(|(name, kind)| Column::new(name, kind)).collect()
}

/// Keys that the table has beside the columns of any set.
pub fn unread() -> Vec<String> {
    ["unique_id", "description", "image_src", "last_name", "latitude", "b", "y"].map(str::to_owned).to_vec()
}

fn text() -> ColumnType {
    ColumnType::Varchar
}

fn list(item: ColumnType) -> ColumnType {
    ColumnType::List(Box::new(item))
}

fn nested() -> ColumnType {
    ColumnType::Struct(vec![
        Column::new("a", ColumnType::BigInt),
        Column::new("b", list(ColumnType::Struct(vec![Column::new("a", text())]))),
        Column::new("é", ColumnType::Map(Box::new(list(ColumnType::Double)))),
    ])
}

fn scalars() -> Vec<(&'static str, ColumnType)> {
    vec![
        ("a", text()),
        ("b", ColumnType::BigInt),
        ("c", ColumnType::Double),
        ("d", ColumnType::Boolean),
        ("e", ColumnType::Int),
        ("f", ColumnType::Float),
        ("g", ColumnType::Decimal(20, 2)),
        ("timestamp", ColumnType::Timestamp),
        ("date_joined", ColumnType::Date),
        ("", text()),
    ]
}

/// Most keys of the real records.
fn records(kind: fn(&str) -> ColumnType) -> Vec<(&'static str, ColumnType)> {
    const KEYS: [&str; 16] = [
        "index",
        "title",
        "poster_name",
        "follower_count",
        "tag_list",
        "downloaded",
        "category",
        "ind",
        "timestamp",
        "latitude",
        "longitude",
        "country",
        "first_name",
        "last_name",
        "age",
        "date_joined",
    ];
    KEYS.map(|key| (key, kind(key))).to_vec()
}
