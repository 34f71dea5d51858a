//! What a statement does, told from its syntax alone.
//!
//! Owns which statements write or register files, which return rows, and which tables they name.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{Statement as Sql, Visit, Visitor};

use super::source::SourceStatement;
use crate::error::{Error, Result};

/// What sort of statement it is, for whoever shows its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// Returns rows.
    Query,
    /// Returns a plan.
    Explain,
    /// Changes the session: a view, a setting, a table in memory.
    Changes,
    /// Adds to a table, or writes or registers files: its answer is a number of rows at most.
    Writes,
}

/// What sort of statement it is. What writes is `Writes` whatever else it is.
pub fn kind(statement: &Statement) -> StatementKind {
    if writes(statement).is_some() {
        return StatementKind::Writes;
    }
    match statement {
        Statement::Explain(_) => StatementKind::Explain,
        Statement::Statement(sql) => match sql.as_ref() {
            Sql::Query(_)
            | Sql::ExplainTable { .. }
            | Sql::Execute { .. }
            | Sql::ShowTables { .. }
            | Sql::ShowColumns { .. }
            | Sql::ShowFunctions { .. }
            | Sql::ShowVariable { .. }
            | Sql::ShowVariables { .. }
            | Sql::ShowCreate { .. }
            | Sql::ShowSchemas { .. }
            | Sql::ShowDatabases { .. } => StatementKind::Query,
            Sql::Explain { .. } => StatementKind::Explain,
            _ => StatementKind::Changes,
        },
        _ => StatementKind::Changes,
    }
}

/// What an EXPLAIN explains, however deep; any other statement as it is.
pub fn explained(statement: &SourceStatement) -> SourceStatement {
    let mut explained = statement.clone();
    while let Statement::Explain(explain) = explained.parsed {
        explained.parsed = *explain.statement;
    }
    explained
}

/// The words of a part of the statement that writes or registers files (`COPY TO`, `INSERT`, ...), if
/// it has one: also below `EXPLAIN ANALYZE`, which runs its statement, below `PREPARE`, which lets
/// another statement run it, and in `WITH`. `CREATE TABLE AS` is none: such a table lives in memory.
pub(super) fn writes(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::CopyTo(_) => Some("COPY TO"),
        Statement::CreateExternalTable(_) => Some("CREATE EXTERNAL TABLE"),
        Statement::Explain(explain) if explain.options.analyze => writes(&explain.statement),
        Statement::Explain(_) | Statement::Reset(_) => None,
        Statement::Statement(sql) => sql.visit(&mut Writing).break_value(),
    }
}

/// The tables and views that a statement reads or names, as `table` or `schema.table`, sorted; names
/// that its own WITH defines are none of them.
///
/// # Errors
/// A table has a name of too many parts.
pub fn references(statement: &Statement) -> Result<Vec<String>> {
    let (tables, _) = resolve_table_references(statement, true)
        .map_err(|error| Error::statement("a table of the statement has no proper name").because(error))?;
    let mut names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

struct Writing;

impl Visitor for Writing {
    type Break = &'static str;

    fn pre_visit_statement(&mut self, statement: &Sql) -> ControlFlow<&'static str> {
        let words = match statement {
            Sql::Insert(_) => "INSERT",
            Sql::Update(_) => "UPDATE",
            Sql::Delete(_) => "DELETE",
            Sql::Merge(_) => "MERGE",
            Sql::Truncate(_) => "TRUNCATE",
            Sql::Copy { .. } | Sql::CopyIntoSnowflake { .. } | Sql::Unload { .. } => "COPY",
            Sql::Directory { .. } => "INSERT OVERWRITE DIRECTORY",
            Sql::CreateTable(table) if table.external => "CREATE EXTERNAL TABLE",
            Sql::LoadData { .. } => "LOAD DATA",
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(words)
    }
}
