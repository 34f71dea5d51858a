//! Completion as reedline asks for it.

use std::sync::Arc;

use parking_lot::RwLock;
use reedline::{Completer, Span, Suggestion};

use crate::engine::Vocabulary;
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
        candidates.into_iter().map(suggestion).collect()
    }
}

fn suggestion(candidate: Candidate) -> Suggestion {
    let Candidate { text, description, replaces, appends_blank } = candidate;
    Suggestion {
        value: text,
        description,
        span: Span { start: replaces.start, end: replaces.end.max(replaces.start) },
        append_whitespace: appends_blank,
        ..Suggestion::default()
    }
}
