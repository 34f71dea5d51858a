//! The five fields as they are written: what each may hold, and which bytes of the text are wrong.
//!
//! Owns the syntax and its errors, and hands on a text of plain numbers that the cron library reads the same way. It
//! must not know when a schedule comes round.

use std::ops::Range;

use super::ScheduleError;
use crate::spelling::nearest;

/// Names for whole schedules, and what they stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", first: 0, last: 59, names: &[], marks: Marks::None },
    Field { name: "hour", first: 0, last: 23, names: &[], marks: Marks::None },
    Field { name: "day of the month", first: 1, last: 31, names: &[], marks: Marks::OfMonth },
    Field { name: "month", first: 1, last: 12, names: &MONTHS, marks: Marks::None },
    Field { name: "day of the week", first: 0, last: 7, names: &WEEKDAYS, marks: Marks::OfWeek },
];

/// Five fields of plain numbers, and where each was written.
#[derive(Debug)]
pub(super) struct Fields {
    /// What the cron library reads, separated by one space.
    pub(super) plain: String,
    /// Of the minute, the hour, the day, the month and the weekday; of the whole text for a name such as `@daily`.
    pub(super) spans: [Range<usize>; 5],
}

/// What one field may hold.
struct Field {
    name: &'static str,
    first: u16,
    last: u16,
    /// The value `first` and those after it, as three letters.
    names: &'static [&'static str],
    marks: Marks,
}

/// Letters that depend on the month.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    None,
    /// `L`, `LW` and `15W`.
    OfMonth,
    /// `5L` and `1#2`.
    OfWeek,
}

/// Reads a schedule's text.
pub(super) fn read(text: &str) -> Result<Fields, ScheduleError> {
    let words = split(text, 0, char::is_whitespace);
    let words: Vec<_> = words.into_iter().filter(|(word, _)| !word.is_empty()).collect();
    if let [(word, at), ..] = words.as_slice()
        && word.starts_with('@')
    {
        let rest = words.get(1).map(|(word, at)| *at..at.saturating_add(word.len()));
        return nickname(word, *at, rest);
    }
    let [minute, hour, day, month, weekday] = words.as_slice() else { return Err(wrong_number(text, &words)) };
    let mut plain = Vec::new();
    for (field, (word, at)) in FIELDS.iter().zip([minute, hour, day, month, weekday]) {
        plain.push(field.read(word, *at)?);
    }
    let spans = [minute, hour, day, month, weekday].map(|(word, at)| *at..at.saturating_add(word.len()));
    Ok(Fields { plain: plain.join(" "), spans })
}

/// What stands for a schedule whose field `position` alone is told, so that an objection is to that field.
pub(super) fn alone(plain: &str, position: usize) -> String {
    let keep = |(at, word)| if at == position { word } else { "*" };
    plain.split(' ').enumerate().map(keep).collect::<Vec<_>>().join(" ")
}

/// The name of the field at `position`, from 0.
pub(super) fn name(position: usize) -> &'static str {
    FIELDS.get(position).map_or("schedule", |field| field.name)
}

fn nickname(word: &str, at: usize, rest: Option<Range<usize>>) -> Result<Fields, ScheduleError> {
    let span = at..at.saturating_add(word.len());
    let lower = word.to_ascii_lowercase();
    if lower == "@reboot" {
        return Err(ScheduleError {
            message: "`@reboot` is no time".to_owned(),
            span,
            hint: Some("let the system run the report when it starts, or write five fields".to_owned()),
        });
    }
    let Some((_, plain)) = NICKNAMES.iter().find(|(name, _)| *name == lower) else {
        let names = NICKNAMES.map(|(name, _)| name);
        let list = names.map(|name| format!("`{name}`")).join(", ");
        let hint = match nearest(&lower, names) {
            Some(name) => format!("did you mean `{name}`? known are {list}"),
            None => format!("known are {list}"),
        };
        return Err(ScheduleError { message: format!("`{word}` names no schedule"), span, hint: Some(hint) });
    };
    if let Some(rest) = rest {
        let message = format!("`{word}` is a whole schedule; nothing can follow it");
        return Err(ScheduleError { message, span: rest, hint: None });
    }
    Ok(Fields { plain: (*plain).to_owned(), spans: [0; 5].map(|_| span.clone()) })
}

fn wrong_number(text: &str, words: &[(&str, usize)]) -> ScheduleError {
    let count = words.len();
    let form = "write minute, hour, day of the month, month and day of the week: `0 6 * * *` is every day at 6";
    let (span, hint) = match words.get(5) {
        Some((_, at)) => (*at..text.len(), format!("{form}; there are no seconds and no years")),
        None => (0..text.len(), form.to_owned()),
    };
    let message = match count {
        0 => "a schedule is empty".to_owned(),
        1 => "a schedule has five fields, this has one".to_owned(),
        _ => format!("a schedule has five fields, this has {count}"),
    };
    ScheduleError { message, span, hint: Some(hint) }
}

impl Field {
    /// The field as plain numbers. `at` is the byte of the schedule where `word` begins.
    fn read(&self, word: &str, at: usize) -> Result<String, ScheduleError> {
        if word == "*" {
            return Ok("*".to_owned());
        }
        let items = split(word, at, |letter| letter == ',').into_iter();
        Ok(items.map(|(item, at)| self.item(item, at)).collect::<Result<Vec<_>, _>>()?.join(","))
    }

    fn item(&self, item: &str, at: usize) -> Result<String, ScheduleError> {
        match item {
            "" => return Err(self.error(at..at, "has nothing between two commas".to_owned())),
            "*" => {
                let span = at..at.saturating_add(1);
                return Err(self.error(span, "has `*` among others, where it stands for all of them".to_owned()));
            }
            "?" => {
                let error = self.error(at..at.saturating_add(1), "can not be `?`".to_owned());
                return Err(ScheduleError { hint: Some("write `*` for any".to_owned()), ..error });
            }
            _ => {}
        }
        let Some((range, step)) = item.split_once('/') else { return self.values(item, at) };
        let step_at = at.saturating_add(range.len()).saturating_add(1);
        let step = self.step(step, step_at)?;
        if range == "*" {
            return Ok(format!("*/{step}"));
        }
        if !range.contains('-') {
            let message = format!("steps from `{range}` to no end");
            let hint = format!("write `{range}-{}/{step}`, or `*/{step}`", self.last_in_writing());
            let error = self.error(at..at.saturating_add(item.len()), message);
            return Err(ScheduleError { hint: Some(hint), ..error });
        }
        Ok(format!("{}/{step}", self.values(range, at)?))
    }

    fn step(&self, step: &str, at: usize) -> Result<u16, ScheduleError> {
        let longest = self.last_in_writing().saturating_sub(self.first);
        let number = digits(step).filter(|number| (1..=longest).contains(number));
        number.ok_or_else(|| {
            let message = format!("has the step `{step}`, which is no number from 1 to {longest}");
            self.error(at..at.saturating_add(step.len()), message)
        })
    }

    /// A value, a range of them, or a mark.
    fn values(&self, item: &str, at: usize) -> Result<String, ScheduleError> {
        if let Some((from, to)) = item.split_once('-') {
            let to_at = at.saturating_add(from.len()).saturating_add(1);
            let (first, last) = (self.value(from, at)?, self.value(to, to_at)?);
            // Sunday ends a week as 7 and begins it as 0.
            let last = if self.marks == Marks::OfWeek && last == 0 && first > 0 { 7 } else { last };
            if first > last {
                let message = format!("has the range `{item}`, which runs backwards");
                let hint = format!("write `{first}-{},{}-{last}`", self.last_in_writing(), self.first);
                let error = self.error(at..at.saturating_add(item.len()), message);
                return Err(ScheduleError { hint: Some(hint), ..error });
            }
            return Ok(format!("{first}-{last}"));
        }
        let upper = item.to_ascii_uppercase();
        match self.marks {
            Marks::OfMonth if upper == "L" || upper == "LW" => return Ok(upper),
            Marks::OfMonth => {
                if let Some(day) = upper.strip_suffix('W') {
                    return Ok(format!("{}W", self.value(day, at)?));
                }
            }
            Marks::OfWeek => {
                if let Some((day, week)) = upper.split_once('#') {
                    let week_at = at.saturating_add(day.len()).saturating_add(1);
                    let number = digits(week).filter(|number| (1..=5).contains(number)).ok_or_else(|| {
                        let message = format!("has `#{week}`, where a month has the first to the fifth: `#1` to `#5`");
                        self.error(week_at..week_at.saturating_add(week.len()), message)
                    })?;
                    return Ok(format!("{}#{number}", self.value(day, at)?));
                }
                if let Some(day) = upper.strip_suffix('L').filter(|day| !day.is_empty()) {
                    return Ok(format!("{}L", self.value(day, at)?));
                }
            }
            Marks::None => {}
        }
        self.value(item, at).map(|value| value.to_string())
    }

    fn value(&self, text: &str, at: usize) -> Result<u16, ScheduleError> {
        let span = at..at.saturating_add(text.len());
        if let Some(position) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            let position = u16::try_from(position).unwrap_or(u16::MAX);
            return Ok(self.first.saturating_add(position));
        }
        match digits(text) {
            Some(number) if (self.first..=self.last).contains(&number) => Ok(number),
            Some(24) if self.name == "hour" => {
                let error = self.error(span, "can not be `24`".to_owned());
                Err(ScheduleError { hint: Some("midnight is `0`".to_owned()), ..error })
            }
            Some(_) => {
                let message = format!("can not be `{text}`: it goes from {} to {}", self.first, self.last);
                Err(self.error(span, message))
            }
            None if text.is_empty() => Err(self.error(span, "has no number here".to_owned())),
            None => {
                let error = self.error(span, format!("can not be `{text}`"));
                let meant = nearest(text, self.names.iter().copied());
                Err(match meant {
                    Some(name) => ScheduleError { hint: Some(format!("did you mean `{name}`?")), ..error },
                    None => error,
                })
            }
        }
    }

    /// An error of this field, with what the field may hold as the hint.
    fn error(&self, span: Range<usize>, what: String) -> ScheduleError {
        let mut hint = format!("it holds {} to {}", self.first, self.last_in_writing());
        match self.marks {
            Marks::OfWeek => hint = "it holds 0 (Sunday) to 6, 7 for Sunday as well, `SUN` to `SAT`".to_owned(),
            _ if !self.names.is_empty() => hint.push_str(" or `JAN` to `DEC`"),
            _ => {}
        }
        hint.push_str(": `*`, one (`5`), a range (`1-5`), steps (`*/2`), or several of these with commas");
        match self.marks {
            Marks::OfMonth => hint.push_str("; `L` is the last day, `15W` the weekday nearest to the 15th"),
            Marks::OfWeek => hint.push_str("; `5L` is the last Friday of the month, `1#2` its second Monday"),
            Marks::None => {}
        }
        ScheduleError { message: format!("the {} {what}", self.name), span, hint: Some(hint) }
    }

    /// The last value but for the second name of Sunday.
    fn last_in_writing(&self) -> u16 {
        if self.marks == Marks::OfWeek { 6 } else { self.last }
    }
}

/// A number of digits alone: no sign, no more than a field could mean.
fn digits(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The pieces of a text, each with the byte where it begins; the first byte of `text` is `at`.
fn split(text: &str, at: usize, is_separator: impl Fn(char) -> bool) -> Vec<(&str, usize)> {
    let mut begin = at;
    let mut pieces = Vec::new();
    for piece in text.split_inclusive(&is_separator) {
        let word = piece.strip_suffix(&is_separator).unwrap_or(piece);
        pieces.push((word, begin));
        begin = begin.saturating_add(piece.len());
    }
    if text.ends_with(&is_separator) {
        pieces.push(("", begin));
    }
    pieces
}
