//! The line under an answer: rows, time, and where the data came from.
//!
//! Owns what is told and what is left out as a matter of course. It works on values and must not print.

use std::time::Duration;

use super::human;

/// Where the rows of an answer came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Objects that were read, from the cache or not.
    pub objects: u64,
    /// Of these, the ones whose rows came from the cache.
    pub cached_objects: u64,
    /// Bytes of the others, as stored.
    pub bytes: u64,
    /// Requests to a store, listings included; none on disk.
    pub requests: u64,
}

/// The rows of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FooterRows {
    /// How many came.
    pub count: u64,
    /// Whether there were no more.
    pub are_all: bool,
}

/// What is told under an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    /// Rows of the answer; `None` where a statement answers nothing.
    pub rows: Option<FooterRows>,
    /// How long it took.
    pub elapsed: Duration,
    /// Where they came from.
    pub sources: Sources,
}

impl Footer {
    /// The text, in lines of at most `width` columns as far as its parts allow: `12 rows, 0.12 s; 5 objects, 3 KB
    /// fetched, 7 requests`.
    pub fn text(&self, width: Option<usize>) -> String {
        let rows = self.rows.map(|rows| match rows.are_all {
            true => human::counted(rows.count, "row", "rows"),
            false => format!("the first {}", human::counted(rows.count, "row", "rows")),
        });
        let mut result: Vec<String> = rows.into_iter().collect();
        result.push(human::duration(self.elapsed));
        let (result, sources) = (result.join(", "), self.sources.parts());
        if sources.is_empty() {
            return result;
        }
        let width = width.unwrap_or(usize::MAX);
        let one_line = format!("{result}; {}", sources.join(", "));
        if one_line.len() <= width {
            return one_line;
        }
        let (mut text, mut line) = (format!("{result};\n"), String::new());
        for (number, source) in sources.iter().enumerate() {
            let comma = if number + 1 < sources.len() { "," } else { "" };
            if !line.is_empty() && line.len() + 1 + source.len() + comma.len() > width {
                text.push_str(&line);
                text.push('\n');
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(source);
            line.push_str(comma);
        }
        text + &line
    }
}

impl Sources {
    /// What is worth telling.
    fn parts(&self) -> Vec<String> {
        let Sources { objects, cached_objects, bytes, requests } = *self;
        let mut parts = Vec::new();
        if objects > 0 {
            let cached = match cached_objects {
                0 => String::new(),
                all if all == objects => " from the cache".to_owned(),
                some => format!(" ({} from the cache)", human::count(some)),
            };
            parts.push(format!("{}{cached}", human::counted(objects, "object", "objects")));
        }
        if bytes > 0 {
            let verb = if requests > 0 { "fetched" } else { "read" };
            parts.push(format!("{} {verb}", human::bytes(bytes)));
        }
        if requests > 0 {
            parts.push(human::counted(requests, "request", "requests"));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(rows: u64, milliseconds: u64, sources: Sources) -> Footer {
        Footer {
            rows: Some(FooterRows { count: rows, are_all: true }),
            elapsed: Duration::from_millis(milliseconds),
            sources,
        }
    }

    const MUCH: Sources = Sources { objects: 40_000, cached_objects: 39_000, bytes: 23_000_000, requests: 12 };

    #[test]
    fn tells_rows_time_and_sources() {
        let text = footer(1234, 120, MUCH).text(None);
        let expected = "1,234 rows, 0.12 s; 40,000 objects (39,000 from the cache), 23 MB fetched, 12 requests";
        assert_eq!(text, expected);
        assert_eq!(footer(1234, 120, MUCH).text(Some(expected.len())), expected);
    }

    #[test]
    fn leaves_out_what_did_not_happen() {
        assert_eq!(footer(3, 2, Sources::default()).text(Some(80)), "3 rows, 2 ms");
        let nothing = Footer { rows: None, elapsed: Duration::from_millis(5), sources: Sources::default() };
        assert_eq!(nothing.text(Some(80)), "5 ms");
        let cached = Sources { objects: 1, cached_objects: 1, bytes: 0, requests: 0 };
        assert_eq!(footer(1, 2, cached).text(Some(80)), "1 row, 2 ms; 1 object from the cache");
        let disk = Sources { objects: 2, cached_objects: 0, bytes: 1500, requests: 0 };
        assert_eq!(footer(1, 2, disk).text(None), "1 row, 2 ms; 2 objects, 1.5 KB read");
    }

    #[test]
    fn wraps_on_narrow_terminals() {
        let expected = "\
1,234 rows, 0.12 s;
40,000 objects (39,000 from the cache),
23 MB fetched, 12 requests";
        assert_eq!(footer(1234, 120, MUCH).text(Some(40)), expected);
        assert_eq!(footer(1234, 120, MUCH).text(Some(60)).lines().count(), 3);
        assert_eq!(footer(1234, 120, MUCH).text(Some(70)).lines().count(), 2);
    }
}
