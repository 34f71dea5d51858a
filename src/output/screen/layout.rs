//! How wide the columns of a table on a terminal are: as wide as they need, else as narrow as they can be read.
//!
//! Owns what a column needs. Text can be wrapped, so that a few words' width does for it; a number, an instant or a
//! truth value is shown on one line or not in a table at all.

use arrow::datatypes::{DataType, Schema};

use crate::error::Result;
use crate::output::cells::{Cells, is_number};
use crate::output::shown::Shown;
use crate::output::widths::{beginning, columns, drawn_around, fit};

/// Rows of the first batch that are looked at in every column.
const MEASURED_ROWS: usize = 1_000;
/// Rows of it that are looked at where values can't be wrapped.
const MEASURED_WHOLE_ROWS: usize = 20_000;
/// Text is readable in this many columns.
const LEAST_TEXT: usize = 10;
/// A name is readable in this many columns.
const LEAST_NAME: usize = 8;
/// What a column is widened by beyond the value that did not fit: the next ones are likely to be longer still.
const FORESIGHT: usize = 2;

/// What each column needs.
#[derive(Debug)]
pub(super) struct Needs {
    columns: Vec<Need>,
}

#[derive(Debug)]
struct Need {
    /// With nothing wrapped.
    natural: usize,
    /// To be readable.
    least: usize,
    breaks: Breaks,
}

/// Whether values may go over several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    Anywhere,
    Nowhere,
}

/// Whether text is wider than that, without looking at more of it than necessary.
pub(super) fn is_wider(text: &str, width: usize) -> bool {
    beginning(text, width).is_some()
}

impl Needs {
    /// What the names of the columns need.
    pub(super) fn of_header(schema: &Schema, names: &[String]) -> Needs {
        let columns = schema.fields().iter().zip(names).map(|(field, name)| {
            let natural = columns(name).max(1);
            Need { natural, least: natural.min(LEAST_NAME), breaks: breaks(field.data_type()) }
        });
        Needs { columns: columns.collect() }
    }

    /// Takes the first rows into account.
    pub(super) fn measure(&mut self, cells: &mut Cells<'_>) -> Result<()> {
        let mut text = String::new();
        for (number, need) in self.columns.iter_mut().enumerate() {
            let most = if need.breaks == Breaks::Nowhere { MEASURED_WHOLE_ROWS } else { MEASURED_ROWS };
            for row in 0..cells.rows().min(most) {
                let width = if cells.read(row, number, &mut text)? {
                    columns(&crate::printable::one_line(&text))
                } else {
                    columns("NULL")
                };
                need.grow(width);
            }
        }
        Ok(())
    }

    /// The widths of a table that is at most `terminal` columns wide: narrow columns are whole, wide ones share what is
    /// left. `None` where some would be too narrow to be read.
    pub(super) fn settle(&self, terminal: usize) -> Option<Vec<usize>> {
        settle(&self.columns, terminal)
    }

    /// Widths for a terminal that is too narrow for all columns to be read: all of them where they can be squeezed in,
    /// else the first ones, as many as can be read.
    pub(super) fn squeeze(&self, terminal: usize) -> Vec<usize> {
        let squeezed = fit(self.columns.iter().map(|need| need.natural).collect(), Some(terminal));
        if squeezed.len() == self.columns.len() {
            return squeezed;
        }
        let some = (1..squeezed.len()).rev().find_map(|shown| settle(self.columns.get(..shown)?, terminal));
        some.unwrap_or(squeezed)
    }

    /// Whether the row holds a value that can't be wrapped, does not fit, and was not taken into account before.
    pub(super) fn outgrown(&mut self, row: &[Shown], widths: impl Iterator<Item = usize>) -> bool {
        let mut is_outgrown = false;
        for ((need, cell), width) in self.columns.iter_mut().zip(row).zip(widths) {
            if need.breaks == Breaks::Anywhere || !is_wider(&cell.text, width) {
                continue;
            }
            let needed = columns(&cell.text);
            if needed > need.least {
                need.grow(needed);
                need.natural = need.natural.max(needed.saturating_add(FORESIGHT));
                is_outgrown = true;
            }
        }
        is_outgrown
    }
}

fn settle(columns: &[Need], terminal: usize) -> Option<Vec<usize>> {
    let room = terminal.checked_sub(drawn_around(columns.len()))?;
    let with_cap = |cap: usize| columns.iter().map(move |need| cap.clamp(need.least, need.natural));
    let fits = |cap: usize| with_cap(cap).fold(0, usize::saturating_add) <= room;
    if !fits(0) {
        return None;
    }
    let (mut cap, mut beyond) = (0, room.saturating_add(1));
    while beyond - cap > 1 {
        let middle = cap + (beyond - cap) / 2;
        *(if fits(middle) { &mut cap } else { &mut beyond }) = middle;
    }
    let mut widths: Vec<usize> = with_cap(cap).collect();
    let mut left = room.saturating_sub(widths.iter().sum());
    for (width, need) in widths.iter_mut().zip(columns) {
        let more = left.min(1).min(need.natural.saturating_sub(*width));
        (*width, left) = (*width + more, left - more);
    }
    Some(widths)
}

impl Need {
    fn grow(&mut self, width: usize) {
        self.natural = self.natural.max(width);
        let least = if self.breaks == Breaks::Nowhere { width } else { width.min(LEAST_TEXT) };
        self.least = self.least.max(least);
    }
}

fn breaks(data_type: &DataType) -> Breaks {
    match data_type {
        DataType::Boolean | DataType::Null => Breaks::Nowhere,
        other if is_number(other) || other.is_temporal() => Breaks::Nowhere,
        _ => Breaks::Anywhere,
    }
}
