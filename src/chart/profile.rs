//! What a table's columns hold, as lines: a table where the terminal is wide, else a block for each column.
//!
//! Owns the layout, which `pinq profile` and the prompt share. The numbers are measured by `engine`.

use super::bins::{Scale, sparkline};
use super::cells::{Canvas, Ink, Paint, cut, flow, left, right, widest};
use super::numbers::whole;
use crate::printable;

/// From this width on, a line holds all that is known of a column.
const WIDE: usize = 120;
/// Columns that a value gets in a table at most, and in a list of frequent ones.
const WIDEST_VALUE: usize = 20;
const WIDEST_FREQUENT: usize = 30;

/// Whether a number was counted or estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Every value was counted.
    Exact,
    /// Within a few percent; shown with `~`.
    About,
}

/// A number or a value, and how exact it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured<T> {
    /// The number or value.
    pub value: T,
    /// How exact it is.
    pub exactness: Exactness,
}

/// What is known of the values of a column. Texts are as SQL spells values, and not escaped.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// Its SQL type.
    pub kind: String,
    /// Rows of the table.
    pub rows: u64,
    /// Of these, the ones with NULL.
    pub nulls: u64,
    /// How many different values there are; none for nested columns.
    pub distinct: Option<Measured<u64>>,
    /// The smallest value, in the order of SQL.
    pub minimum: Option<String>,
    /// The median of numbers and times.
    pub median: Option<Measured<String>>,
    /// The largest value.
    pub maximum: Option<String>,
    /// The shortest and the longest text, in characters.
    pub lengths: Option<(u64, u64)>,
    /// Values that come most often, and how often, from the most frequent on; at most five.
    pub frequent: Vec<(String, Measured<u64>)>,
    /// How many values fall into each of up to 20 ranges from the smallest to the largest; empty for texts.
    pub histogram: Vec<u64>,
    /// Whether the ranges are equally wide.
    pub scale: Scale,
}

impl<T> Measured<T> {
    /// The same measure of another form.
    pub fn map<U>(&self, form: impl FnOnce(&T) -> U) -> Measured<U> {
        Measured { value: form(&self.value), exactness: self.exactness }
    }
}

impl Measured<String> {
    /// The text, after `~` where it is an estimate.
    pub fn shown(&self) -> String {
        match self.exactness {
            Exactness::Exact => self.value.clone(),
            Exactness::About => format!("~{}", self.value),
        }
    }
}

impl ColumnProfile {
    /// Per cent of the rows that are NULL.
    pub fn null_share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.nulls as f64 * 100.0 / self.rows as f64 }
    }

    fn nulls_shown(&self) -> String {
        match self.nulls {
            0 => "0".to_owned(),
            nulls => format!("{} ({})", whole(nulls.into()), self.share_shown()),
        }
    }

    /// `3.4 %`; what is not nothing is not shown as nothing, and what is not all not as all.
    fn share_shown(&self) -> String {
        match self.null_share() {
            share if share < 0.05 => "<0.1 %".to_owned(),
            share if share > 99.95 && self.nulls < self.rows => ">99.9 %".to_owned(),
            share => format!("{share:.1} %"),
        }
    }

    fn distinct_shown(&self) -> String {
        self.distinct.as_ref().map(|distinct| distinct.map(|count| whole((*count).into())).shown()).unwrap_or_default()
    }

    fn frequent_shown(&self) -> Vec<String> {
        let shown = |(value, count): &(String, Measured<u64>)| {
            let value = cut(&printable::one_line(value), WIDEST_FREQUENT);
            let value = if value.is_empty() { "''".to_owned() } else { value };
            format!("{value} ×{}", count.map(|count| whole((*count).into())).shown())
        };
        self.frequent.iter().map(shown).collect()
    }

    fn histogram_shown(&self) -> String {
        let growing = if self.scale == Scale::Growing && !self.histogram.is_empty() { " log" } else { "" };
        format!("{}{growing}", sparkline(&self.histogram))
    }
}

/// The profile as lines no wider than the canvas; its height does not matter.
pub fn profile_lines(columns: &[ColumnProfile], canvas: Canvas) -> Vec<String> {
    let canvas = Canvas { width: canvas.width.max(super::NARROWEST), ..canvas };
    if canvas.width >= WIDE { table(columns, canvas) } else { blocks(columns, canvas) }
}

const HEADER: [&str; 9] = ["column", "type", "nulls", "distinct", "min", "median", "max", "histogram", "most frequent"];
/// Which columns of the table stand on the right, and where one begins that takes what is left.
const NUMBERS: std::ops::Range<usize> = 2..4;
const LAST: usize = HEADER.len() - 1;

fn table(columns: &[ColumnProfile], canvas: Canvas) -> Vec<String> {
    let value = |text: &Option<String>| cut(&printable::one_line(text.as_deref().unwrap_or_default()), WIDEST_VALUE);
    let row = |column: &ColumnProfile| {
        [
            cut(&printable::one_line(&column.name), WIDEST_VALUE + 8),
            cut(&printable::one_line(&column.kind), WIDEST_VALUE),
            column.nulls_shown(),
            column.distinct_shown(),
            value(&column.minimum),
            value(&column.median.as_ref().map(Measured::shown)),
            value(&column.maximum),
            column.histogram_shown(),
            column.frequent_shown().join("  "),
        ]
    };
    let rows: Vec<[String; 9]> = columns.iter().map(row).collect();
    let mut widths = [0; 9];
    for (position, (width, name)) in widths.iter_mut().zip(HEADER).enumerate() {
        *width = widest(rows.iter().filter_map(|row| row.get(position))).max(name.len());
    }
    let before: usize = widths.iter().take(LAST).map(|width| width + 2).sum();
    let rest = canvas.width.saturating_sub(before);
    let line = |cells: &[String; 9]| {
        let mut line = String::new();
        for (position, (cell, width)) in cells.iter().zip(widths).enumerate() {
            match position {
                LAST => line.push_str(&cut(cell, rest)),
                position if NUMBERS.contains(&position) => line.push_str(&(right(cell, width) + "  ")),
                _ => line.push_str(&(left(cell, width) + "  ")),
            }
        }
        cut(line.trim_end(), canvas.width)
    };
    let mut lines = vec![canvas.paint.ink(Ink::Strong, &line(&HEADER.map(str::to_owned)))];
    lines.extend(rows.iter().map(line));
    lines
}

fn blocks(columns: &[ColumnProfile], canvas: Canvas) -> Vec<String> {
    let mut lines = Vec::new();
    let inner = canvas.width.saturating_sub(2);
    for column in columns {
        let kind_width = column.kind.chars().count().min(inner / 2);
        let name = cut(&printable::one_line(&column.name), canvas.width.saturating_sub(kind_width + 2));
        let kind = cut(&printable::one_line(&column.kind), kind_width);
        lines.push(format!("{}  {}", canvas.paint.ink(Ink::Strong, &name), canvas.paint.ink(Ink::Faint, &kind)));
        let mut counts = vec![format!("{} rows", whole(column.rows.into())), format!("{} NULL", column.nulls_shown())];
        if column.distinct.is_some() {
            counts.push(format!("{} distinct", column.distinct_shown()));
        }
        if let Some((shortest, longest)) = column.lengths {
            counts.push(format!("{shortest} to {longest} characters"));
        }
        let value = |name: &str, text: &Option<String>| {
            text.as_deref()
                .map(|text| cut(&format!("{name} {}", printable::one_line(text)), inner.min(WIDEST_FREQUENT + 6)))
        };
        let values = [
            value("min", &column.minimum),
            value("median", &column.median.as_ref().map(Measured::shown)),
            value("max", &column.maximum),
        ];
        let frequent = column.frequent_shown();
        let frequent = (!frequent.is_empty()).then(|| ["most frequent:".to_owned()].into_iter().chain(frequent));
        let plain =
            |parts: Vec<String>| -> Vec<(String, Option<Ink>)> { parts.into_iter().map(|part| (part, None)).collect() };
        let mut inside = flow(&plain(counts), inner, Paint::Plain);
        inside.extend(flow(&plain(values.into_iter().flatten().collect()), inner, Paint::Plain));
        if !column.histogram.is_empty() {
            inside.push(cut(&column.histogram_shown(), inner));
        }
        inside.extend(flow(&plain(frequent.into_iter().flatten().collect()), inner, Paint::Plain));
        lines.extend(inside.into_iter().map(|line| format!("  {line}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn column() -> ColumnProfile {
        let exact = |value: u64| Measured { value, exactness: Exactness::Exact };
        ColumnProfile {
            name: "follower_count".to_owned(),
            kind: "BIGINT".to_owned(),
            rows: 1350,
            nulls: 12,
            distinct: Some(Measured { value: 1200, exactness: Exactness::About }),
            minimum: Some("0".to_owned()),
            median: Some(Measured { value: "1234".to_owned(), exactness: Exactness::About }),
            maximum: Some("3000000".to_owned()),
            lengths: None,
            frequent: vec![
                ("3000".to_owned(), exact(40)),
                ("\u{1b}[31m".to_owned(), exact(3)),
                (String::new(), exact(1)),
            ],
            histogram: vec![1, 0, 40, 3],
            scale: Scale::Growing,
        }
    }

    #[test]
    fn fits_every_width() {
        for width in [40, 80, 200] {
            let lines = profile_lines(&[column()], Canvas { width, height: 10, paint: Paint::Plain });
            assert!(lines.iter().all(|line| line.width() <= width), "{lines:#?}");
        }
        let lines = profile_lines(&[column()], Canvas { width: 40, height: 10, paint: Paint::Plain });
        assert_eq!(
            lines,
            [
                "follower_count  BIGINT",
                "  1,350 rows  12 (0.9 %) NULL",
                "  ~1,200 distinct",
                "  min 0  median ~1234  max 3000000",
                "  ▁ █▁ log",
                "  most frequent:  3000 ×40",
                "  \\u{1b}[31m ×3  '' ×1",
            ]
        );
        let lines = profile_lines(&[column()], Canvas { width: 200, height: 10, paint: Paint::Plain });
        assert_eq!(
            lines,
            [
                "column          type         nulls  distinct  min  median  max      histogram  most frequent",
                "follower_count  BIGINT  12 (0.9 %)    ~1,200  0    ~1234   3000000  ▁ █▁ log   3000 ×40  \\u{1b}[31m ×3  '' ×1",
            ]
        );
    }
}
