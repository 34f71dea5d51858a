//! Completion as reedline asks for it.

use std::borrow::Cow;
use std::sync::Arc;

use parking_lot::RwLock;
use reedline::{Completer, Span, Suggestion};

use crate::engine::Vocabulary;
use crate::printable;
use crate::repl::completion::{self, Candidate};
use crate::repl::session::Surroundings;
use crate::repl::{commands, pieces};

/// Offers commands at the beginning of a line, and names elsewhere.
pub struct Words {
    vocabulary: Arc<RwLock<Vocabulary>>,
    surroundings: Arc<RwLock<Surroundings>>,
}

impl Words {
    /// Offers what `vocabulary` and `surroundings` hold when it is asked.
    pub fn new(vocabulary: Arc<RwLock<Vocabulary>>, surroundings: Arc<RwLock<Surroundings>>) -> Self {
        Words { vocabulary, surroundings }
    }
}

impl Completer for Words {
    fn complete(&mut self, text: &str, cursor: usize) -> Vec<Suggestion> {
        let vocabulary = self.vocabulary.read();
        let candidates = if pieces::is_command(text) {
            commands::complete(text, cursor, &vocabulary, &self.surroundings.read())
        } else {
            completion::complete(text, cursor, &vocabulary)
        };
        candidates.into_iter().filter_map(suggestion).collect()
    }
}

/// The candidate for the menu; none where its text, a name from data or of a file, would steer the terminal.
fn suggestion(candidate: Candidate) -> Option<Suggestion> {
    let Candidate { text, description, replaces, appends_blank } = candidate;
    if matches!(printable::one_line(&text), Cow::Owned(_)) {
        return None;
    }
    Some(Suggestion {
        value: text,
        description: description.map(|description| printable::one_line(&description).into_owned()),
        span: Span { start: replaces.start, end: replaces.end.max(replaces.start) },
        append_whitespace: appends_blank,
        ..Suggestion::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_steer_the_terminal_are_not_offered() {
        let offered = |text: &str, description: &str| {
            let description = Some(description.to_owned());
            suggestion(Candidate { text: text.to_owned(), description, replaces: 0..1, appends_blank: false })
        };
        let plain = offered("\"naïve 👩\u{200d}💻\"", "VARCHAR of \u{1b}]0;x\u{7}").unwrap();
        assert_eq!(plain.value, "\"naïve 👩\u{200d}💻\"");
        assert_eq!(plain.description.as_deref(), Some("VARCHAR of \\u{1b}]0;x\\u{7}"));
        for hostile in ["\"\u{1b}[2J\"", "\"\u{202e}x\"", "a\nb", "\u{9b}2J"] {
            assert_eq!(offered(hostile, ""), None, "{hostile:?}");
        }
    }
}
