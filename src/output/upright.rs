//! Records drawn upright: a line for each column, with its name and the value, and a ruler above each record.
//!
//! Owns how such a record looks. Values are never cut: who asks for records upright wants to see all of them.

use std::borrow::Cow;
use std::iter;

use arrow::datatypes::Schema;

use super::paint::{Look, Paint};
use super::shown::{Shown, names};
use super::widths::columns;
use super::wrapping::{MostLines, wrap};

/// What stands between name and value.
const BETWEEN: &str = " │ ";
/// How long a ruler is where nothing bounds it.
const RULER: usize = 40;
/// Names get this share of a terminal at most.
const NAMES_SHARE: usize = 3;

/// Draws records of one schema.
#[derive(Debug)]
pub(super) struct Upright {
    names: Vec<String>,
    name_width: usize,
    /// `None` where values take a line each, however long.
    value_width: Option<usize>,
    ruler: usize,
    paint: Paint,
}

impl Upright {
    /// For a terminal of that width, or for a file.
    pub(super) fn new(schema: &Schema, terminal: Option<usize>, paint: Paint) -> Upright {
        let names = names(schema);
        let longest = names.iter().map(|name| columns(name)).max().unwrap_or_default();
        let share = terminal.map_or(usize::MAX, |terminal| (terminal / NAMES_SHARE).max(8));
        let name_width = longest.min(share);
        let around = name_width.saturating_add(columns(BETWEEN));
        let value_width = terminal.map(|terminal| terminal.saturating_sub(around).max(1));
        let ruler = terminal.unwrap_or(RULER).min(RULER);
        Upright { names, name_width, value_width, ruler, paint }
    }

    /// Adds the record of that number, from 1.
    pub(super) fn draw(&self, drawing: &mut String, number: u64, record: &[Shown]) {
        if self.names.is_empty() {
            return;
        }
        let mut ruler = format!("── record {number} ");
        ruler.extend(iter::repeat_n('─', self.ruler.saturating_sub(columns(&ruler))));
        self.paint.push(drawing, &ruler, Look::Dim);
        drawing.push('\n');
        for (name, value) in self.names.iter().zip(record) {
            let mut names = wrap(name, self.name_width, MostLines::Any);
            let mut values: Box<dyn Iterator<Item = Cow<'_, str>>> = match self.value_width {
                Some(width) => Box::new(wrap(&value.text, width, MostLines::Any)),
                None => Box::new(iter::once(Cow::Borrowed(value.text.as_str()))),
            };
            loop {
                let (name, text) = (names.next(), values.next());
                if name.is_none() && text.is_none() {
                    break;
                }
                let name = name.unwrap_or_default();
                self.paint.push(drawing, &name, Look::Bold);
                drawing.extend(iter::repeat_n(' ', self.name_width.saturating_sub(columns(&name))));
                let text = text.unwrap_or_default();
                // No blanks at the end of a line that an editor or a diff would mark.
                drawing.push_str(if text.is_empty() { BETWEEN.trim_end() } else { BETWEEN });
                self.paint.push(drawing, &text, value.look());
                drawing.push('\n');
            }
        }
    }
}
