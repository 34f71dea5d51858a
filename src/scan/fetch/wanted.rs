//! What a scan wants of its feed, beside the objects.

/// What a scan wants of its feed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How many rows.
    pub rows: Rows,
    /// Whether parts of large objects must know the number of their first record.
    pub positions: Positions,
}

/// How many rows a scan wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All that there are.
    All,
    /// So few that fetching ahead may be for nothing.
    Few,
}

/// Whether records are counted ahead of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// Yes.
    Counted,
    /// No.
    Uncounted,
}

impl Wanted {
    /// Whether only a few rows are wanted.
    pub fn is_few(self) -> bool {
        self.rows == Rows::Few
    }
}
