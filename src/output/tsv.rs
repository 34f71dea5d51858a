//! Tab-separated values as PostgreSQL's `COPY ... (FORMAT text, HEADER)` writes them.
//!
//! NULL is `\N`; empty text is an empty field. Tabs, line ends and backslashes in text are escaped
//! (`\t`, `\n`, `\r`, `\\`), so that a row is always one line.

use arrow::datatypes::Schema;

use super::formulas::Formulas;
use super::lines::{LineStyle, names};

pub(super) struct Tsv {
    pub(super) formulas: Formulas,
}

impl LineStyle for Tsv {
    const START: &'static str = "";
    const SEPARATOR: &'static str = "\t";

    fn header(&self, schema: &Schema) -> String {
        names(self, schema)
    }

    fn push_cell(&self, line: &mut String, text: &str) {
        for character in self.formulas.guard(text).chars() {
            match character {
                '\\' => line.push_str("\\\\"),
                '\t' => line.push_str("\\t"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                '\u{8}' => line.push_str("\\b"),
                '\u{b}' => line.push_str("\\v"),
                '\u{c}' => line.push_str("\\f"),
                other => line.push(other),
            }
        }
    }

    fn push_null(&self, line: &mut String) {
        line.push_str("\\N");
    }
}
