//! Values that can't end, because they stand open in a torn one.
//!
//! Owns what is learned from a torn value about those within it: where a value breaks off, or is no JSON any more, each
//! object that is open by then breaks off there, too. Without it, text that opens one object after another would be read
//! to its end once for each. It must not decide where a record seems to begin.

use std::sync::Arc;

use crate::json::framing::Tear;

/// Fewer bytes are read again sooner than remembered.
const LEAST: usize = 1 << 10;

/// The objects that stand open where a value broke off.
#[derive(Clone, Debug)]
pub(super) struct Torn {
    /// Where the value begins.
    start: usize,
    /// Up to where it was read.
    end: usize,
    /// Where the objects in it begin that stand open, itself among them, from `start` on and ascending.
    open: Arc<[u32]>,
}

/// An object that stands open, and how many arrays do since it began.
struct Open {
    start: u32,
    arrays: u32,
}

impl Torn {
    /// What the value teaches that begins with `text`, at `start` of some bytes, and is torn there; none where that is
    /// not worth to be remembered beside `known`.
    pub(super) fn of(text: &[u8], start: usize, tear: Tear, known: Option<&Torn>) -> Option<Torn> {
        let end = start.saturating_add(tear.sound);
        // A value that is torn sooner than one around it stands in what the other took for a string: the next one will
        // hardly be in it.
        if tear.sound < LEAST || known.is_some_and(|known| known.end >= end) || u32::try_from(text.len()).is_err() {
            return None;
        }
        let open = standing_open(text, tear);
        Some(Torn { start, end, open: open.into_iter().map(|open| open.start).collect() })
    }

    /// Whether what begins there can't be whole.
    pub(super) fn holds(&self, at: usize) -> bool {
        let within = at.checked_sub(self.start).and_then(|within| u32::try_from(within).ok());
        within.is_some_and(|within| self.open.binary_search(&within).is_ok())
    }
}

/// The objects that stand open at the tear. Up to there the text is JSON, so that whatever closes, closes what was
/// opened last.
fn standing_open(text: &[u8], tear: Tear) -> Vec<Open> {
    let mut open: Vec<Open> = Vec::new();
    let close = |open: &mut Vec<Open>| match open.last_mut() {
        Some(last) if last.arrays > 0 => last.arrays -= 1,
        _ => drop(open.pop()),
    };
    let mut bytes = (0_u32..).zip(text.get(..tear.sound).unwrap_or_default());
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            b'{' => open.push(Open { start: place, arrays: 0 }),
            b'[' => {
                open.iter_mut().next_back().into_iter().for_each(|last| last.arrays = last.arrays.saturating_add(1))
            }
            b'}' | b']' => close(&mut open),
            _ => {}
        }
    }
    // To forget one that is open costs time; to take one for open that is not would tear it.
    let doubtful = text.get(tear.sound..tear.end).unwrap_or_default();
    doubtful.iter().filter(|byte| matches!(byte, b'}' | b']')).for_each(|_| close(&mut open));
    open
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::super::Records;
    use crate::json::{Framing, PartEnd, Place};

    /// The records of a text as they are read, with and without what torn ones teach.
    fn both(text: &[u8], framing: Framing) -> [Vec<String>; 2] {
        [true, false].map(|learns| {
            let mut records = Records::new(text, framing, 1, 0, 0);
            let mut read = Vec::new();
            loop {
                if !learns {
                    records.torn = None;
                }
                let Some(record) = records.next() else { return read };
                read.push(format!("{record:?} at {} in {:?}", records.byte(), records.place()));
            }
        })
    }

    /// Pieces of JSON, sound and torn.
    fn text() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "{\"a\":",
            "{\"a\":[",
            "\n",
            "\n{",
            "\n{\"a\":",
            "}{",
            "\"",
            ",",
            ",\n",
            ":",
            "1",
            "{}",
            "{}\n",
            "\\",
            "\"}{\"",
            "\"b\":",
            "x",
            " ",
            "\n  {",
        ]);
        prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn what_torn_values_teach_changes_no_record(before in text(), inside in text(), after in text()) {
            let long = "x".repeat(super::LEAST);
            for text in [
                format!("{before}{{\"p\":\"{long}\",\"q\":{inside}{after}"),
                format!("[{before}\n{{\"p\":[\"{long}\",\n{{\"q\":{inside}\n{after}"),
                format!("[{before}\n{{\"p\":[{inside}\"{long}\"\n{after}"),
            ] {
                for framing in [Framing::Values, Framing::PartOfValues(Place::Item, PartEnd::BetweenRecords)] {
                    let [learned, plain] = both(text.as_bytes(), framing);
                    prop_assert_eq!(learned, plain, "{}", text);
                }
            }
        }
    }

    #[test]
    fn objects_that_open_and_never_close_are_read_once() {
        const OPENED: usize = 60_000;
        let began = Instant::now();
        for (torn, end) in [("{\"a\":[\n", ""), ("{\"a\":\n", "x"), ("{\"a\":[1,[[\n", "}"), ("{\"a\":[[],{},\n", "]]")]
        {
            let text = format!("[\n{}{end}", torn.repeat(OPENED));
            let found = Records::new(text.as_bytes(), Framing::Values, 1, 0, 0).filter(Result::is_ok).count();
            assert_eq!(found, OPENED, "{torn}");
        }
        // Once for each of them took minutes.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
