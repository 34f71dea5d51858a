//! A Markdown table, streamed: no padding, so that no row waits for a longer one.
//!
//! NULL is the word `NULL`; empty text is an empty cell. (The text `NULL` looks the same: Markdown has
//! no way to tell.) Pipes, backslashes and `<` are escaped; line breaks become `<br>`.

use arrow::datatypes::Schema;

use super::cells::is_number;
use super::lines::{LineStyle, names};
use crate::printable;

pub(super) struct Markdown;

impl LineStyle for Markdown {
    const START: &'static str = "|";
    const SEPARATOR: &'static str = "";

    fn header(&self, schema: &Schema) -> String {
        let mut header = names(self, schema);
        header.push('|');
        for field in schema.fields() {
            header.push_str(if is_number(field.data_type()) { " ---: |" } else { " --- |" });
        }
        header.push('\n');
        header
    }

    fn push_cell(&self, line: &mut String, text: &str) {
        line.push(' ');
        // Markdown is also read on terminals, so that hostile characters are escaped as in a table.
        let text = text.replace("\r\n", "\n");
        for character in printable::lines(&text).chars() {
            match character {
                '|' => line.push_str("\\|"),
                '\\' => line.push_str("\\\\"),
                '<' => line.push_str("&lt;"),
                '\n' => line.push_str("<br>"),
                '\t' => line.push(' '),
                other => line.push(other),
            }
        }
        line.push_str(" |");
    }

    fn push_null(&self, line: &mut String) {
        line.push_str(" NULL |");
    }
}
