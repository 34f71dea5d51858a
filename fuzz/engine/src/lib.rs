//! The parts of DataFusion that pinq's `sql` names, at the paths at which DataFusion has them.
//!
//! `parser` and `resolve` are the files of `datafusion-sql` itself. This must not add anything of its own but what these
//! two take from the planner.

pub use datafusion_common as common;

// The real files, wherever cargo keeps them.
include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// What `datafusion::sql` is.
pub mod sql {
    pub use super::{parser, resolve};
    pub use sqlparser;
}

/// What `resolve` takes from the planner.
mod planner {
    use datafusion_common::{Result, TableReference, plan_datafusion_err};
    use sqlparser::ast::{Ident, ObjectName};

    /// The table that a name means: as the planner's function of that name.
    pub fn object_name_to_table_reference(name: ObjectName, enable_normalization: bool) -> Result<TableReference> {
        let wrong = |part| plan_datafusion_err!("Expected identifier, but found: {part:?}");
        let idents: Result<Vec<Ident>> =
            name.0.into_iter().map(|part| part.as_ident().cloned().ok_or_else(|| wrong(part))).collect();
        let text = |ident: &Ident| match ident.quote_style {
            None if enable_normalization => ident.value.to_ascii_lowercase(),
            _ => ident.value.clone(),
        };
        match idents?.as_slice() {
            [table] => Ok(TableReference::bare(text(table))),
            [schema, table] => Ok(TableReference::partial(text(schema), text(table))),
            [catalog, schema, table] => Ok(TableReference::full(text(catalog), text(schema), text(table))),
            _ => Err(plan_datafusion_err!("Unsupported compound identifier")),
        }
    }
}
