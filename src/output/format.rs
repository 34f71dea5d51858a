//! The names of the output formats and the options of the table.
//!
//! Owns the one list that the command line, the prompt and file extensions share.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::formulas::Formulas;
use crate::error::{Error, Result};

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A drawn table for people.
    Table,
    /// A line for each column of each record, for people.
    Vertical,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header, escaped as by PostgreSQL's COPY.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// A Markdown table.
    Markdown,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

/// How many rows a table shows, drawn or upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxRows {
    /// The first so many; the rest is counted.
    First(usize),
    /// Every row.
    All,
}

/// What decides how a table is drawn, or its records upright, and how csv and tsv are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// The terminal's width in columns; `None` where there is none, and nothing is cut or wrapped.
    pub width: Option<usize>,
    /// How many rows are shown.
    pub max_rows: MaxRows,
    /// What becomes of formulas in csv and tsv.
    pub formulas: Formulas,
}

impl Format {
    /// Every format, in the order in which help lists them.
    pub const ALL: [Format; 9] = [
        Format::Table,
        Format::Vertical,
        Format::Csv,
        Format::Tsv,
        Format::Json,
        Format::Ndjson,
        Format::Markdown,
        Format::Arrow,
        Format::Parquet,
    ];

    /// The names of all formats.
    pub fn names() -> [&'static str; 9] {
        Format::ALL.map(Format::name)
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Vertical => "vertical",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Markdown => "markdown",
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        }
    }

    /// The extension of its files, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Table => "txt",
            Format::Markdown => "md",
            // The registered extension of the stream; `.arrow` is the IPC file, another layout.
            Format::Arrow => "arrows",
            other => other.name(),
        }
    }

    /// The format that a file's extension asks for, if it is one of theirs.
    pub fn of_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "jsonl" => Some(Format::Ndjson),
            "arrow" | "ipc" => Some(Format::Arrow),
            "markdown" => Some(Format::Markdown),
            other => Format::ALL.into_iter().find(|format| format.extension() == other),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Format> {
        Format::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            Error::usage(format!("`{text}` is not an output format"))
                .hint(format!("the formats are {}", Format::names().join(", ")))
        })
    }
}

impl Default for MaxRows {
    fn default() -> Self {
        MaxRows::First(40)
    }
}

impl FromStr for MaxRows {
    type Err = Error;

    fn from_str(text: &str) -> Result<MaxRows> {
        if text.eq_ignore_ascii_case("all") {
            return Ok(MaxRows::All);
        }
        text.parse().map(MaxRows::First).map_err(|_| {
            Error::usage(format!("`{text}` is not a number of rows")).hint("write a number, or `all` for every row")
        })
    }
}

impl fmt::Display for MaxRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxRows::First(rows) => write!(f, "{rows}"),
            MaxRows::All => f.write_str("all"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_lead_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert_eq!(Format::of_path(Path::new(&format!("a.b.{}", format.extension()))), Some(format));
        }
        assert_eq!(Format::of_path(Path::new("x.JSONL")), Some(Format::Ndjson));
        assert_eq!(Format::of_path(Path::new("answers")), None);
    }

    #[test]
    fn an_unknown_name_lists_the_names() {
        let error = "xml".parse::<Format>().unwrap_err();
        assert!(
            error.render().contains("table, vertical, csv, tsv, json, ndjson, markdown, arrow, parquet"),
            "{error:?}"
        );
    }

    #[test]
    fn reads_row_limits() {
        assert_eq!("all".parse::<MaxRows>().unwrap(), MaxRows::All);
        assert_eq!("7".parse::<MaxRows>().unwrap(), MaxRows::First(7));
        assert!("-1".parse::<MaxRows>().is_err());
    }
}
