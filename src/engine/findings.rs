//! What the statements run up to now found wrong in the records of each table.

use super::Engine;
use crate::scan::Findings;

/// What is wrong in the records of a table, as far as statements read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFindings {
    /// The table's name within `raw`.
    pub table: String,
    /// What was found: the most that one statement found.
    pub found: Findings,
    /// How many of the bad records are in `pinq.rejects`.
    pub kept_rejects: u64,
}

impl Engine {
    /// For each table that was named, ordered by name, what was found wrong in its records up to now.
    pub fn findings(&self) -> Vec<TableFindings> {
        let found = self.catalog.tables.findings().into_iter().map(|(table, mut found)| {
            let kept_rejects = self.catalog.tables.rejects().kept_of(&table);
            // Statements that stop early may each have met others.
            found.bad_records = found.bad_records.max(kept_rejects);
            TableFindings { table, found, kept_rejects }
        });
        found.collect()
    }
}
