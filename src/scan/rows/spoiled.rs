//! Columns in which a value did not fit, while rows are decoded for several statements at once.
//!
//! A statement that does not read such a column must not fail by it; one that does must fail, as if it were alone.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::column::Column;

/// For each column whether a value did not fit.
#[derive(Debug)]
pub struct Spoiled {
    columns: Vec<(String, AtomicBool)>,
}

impl Spoiled {
    /// None of these yet.
    pub fn new(columns: &[Column]) -> Self {
        Spoiled { columns: columns.iter().map(|column| (column.name.clone(), AtomicBool::new(false))).collect() }
    }

    /// Adds what a decoder counted, in the order of the columns.
    pub fn note(&self, bad_values: &[u64]) {
        for ((_, is_spoiled), bad) in self.columns.iter().zip(bad_values) {
            if *bad > 0 {
                is_spoiled.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether there is one.
    pub fn has_any(&self) -> bool {
        self.columns.iter().any(|(_, is_spoiled)| is_spoiled.load(Ordering::Relaxed))
    }

    /// Their names.
    pub fn columns(&self) -> Vec<String> {
        let spoiled = self.columns.iter().filter(|(_, is_spoiled)| is_spoiled.load(Ordering::Relaxed));
        spoiled.map(|(name, _)| name.clone()).collect()
    }
}
