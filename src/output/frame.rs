//! The lines of a drawn table: its borders, and cells beside each other.
//!
//! Owns how a table looks. How wide its columns are, and which text stands in a cell, are others' to decide.

use std::borrow::Cow;
use std::iter;

use arrow::datatypes::Schema;

use super::cells::is_number;
use super::paint::{Look, Paint};
use super::widths::columns;

/// The columns of a table that is drawn.
#[derive(Debug)]
pub(super) struct Frame {
    columns: Vec<FrameColumn>,
}

#[derive(Debug)]
struct FrameColumn {
    width: usize,
    side: Side,
}

/// On which side the text of a column lines up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// What stands in a cell on one line; no wider than its column.
pub(super) struct Piece<'a> {
    text: Cow<'a, str>,
    paint: Paint,
    look: Look,
}

impl<'a> Piece<'a> {
    /// Text as it is.
    pub(super) fn plain(text: Cow<'a, str>) -> Piece<'a> {
        Piece { text, paint: Paint::Off, look: Look::Plain }
    }

    /// Text that looks so, where colours are on.
    pub(super) fn painted(text: Cow<'a, str>, paint: Paint, look: Look) -> Piece<'a> {
        Piece { text, paint, look }
    }
}

impl Frame {
    /// A frame for the first columns of `schema`, as many as there are widths. Numbers stand on the right.
    pub(super) fn new(widths: Vec<usize>, schema: &Schema) -> Frame {
        let columns = widths.into_iter().zip(schema.fields()).map(|(width, field)| FrameColumn {
            width,
            side: if is_number(field.data_type()) { Side::Right } else { Side::Left },
        });
        Frame { columns: columns.collect() }
    }

    /// How wide the columns are, from the left.
    pub(super) fn widths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.columns.iter().map(|column| column.width)
    }

    /// Gives its columns other widths.
    pub(super) fn widen(&mut self, widths: Vec<usize>) {
        for (column, width) in self.columns.iter_mut().zip(widths) {
            column.width = width;
        }
    }

    pub(super) fn top(&self, drawing: &mut String) {
        self.border(drawing, ["┌", "─", "┬", "┐"]);
    }

    pub(super) fn below_header(&self, drawing: &mut String) {
        self.border(drawing, ["╞", "═", "╪", "╡"]);
    }

    pub(super) fn between_rows(&self, drawing: &mut String) {
        self.border(drawing, ["├", "╌", "┼", "┤"]);
    }

    pub(super) fn bottom(&self, drawing: &mut String) {
        self.border(drawing, ["└", "─", "┴", "┘"]);
    }

    fn border(&self, drawing: &mut String, [start, line, crossing, end]: [&str; 4]) {
        for (number, column) in self.columns.iter().enumerate() {
            drawing.push_str(if number == 0 { start } else { crossing });
            drawing.extend(iter::repeat_n(line, column.width.saturating_add(2)));
        }
        drawing.push_str(end);
        drawing.push('\n');
    }

    /// One line of cells; where there are fewer pieces than columns, the rest is blank.
    pub(super) fn line<'a>(&self, drawing: &mut String, pieces: impl IntoIterator<Item = Piece<'a>>) {
        let mut pieces = pieces.into_iter();
        for (number, column) in self.columns.iter().enumerate() {
            drawing.push_str(if number == 0 { "│ " } else { "┆ " });
            let piece = pieces.next().unwrap_or_else(|| Piece::plain(Cow::Borrowed("")));
            let blanks = iter::repeat_n(' ', column.width.saturating_sub(columns(&piece.text)));
            if column.side == Side::Right {
                drawing.extend(blanks.clone());
            }
            piece.paint.push(drawing, &piece.text, piece.look);
            if column.side == Side::Left {
                drawing.extend(blanks);
            }
            drawing.push(' ');
        }
        drawing.push_str("│\n");
    }
}
