//! The text while it is typed, in colours by what it is.

use std::sync::Arc;

use nu_ansi_term::{Color, Style};
use parking_lot::RwLock;
use reedline::{Highlighter, StyledText};

use crate::engine::Vocabulary;
use crate::repl::pieces;
use crate::sql::{self, TokenClass};

/// What history would go on with.
pub fn hint() -> Style {
    Style::new().dimmed()
}

/// Colours SQL and commands.
pub struct Colours {
    vocabulary: Arc<RwLock<Vocabulary>>,
}

impl Colours {
    /// Functions are those of `vocabulary`.
    pub fn new(vocabulary: Arc<RwLock<Vocabulary>>) -> Self {
        Colours { vocabulary }
    }
}

impl Highlighter for Colours {
    fn highlight(&self, text: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        if pieces::is_command(text) {
            styled.push((Style::new().fg(Color::Cyan), text.to_owned()));
            return styled;
        }
        let vocabulary = self.vocabulary.read();
        for (range, class) in sql::highlight(text, &|name| vocabulary.is_function(name)) {
            styled.push((style(class), text.get(range).unwrap_or_default().to_owned()));
        }
        styled
    }
}

/// SQL in the colours that it has while it is typed, as a terminal takes them.
pub fn painted_sql(text: &str, vocabulary: &Vocabulary) -> String {
    let pieces = sql::highlight(text, &|name| vocabulary.is_function(name));
    let painted = pieces.into_iter().map(|(range, class)| {
        let piece = text.get(range).unwrap_or_default();
        style(class).paint(piece).to_string()
    });
    painted.collect()
}

fn style(class: TokenClass) -> Style {
    match class {
        TokenClass::Keyword => Style::new().fg(Color::Blue).bold(),
        TokenClass::Function => Style::new().fg(Color::Cyan),
        TokenClass::Text => Style::new().fg(Color::Green),
        TokenClass::Number => Style::new().fg(Color::Yellow),
        TokenClass::Comment => hint(),
        TokenClass::Parameter => Style::new().fg(Color::Purple),
        TokenClass::Unbalanced => Style::new().fg(Color::Red).bold().underline(),
        TokenClass::Unfinished => Style::new().fg(Color::Green).underline(),
        TokenClass::Name | TokenClass::Operator | TokenClass::Bracket | TokenClass::Blank => Style::new(),
    }
}
