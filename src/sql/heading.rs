//! What the leading comments of a statement say: `-- title: ...`, `-- about: ...`.
//!
//! Owns the form of these comments. A key is one lower-case word before a colon; comment lines that
//! follow and begin with two blanks or more carry the value on.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::split::{is_blank, tokenize};

/// The heading of a statement; everything is empty where there are no such comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// What the answer is called.
    pub title: Option<String>,
    /// What the answer means, in one paragraph.
    pub about: Option<String>,
    /// Every other key, in order: `chart: bar`.
    pub others: Vec<(String, String)>,
}

impl Heading {
    /// The value of one of the other keys.
    pub fn other(&self, key: &str) -> Option<&str> {
        self.others.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The heading of the first statement of a text, which need not be right otherwise.
    pub fn of_text(text: &str) -> Heading {
        let (tokens, _unreadable) = tokenize(text);
        let end = tokens.iter().position(|token| !is_blank(token)).unwrap_or(tokens.len());
        Heading::read(tokens.get(..end).unwrap_or_default())
    }

    pub(super) fn read(leading: &[TokenWithSpan]) -> Self {
        let mut entries: Vec<(String, String)> = Vec::new();
        let mut open = false;
        let mut line_ends = 0;
        for token in leading {
            match &token.token {
                Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
                    // The comment holds its own line end; one more is an empty line, which ends a value.
                    open = open && line_ends == 0;
                    line_ends = 0;
                    if let Some((key, value)) = entry(comment) {
                        entries.push((key.to_owned(), value.to_owned()));
                        open = true;
                    } else if open && comment.starts_with("  ") && !comment.trim().is_empty() {
                        if let Some((_, value)) = entries.last_mut() {
                            value.push(' ');
                            value.push_str(comment.trim());
                        }
                    } else {
                        open = false;
                    }
                }
                Token::Whitespace(Whitespace::Newline) => line_ends += 1,
                Token::Whitespace(Whitespace::MultiLineComment(_)) => open = false,
                _ => {}
            }
        }
        let mut heading = Heading::default();
        for (key, value) in entries {
            let value = value.trim().to_owned();
            match key.as_str() {
                "title" => heading.title = Some(value),
                "about" => heading.about = Some(value),
                _ => heading.others.push((key, value)),
            }
        }
        heading
    }
}

fn entry(comment: &str) -> Option<(&str, &str)> {
    if comment.starts_with("  ") {
        return None;
    }
    let (key, value) = comment.trim().split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    // `https://...` in an ordinary comment is no key.
    (is_key && !value.starts_with("//")).then(|| (key, value.trim()))
}
