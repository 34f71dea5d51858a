//! From `[reports.NAME]` as written to the report that runs.
//!
//! Owns what each key means, its limits and its default. It must not look at the disk: patterns stay patterns.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use std::path::PathBuf;

use chrono_tz::{TZ_VARIANTS, Tz};
use toml::Spanned;
use url::Url;

use super::super::raw::{RawFormulas, RawNotifyOn, RawReport};
use super::super::source::SourceText;
use super::super::validate::{count, location, not_empty};
use super::{Notify, NotifyOn, ReportConfig, ReportFormat, Webhook};
use crate::error::{Error, Result};
use crate::output::{Format, Formulas};
use crate::schedule::Schedule;
use crate::spelling::nearest;

const KEEP: usize = 30;

const RETRIES: usize = 3;

/// A run that fails so often does not fail by chance.
const MOST_RETRIES: u32 = 100;

/// The name is a folder's, and disks have limits.
const LONGEST_NAME: usize = 100;

const DEFAULT_FORMATS: [ReportFormat; 2] = [ReportFormat::Html, ReportFormat::File(Format::Csv)];

/// Of the page, beside the names of the output formats.
const HTML: &str = "html";

/// The reports, as ordered in the file.
pub fn read(source: &SourceText, raw: &BTreeMap<Spanned<String>, RawReport>) -> Result<Vec<ReportConfig>> {
    let mut in_order: Vec<_> = raw.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    let mut reports: Vec<ReportConfig> = Vec::new();
    for (name, raw) in in_order {
        if let Some(other) = reports.iter().find(|other| other.name.eq_ignore_ascii_case(name.get_ref())) {
            let message =
                format!("the reports `{}` and `{}` would share a folder on some disks", other.name, name.get_ref());
            return Err(source.error(&name.span(), message).hint("let their names differ by more than case"));
        }
        reports.push(report(source, name, raw)?);
    }
    Ok(reports)
}

fn report(source: &SourceText, name: &Spanned<String>, raw: &RawReport) -> Result<ReportConfig> {
    check_name(source, name)?;
    let within = format!("`[reports.{}]`", name.get_ref());
    let missing = |key: &str, hint: &str| source.error(&name.span(), format!("{within} has no `{key}`")).hint(hint);
    let Some(questions) = &raw.questions else {
        return Err(missing("questions", "add `questions = [\"queries/*.sql\"]`"));
    };
    if questions.get_ref().is_empty() {
        let error = source.error(&questions.span(), format!("{within} asks no questions"));
        return Err(error.hint("write files, folders or patterns: `questions = [\"queries/*.sql\"]`"));
    }
    let Some(destination) = &raw.destination else {
        return Err(missing("destination", "add `destination = \"reports/\"`, or `s3://BUCKET/PREFIX/`"));
    };
    let retries = count(source, &raw.retries, 0..MOST_RETRIES.saturating_add(1), RETRIES)?;
    Ok(ReportConfig {
        name: name.get_ref().clone(),
        line: source.position(name.span().start).0,
        title: raw.title.as_ref().map(|title| not_empty(source, title)).transpose()?,
        questions: patterns(source, questions.get_ref())?,
        params: params(source, &raw.params)?,
        schedule: schedule(source, &within, raw)?,
        destination: location(source, destination)?,
        formats: formats(source, raw.formats.as_ref())?,
        formulas: match raw.csv_formulas {
            Some(RawFormulas::Escape) => Formulas::Escape,
            Some(RawFormulas::Keep) | None => Formulas::Keep,
        },
        checks: patterns(source, &raw.checks)?,
        keep: count(source, &raw.keep, 1..1_000_001, KEEP)?,
        retries: u32::try_from(retries).unwrap_or(MOST_RETRIES),
        notify: notify(source, &within, raw)?,
    })
}

/// The name is an argument of commands and a folder at the destination.
fn check_name(source: &SourceText, name: &Spanned<String>) -> Result<()> {
    let text = name.get_ref();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let objection = if text.is_empty() {
        "a report has no name".to_owned()
    } else if text.starts_with('-') || !text.chars().all(allowed) {
        format!("`{text}` can not be a report's name")
    } else if text.len() > LONGEST_NAME {
        format!("a report's name has more than {LONGEST_NAME} letters")
    } else {
        return Ok(());
    };
    let hint = "it is a folder's name, too: use letters, digits, `-` and `_`, the first not `-`";
    Err(source.error(&name.span(), objection).hint(hint))
}

fn patterns(source: &SourceText, raw: &[Spanned<String>]) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for written in raw {
        let text = not_empty(source, written)?;
        let error = |message: String, hint: &str| source.error(&written.span(), message).hint(hint);
        if text.contains("://") {
            return Err(error(format!("`{text}` is no path"), "questions and checks are files on disk"));
        }
        let (folders, last) = text.trim_end_matches('/').rsplit_once('/').unwrap_or(("", &text));
        if folders.contains(['*', '?']) || last.contains("**") {
            let message = format!("`{text}` has a pattern for folders");
            return Err(error(message, "`*` and `?` may stand in the last part alone; list each folder"));
        }
        let path = source.folder().join(&text);
        if paths.contains(&path) {
            return Err(error(format!("`{text}` is listed twice"), "keep one of the two"));
        }
        paths.push(path);
    }
    Ok(paths)
}

/// Texts of the kind that `--param` takes: quotes keep a text from being read as a number.
fn params(
    source: &SourceText,
    raw: &BTreeMap<Spanned<String>, Spanned<toml::Value>>,
) -> Result<BTreeMap<String, String>> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut params = BTreeMap::new();
    for (name, value) in raw {
        let text = name.get_ref();
        if text.is_empty() || !text.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            let error = source.error(&name.span(), format!("`{text}` can not be a parameter's name"));
            return Err(error.hint("use letters, digits and `_`; a question says `$NAME`, the key is `NAME`"));
        }
        let value = match value.get_ref() {
            toml::Value::String(text) => quoted(text),
            toml::Value::Integer(number) => number.to_string(),
            // With its point: `2.0` must not become a whole number.
            toml::Value::Float(number) if number.is_finite() => format!("{number:?}"),
            toml::Value::Boolean(value) => value.to_string(),
            toml::Value::Datetime(moment) => quoted(&moment.to_string()),
            _ => {
                let error = source.error(&value.span(), format!("the parameter `{text}` has no single value"));
                return Err(error.hint("write a text, a number, `true` or `false`"));
            }
        };
        params.insert(text.clone(), value);
    }
    Ok(params)
}

fn schedule(source: &SourceText, within: &str, raw: &RawReport) -> Result<Option<Schedule>> {
    let zone = raw.timezone.as_ref().map(|written| time_zone(source, written)).transpose()?;
    let Some(written) = &raw.schedule else {
        return match &raw.timezone {
            Some(zone) => Err(source
                .error(&zone.span(), format!("{within} has a time zone, but no schedule that goes by it"))
                .hint("add `schedule = \"0 6 * * *\"`, or leave `timezone` out")),
            None => Ok(None),
        };
    };
    let schedule = Schedule::parse(written.get_ref(), zone.unwrap_or(Tz::UTC)).map_err(|wrong| {
        let place = place_inside(source, written, &wrong.span);
        let error = source.error(&place, format!("the schedule `{}`: {}", written.get_ref(), wrong.message));
        wrong.hint.into_iter().fold(error, Error::hint)
    })?;
    Ok(Some(schedule))
}

fn time_zone(source: &SourceText, written: &Spanned<String>) -> Result<Tz> {
    let text = written.get_ref();
    text.parse().map_err(|_| {
        let error = source.error(&written.span(), format!("`{text}` is no time zone"));
        // A city alone is what people remember.
        let text = text.replace(' ', "_");
        let names = TZ_VARIANTS.iter().map(|zone| zone.name());
        let city = |name: &&str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text));
        match names.clone().find(city).or_else(|| nearest(&text, names)) {
            Some(name) => error.hint(format!("did you mean `{name}`?")),
            None => error.hint("write an IANA name such as `Europe/London`, or `UTC`"),
        }
    })
}

/// The bytes of the file that hold those of the text; the whole value where it is written with escapes.
fn place_inside(source: &SourceText, written: &Spanned<String>, span: &Range<usize>) -> Range<usize> {
    let whole = written.span();
    let Some(raw) = source.text.get(whole.clone()) else { return whole };
    let Some(begin) = raw.find(written.get_ref().as_str()).filter(|begin| *begin > 0) else { return whole };
    let begin = whole.start.saturating_add(begin);
    begin.saturating_add(span.start)..begin.saturating_add(span.end)
}

fn formats(source: &SourceText, raw: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<Vec<ReportFormat>> {
    let Some(raw) = raw else { return Ok(DEFAULT_FORMATS.to_vec()) };
    let names = || std::iter::once(HTML).chain(Format::names());
    let list = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if raw.get_ref().is_empty() {
        let error = source.error(&raw.span(), "a report without a format publishes nothing");
        return Err(error.hint(format!("known are {}", list())));
    }
    let mut formats: Vec<ReportFormat> = Vec::new();
    for written in raw.get_ref() {
        let text = written.get_ref().as_str();
        let known = Format::ALL.into_iter().find(|format| format.name() == text).map(ReportFormat::File);
        let Some(format) = known.or_else(|| (text == HTML).then_some(ReportFormat::Html)) else {
            let error = source.error(&written.span(), format!("`{text}` is no format of a report"));
            return Err(match nearest(text, names()) {
                Some(name) => error.hint(format!("did you mean `{name}`? known are {}", list())),
                None => error.hint(format!("known are {}", list())),
            });
        };
        if formats.contains(&format) {
            return Err(source.error(&written.span(), format!("the format `{text}` is listed twice")));
        }
        formats.push(format);
    }
    Ok(formats)
}

fn notify(source: &SourceText, within: &str, raw: &RawReport) -> Result<Option<Notify>> {
    let on = match raw.notify_on.as_ref().map(Spanned::get_ref) {
        Some(RawNotifyOn::Always) => NotifyOn::Always,
        Some(RawNotifyOn::Failure) | None => NotifyOn::Failure,
    };
    let Some(written) = &raw.notify else {
        return match &raw.notify_on {
            Some(on) => Err(source
                .error(&on.span(), format!("{within} says when to notify, but not whom"))
                .hint("add `notify = \"https://...\"`, or leave `notify_on` out")),
            None => Ok(None),
        };
    };
    // The address may hold a secret: no error repeats it.
    let error = |message: &str| source.error(&written.span(), format!("the address of `notify` {message}"));
    let url = Url::parse(written.get_ref().reveal()).map_err(|wrong| error(&format!("can not be read: {wrong}")));
    let url = url.map_err(|error| error.hint("write `https://HOST/PATH`"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(error("is not encrypted").hint("write `https://`; `http://` is for this machine alone"));
        }
        _ => return Err(error("is none of the web").hint("write `https://HOST/PATH`")),
    }
    Ok(Some(Notify { webhook: Webhook::from(url), on }))
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
