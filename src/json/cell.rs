//! One value on its way from a record to a column.
//!
//! Owns the form between reading and building. A record's cells are complete before any builder is
//! touched, so that a bad record leaves no half row and a repeated key's last value wins.

use std::ops::Range;

/// A value in the form of its column's type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'de> {
    /// JSON's null, or no such key.
    Null,
    /// A value that does not fit the type.
    Bad,
    Boolean(bool),
    /// INT, BIGINT, DATE in days, TIMESTAMP in microseconds.
    Integer(i64),
    /// DOUBLE; FLOAT, already rounded to 32 bits.
    Double(f64),
    /// DECIMAL, times ten to the power of the scale.
    Decimal(i128),
    /// Text that stands in the record as it is.
    Text(&'de str),
    /// Text with escapes, resolved into the scratch of the reading.
    Copied(Range<usize>),
    List(Vec<Cell<'de>>),
    /// One cell for each column of the struct.
    Struct(Vec<Cell<'de>>),
    Map(Vec<(String, Cell<'de>)>),
}

impl Cell<'_> {
    /// Whether it is or holds a value that does not fit.
    pub fn has_bad(&self) -> bool {
        match self {
            Cell::Bad => true,
            Cell::List(cells) | Cell::Struct(cells) => cells.iter().any(Cell::has_bad),
            Cell::Map(entries) => entries.iter().any(|(_, cell)| cell.has_bad()),
            _ => false,
        }
    }
}

/// The emptied vector for the cells of another record. Collecting in place keeps the allocation, which
/// a vector that is bound to one record's lifetime could not offer otherwise.
pub(super) fn recycle<'to>(mut cells: Vec<Cell<'_>>) -> Vec<Cell<'to>> {
    cells.clear();
    cells.into_iter().map(|_| Cell::Null).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recycling_keeps_the_allocation() {
        let cells = vec![Cell::Text("x"); 12];
        let place = cells.as_ptr() as usize;
        let recycled = recycle(cells);
        assert!(recycled.is_empty());
        assert_eq!((recycled.as_ptr() as usize, recycled.capacity()), (place, 12));
    }
}
