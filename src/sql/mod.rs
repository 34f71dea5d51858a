//! SQL text: where it is split, checked, bound and explained, and nowhere else.
//!
//! Owns everything that needs the tokens of SQL, by the same tokenizer and dialect as the engine's
//! own. It must not plan or run anything.

mod advice;
mod classify;
mod completing;
mod depth;
mod diagnose;
mod heading;
mod highlight;
mod lexed;
mod parameters;
mod reserved;
mod settings;
mod source;
mod split;
mod types;

#[cfg(test)]
mod tests;

pub use classify::{StatementKind, explained, kind, references};
pub use completing::{
    Expectation, Letters, Projected, Quoting, Relation, ScopedTable, Sought, expected_at, is_reserved, projected,
};
pub use datafusion::common::utils::quote_identifier;
pub use datafusion::sql::parser::Statement;
pub use diagnose::{Names, diagnose, own_error};
pub use heading::Heading;
pub use highlight::{TokenClass, highlight};
pub use parameters::{Parameters, bind, parameters, parse_parameter, parse_value, refuse_unknown};
pub use source::{Position, Source, SourceStatement};
pub use split::{is_complete, split};
pub use types::parse_type;
