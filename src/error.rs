//! The one error type: what went wrong, why, and what to do next.
//!
//! Owns the kinds, their exit codes and the one rendering. It must not print: `main.rs` prints an
//! error once, through `ui`.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// The result of everything that can fail in pinq.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; decides the exit code and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A statement failed or was refused, data could not be read, an answer could not be written.
    Statement,
    /// The command line, a missing FILE, or the configuration.
    Usage,
    /// The user, or a signal, stopped the work.
    Interrupted,
    /// The reader of standard output went away; not a failure.
    ClosedPipe,
    /// What failed is what was asked for, and stands in the answer; nothing more is to be said.
    Answered,
    /// A state that pinq should never reach.
    Bug,
}

impl Kind {
    /// The exit code of a process that ends with this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::ClosedPipe => 0,
            Kind::Statement | Kind::Answered => 1,
            Kind::Usage => 2,
            Kind::Bug => 70,
            // 128 + SIGINT, what shells expect of a process that the user stopped.
            Kind::Interrupted => 130,
        }
    }
}

/// An error with its kind, its cause and its hints.
///
/// The message is a lowercase fragment with backticks around literals and no final dot. It names
/// the table, object key, line and column or statement that it is about.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<String>,
}

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), source: None, hints: Vec::new() }
    }

    /// A statement failed, data could not be read or an answer could not be written: exit code 1.
    pub fn statement(message: impl Into<String>) -> Self {
        Error::new(Kind::Statement, message)
    }

    /// The command line or the configuration is wrong: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// A state that pinq should never reach: exit code 70.
    pub fn bug(message: impl Into<String>) -> Self {
        Error::new(Kind::Bug, message).hint("this is a bug in pinq; please report it with the command that shows it")
    }

    /// The same error with `source` as its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with one more hint: what to do next, an imperative fragment.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error with another kind, and so another exit code.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same error with `prefix: ` before its message, for the place where it happened.
    #[must_use]
    pub fn within(mut self, prefix: impl fmt::Display) -> Self {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// The same failure said a second time, for another statement that meets it; causes become text.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !causes.iter().any(|said| said.contains(&text)) {
                causes.push(text);
            }
            cause = error.source();
        }
        let source = (!causes.is_empty()).then(|| causes.join(": ").into());
        Error { kind: self.kind, message: self.message.clone(), source, hints: self.hints.clone() }
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The message alone, without its cause and hints.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, one fragment each.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The whole error as it is shown to a person: message, causes, hints; ends without a newline.
    pub fn render(&self) -> String {
        let mut text = format!("error: {}", self.message);
        let mut said = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            let message = error.to_string();
            // Libraries often repeat the text of their cause in their own; say each thing once.
            if !said.contains(&message) {
                text.push_str("\n  caused by: ");
                text.push_str(&message);
                said = message;
            }
            cause = error.source();
        }
        for hint in &self.hints {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl Error {
    /// The error of pinq's own that a writer put into one of the standard library, because it knows its place.
    pub fn within_io(error: &io::Error) -> Option<Error> {
        Some(error.get_ref()?.downcast_ref::<Error>()?.again())
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if let Some(own) = Error::within_io(&error) {
            return own;
        }
        let kind = match error.kind() {
            io::ErrorKind::BrokenPipe => Kind::ClosedPipe,
            _ => Kind::Statement,
        };
        Error::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_message_causes_and_hints_once_each() {
        let cause = io::Error::other("connection refused");
        let error = Error::statement("could not list `s3://bucket/topics/`").because(cause).hint("set `endpoint`");
        assert_eq!(
            error.render(),
            "error: could not list `s3://bucket/topics/`\n  caused by: connection refused\nhint: set `endpoint`"
        );
        let repeated = Error::statement("failed: disk full").because(io::Error::other("disk full"));
        assert_eq!(repeated.render(), "error: failed: disk full");
    }

    #[test]
    fn an_error_that_travelled_through_io_comes_out_as_it_went_in() {
        let own =
            Error::statement("`out.csv` could not be written").because(io::Error::other("full")).hint("make room");
        let told = own.render();
        let travelled = Error::from(io::Error::new(io::ErrorKind::StorageFull, own));
        assert_eq!(travelled.render(), told);
    }

    #[test]
    fn every_kind_has_its_exit_code() {
        let codes = [Kind::ClosedPipe, Kind::Statement, Kind::Usage, Kind::Bug, Kind::Interrupted].map(Kind::exit_code);
        assert_eq!(codes, [0, 1, 2, 70, 130]);
    }
}
