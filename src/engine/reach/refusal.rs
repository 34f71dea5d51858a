//! What a refused statement is told: what it would have done, where, and the flag that permits it.

use std::fmt;

use datafusion::common::DataFusionError;

use super::{Access, Deed};
use crate::error::Error;
use crate::sql::{self, SourceStatement};

/// A refusal with the place of the statement before it; what is no error of pinq's own stays as it is.
pub(in crate::engine) fn placed(error: DataFusionError, statement: &SourceStatement) -> DataFusionError {
    match sql::own_error(&error) {
        Some(own) => DataFusionError::External(Box::new(own.within(statement.place()))),
        None => error,
    }
}

/// What keeps an answer, which the command line does without a permission.
pub(super) const COPY: &str = "COPY TO";

/// A statement's part that reaches too far.
pub(super) struct Refusal<'a> {
    /// `COPY TO`, for one; nothing where only the place is known.
    pub(super) what: Option<&'a str>,
    /// The location as it stands in the statement, where it names one.
    pub(super) location: &'a str,
    pub(super) deed: Deed,
    pub(super) access: Access,
}

impl Refusal<'_> {
    pub(super) fn error(&self) -> Error {
        let Refusal { what, location, deed, access } = self;
        let what = what.map_or_else(|| "the statement".to_owned(), |what| format!("`{what}`"));
        let refused = Error::statement(format!("{what} is refused, because nothing permits it to {deed} `{location}`"));
        let flag = deed.flag();
        match access {
            Access::Permitted => {
                let hinted = refused.hint(format!("start pinq with `{flag} {location}` to allow it"));
                match self.what {
                    Some(COPY) => hinted.hint("to keep an answer, use `--output PATH`"),
                    _ => hinted,
                }
            }
            Access::ReadOnly => refused.hint(format!(
                "questions of a report and a project's own script reach the landing alone, whatever `{flag}` says"
            )),
        }
    }
}

impl Deed {
    pub(super) fn flag(self) -> &'static str {
        match self {
            Deed::Read => "--allow-read",
            Deed::Write => "--allow-write",
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Deed::Read => "read",
            Deed::Write => "write",
        })
    }
}
