//! Rust text as words and marks, and the paths in it.
//!
//! Owns leaving out comments and literals, and finding what a path names first. It is no parser: it
//! sees through groups (`use crate::{a, b::c}`) and inline modules, and not through macros that
//! build paths.

/// A word (identifier, keyword) or a single mark, and its line, which counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// The code of a file without comments and literals.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |position: usize| chars.get(position).copied().unwrap_or('\0');
    let (mut tokens, mut position, mut line) = (Vec::new(), 0, 1);
    while position < chars.len() {
        let start = position;
        match at(position) {
            '/' if at(position + 1) == '/' => {
                while position < chars.len() && at(position) != '\n' {
                    position += 1;
                }
            }
            '/' if at(position + 1) == '*' => position = after_block_comment(&chars, position),
            '"' => position = after_text(&chars, position),
            '\'' => position = after_quote(&chars, position),
            letter if letter.is_alphanumeric() || letter == '_' => {
                while at(position).is_alphanumeric() || at(position) == '_' {
                    position += 1;
                }
                let word: String = chars[start..position].iter().collect();
                let hashes = chars[position..].iter().take_while(|mark| **mark == '#').count();
                if matches!(word.as_str(), "r" | "br" | "cr") && at(position + hashes) == '"' {
                    position = after_raw_text(&chars, position, hashes);
                } else if word == "r" && hashes == 1 {
                    // A raw identifier, `r#type`: its name is the next word.
                    position += 1;
                } else if !(matches!(word.as_str(), "b" | "c") && matches!(at(position), '"' | '\'')) {
                    tokens.push(Token { text: word, line });
                }
            }
            mark => {
                if !mark.is_whitespace() {
                    tokens.push(Token { text: mark.to_string(), line });
                }
                position += 1;
            }
        }
        line += chars[start..position].iter().filter(|letter| **letter == '\n').count();
    }
    tokens
}

/// What the path names that goes on after its root: `b` for `b::c`, `b` and `d` for `{b::c, d}`.
/// `root` is the position of the root's own word; empty where no `::` follows it.
pub(super) fn names_below(tokens: &[Token], root: usize) -> Vec<Token> {
    let text = |position: usize| tokens.get(position).map_or("", |token| token.text.as_str());
    if text(root + 1) != ":" || text(root + 2) != ":" {
        return Vec::new();
    }
    let first = root + 3;
    if text(first) != "{" {
        return tokens.get(first).cloned().into_iter().collect();
    }
    let (mut names, mut depth, mut position) = (Vec::new(), 0usize, first);
    while position < tokens.len() {
        match text(position) {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ if depth == 1 && matches!(text(position - 1), "{" | ",") => names.push(tokens[position].clone()),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        position += 1;
    }
    names
}

/// How many inline modules (`mod tests { ... }`) stand around each token.
pub(super) fn inline_depths(tokens: &[Token]) -> Vec<usize> {
    let (mut depths, mut braces, mut opened) = (Vec::with_capacity(tokens.len()), 0usize, Vec::new());
    for (position, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => {
                if position >= 2 && tokens[position - 2].text == "mod" {
                    opened.push(braces);
                }
                braces += 1;
            }
            "}" => {
                braces = braces.saturating_sub(1);
                if opened.last() == Some(&braces) {
                    opened.pop();
                }
            }
            _ => {}
        }
        depths.push(opened.len());
    }
    depths
}

fn after_block_comment(chars: &[char], mut position: usize) -> usize {
    let mut depth = 0usize;
    while position < chars.len() {
        match (chars[position], chars.get(position + 1)) {
            ('/', Some('*')) => (depth, position) = (depth + 1, position + 2),
            ('*', Some('/')) => (depth, position) = (depth - 1, position + 2),
            _ => position += 1,
        }
        if depth == 0 {
            return position;
        }
    }
    position
}

fn after_text(chars: &[char], start: usize) -> usize {
    let mut position = start + 1;
    while position < chars.len() && chars[position] != '"' {
        position += if chars[position] == '\\' { 2 } else { 1 };
    }
    (position + 1).min(chars.len())
}

fn after_raw_text(chars: &[char], start: usize, hashes: usize) -> usize {
    let mut position = start + hashes + 1;
    while position < chars.len() {
        let closing = chars[position + 1..].iter().take(hashes).take_while(|mark| **mark == '#').count();
        if chars[position] == '"' && closing == hashes {
            return position + 1 + hashes;
        }
        position += 1;
    }
    position
}

/// A character literal whole, or only the quote of a lifetime.
fn after_quote(chars: &[char], start: usize) -> usize {
    match (chars.get(start + 1), chars.get(start + 2)) {
        (Some('\\'), _) => {
            // The escaped character may itself be a quote, so the search starts after it.
            let rest = chars.get(start + 3..).unwrap_or_default();
            (start + 4 + rest.iter().take_while(|letter| **letter != '\'').count()).min(chars.len())
        }
        (Some(_), Some('\'')) => start + 3,
        _ => start + 1,
    }
}
