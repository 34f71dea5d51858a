//! A quoted line and its carets on a terminal that is narrower than the line.
//!
//! Owns that the carets stay below what they mark: a line that the terminal broke would leave them anywhere.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What parts the number of a line from its text.
const MARGIN: &str = " | ";

/// The text with every quoted line, and the carets below it, cut to `width` columns around the carets.
pub fn fitted(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for number in 1..lines.len() {
        let (Some(quoted), Some(carets)) = (lines.get(number - 1), lines.get(number)) else { break };
        if let Some((quoted, carets)) = cut(quoted, carets, width) {
            lines[number - 1] = quoted;
            lines[number] = carets;
        }
    }
    lines.join("\n")
}

/// Both lines cut, where the second one marks a part of the first and one of them is too wide.
fn cut(quoted: &str, marks: &str, width: usize) -> Option<(String, String)> {
    let (number, text) = quoted.split_once(MARGIN)?;
    let (margin, below) = marks.split_once(MARGIN)?;
    let carets = below.trim_start_matches(' ');
    let is_marked = !carets.is_empty() && carets.bytes().all(|byte| byte == b'^') && margin.trim().is_empty();
    if !is_marked || (quoted.width() <= width && marks.width() <= width) {
        return None;
    }
    let room = width.saturating_sub(margin.width() + MARGIN.len()).max(1);
    let start = below.len() - carets.len();
    // What stands before tells more than what follows.
    let end = start.saturating_add(carets.len()).saturating_add(room / 4);
    let from = if end <= room { 0 } else { start.saturating_sub(room / 2).min(end - room) };
    let (mut shown, mut at) = (String::new(), 0);
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if at >= from && at + wide <= from + room {
            shown.push(character);
        } else if at < from && at + wide > from {
            // Half of a wide character stands for its other half.
            shown.push(' ');
        }
        at += wide;
    }
    if from > 0 {
        shown = replaced(shown.chars(), '…').collect();
    }
    if at > from + room {
        let backwards: Vec<char> = replaced(shown.chars().rev(), '…').collect();
        shown = backwards.into_iter().rev().collect();
    }
    let before = start - from;
    let carets = carets.get(..carets.len().min(room.saturating_sub(before)).max(1)).unwrap_or(carets);
    Some((format!("{number}{MARGIN}{}", shown.trim_end()), format!("{margin}{MARGIN}{}{carets}", " ".repeat(before))))
}

/// The characters with their first one replaced by as many columns.
fn replaced(mut characters: impl Iterator<Item = char>, by: char) -> impl Iterator<Item = char> {
    let first = characters.next();
    let rest = first.and_then(char::width).unwrap_or(1).saturating_sub(1);
    std::iter::once(by).chain(std::iter::repeat_n(' ', rest)).chain(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, word: &str) -> String {
        let before: String = line.split(word).next().unwrap().to_owned();
        format!("error: x\n   |\n12 | {line}\n   | {}{}\nhint: y", " ".repeat(before.width()), "^".repeat(word.width()))
    }

    #[test]
    fn what_fits_stays() {
        let text = excerpt("select wrong from pin", "wrong");
        assert_eq!(fitted(&text, 40), text);
        assert_eq!(fitted("no excerpt at all", 4), "no excerpt at all");
    }

    #[test]
    fn carets_stay_below_their_word() {
        let line = "select index, unique_id, title, 日本語, description, wrong, follower_count from raw.pin where true";
        for word in ["select", "unique_id", "日本語", "wrong", "follower_count", "true"] {
            for width in [20, 40, 60, 80] {
                let shown = fitted(&excerpt(line, word), width);
                let lines: Vec<&str> = shown.lines().collect();
                let (quoted, carets) = (lines[2], lines[3]);
                assert!(quoted.width() <= width && carets.width() <= width, "{shown}");
                let start = carets.find('^').unwrap();
                let marked = carets.len() - start;
                let (mut at, mut below) = (0, String::new());
                for character in quoted.chars() {
                    if at >= start && at < start + marked {
                        below.push(character);
                    }
                    at += character.width().unwrap();
                }
                let below = below.trim_end_matches('…');
                assert!(!below.is_empty() && word.starts_with(below), "{word} at {width}: {below}\n{shown}");
            }
        }
    }
}
