//! Comma-separated values after RFC 4180, with a header and `\n` line ends.
//!
//! NULL is an empty field; empty text is `""`. A row that is one NULL in an answer of one column is
//! therefore an empty line. Arrow's own CSV writer is not used: it writes the two alike, and refuses
//! nested values, which are JSON text here.

use arrow::datatypes::Schema;

use super::formulas::Formulas;
use super::lines::{LineStyle, names};

pub(super) struct Csv {
    pub(super) formulas: Formulas,
}

impl LineStyle for Csv {
    const START: &'static str = "";
    const SEPARATOR: &'static str = ",";

    fn header(&self, schema: &Schema) -> String {
        names(self, schema)
    }

    /// Quotes text that a reader would otherwise cut, trim or take for NULL.
    fn push_cell(&self, line: &mut String, text: &str) {
        let text = self.formulas.guard(text);
        let needs_quotes =
            text.is_empty() || text.starts_with(' ') || text.ends_with(' ') || text.contains([',', '"', '\n', '\r']);
        if !needs_quotes {
            line.push_str(&text);
            return;
        }
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    }

    fn push_null(&self, _line: &mut String) {}
}
