//! Tokens that are long or rare enough to be worth a call: strings that are not plain ASCII, and values
//! that hold others.
//!
//! Owns these two walks. The grammar of everything else is `text`'s.

use super::lanes::{Lanes, Task};
use super::text::{Form, Newlines, Text};

/// Nesting that is followed here, a bit a level; serde_json accepts 127 levels.
const DEEPEST: u32 = 64;

/// The rest of a string, from the first byte that is not plain ASCII.
pub struct UnusualString<'de> {
    pub bytes: &'de [u8],
    /// Where the string's text begins, and how far it is plain.
    pub start: usize,
    pub from: usize,
}

impl Task for UnusualString<'_> {
    type Output = Option<(usize, Form)>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Option<(usize, Form)> {
        let text = Text { lanes, bytes: self.bytes, newlines: Newlines::EndRecords };
        let mut at = self.from;
        let mut form = Form::Plain;
        loop {
            match L::block(text.bytes, at) {
                Some(block) => {
                    let stop = lanes.stop_within_utf8(block);
                    at += stop;
                    if stop == L::WIDTH {
                        continue;
                    }
                }
                None => {
                    let rest = text.bytes.get(at..)?;
                    at += rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))?;
                }
            }
            match text.byte(at) {
                b'"' => break,
                b'\\' => {
                    at = text.escape(at)?;
                    form = Form::Escaped;
                }
                _ => return None,
            }
        }
        simdutf8::basic::from_utf8(text.bytes.get(self.start..at)?).ok()?;
        Some((at, form))
    }
}

/// An array or an object.
pub struct Nested<'de> {
    pub bytes: &'de [u8],
    pub newlines: Newlines,
    pub at: usize,
}

impl Task for Nested<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Option<usize> {
        let text = Text { lanes, bytes: self.bytes, newlines: self.newlines };
        // A bit for each open level, the innermost lowest: set where it is an object.
        let mut objects: u64 = 0;
        let mut depth: u32 = 0;
        let mut at = self.at;
        loop {
            // A value begins at `at`.
            let mut after = match text.byte(at) {
                opening @ (b'{' | b'[') => {
                    if depth == DEEPEST {
                        return None;
                    }
                    depth += 1;
                    objects = objects << 1 | u64::from(opening == b'{');
                    let inside = text.skip_blanks(at + 1);
                    let closing = if opening == b'{' { b'}' } else { b']' };
                    if text.byte(inside) != closing {
                        at = if opening == b'{' { text.key(inside)? } else { inside };
                        continue;
                    }
                    depth -= 1;
                    objects >>= 1;
                    inside + 1
                }
                b'"' => text.string(at + 1)?.0 + 1,
                _ => text.scalar(at)?,
            };
            // A value ended before `after`.
            loop {
                if depth == 0 {
                    return Some(after);
                }
                let next = text.skip_blanks(after);
                let is_object = objects & 1 == 1;
                match text.byte(next) {
                    b',' => {
                        let inside = text.skip_blanks(next + 1);
                        at = if is_object { text.key(inside)? } else { inside };
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                depth -= 1;
                objects >>= 1;
                after = next + 1;
            }
        }
    }
}
