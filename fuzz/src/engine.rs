//! Stands in for the modules of pinq that fuzzed ones name and do not use: nothing here does anything.

/// Of `cache`.
pub mod cache {
    /// Bytes of a segment.
    pub struct SegmentBytes;
}

/// Of `scan`.
pub mod scan {
    /// Rows that were kept.
    pub mod cached {
        /// Rows that were kept.
        pub struct CachedRows;
    }
}

/// Of `store`.
pub mod store {
    use std::borrow::Cow;

    use chrono::{DateTime, Utc};

    use crate::printable;

    /// An object as it was listed, as in `store`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Object {
        pub key: String,
        pub size: u64,
        pub modified: DateTime<Utc>,
        pub etag: Option<String>,
    }

    impl Object {
        /// The key, as in `store`.
        pub fn shown(&self) -> Cow<'_, str> {
            printable::one_line(&self.key)
        }
    }
}
