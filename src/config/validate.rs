//! From the file as written to the configuration that pinq works by.
//!
//! Owns what each value means, its limits and its default. It must not read the file or the process.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;

use super::environment::Environment;
use super::raw::{
    RawCache, RawConfig, RawOnBadRecord, RawOnBadValue, RawSession, RawStorage, RawTable, RawVerify, RawViews,
};
use super::source::SourceText;
use super::tables::{BadRecordLimit, OnBadRecord, REST_COLUMN, RecordPolicy, Rest};
use super::value::{parse_age, parse_duration, parse_memory, parse_size};
use super::{
    Addressing, CacheConfig, Config, OnBadValue, PlainHttp, Relisting, SessionConfig, Signing, StorageConfig,
    TableConfig, TableSource, Verification, ViewsConfig, ViewsOrigin,
};
use crate::column::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::location::Location;
use crate::secret::without_user;

type ParseType<'a> = &'a dyn Fn(&str) -> Result<ColumnType>;

/// Where the memory of the machine can not be told, a small machine is the safe guess.
const MEMORY_IF_UNKNOWN: u64 = 4 << 30;

/// Between these the bytes of a large object are asked for by one request.
const SMALLEST_RANGE: u64 = 4 << 10;
const LARGEST_RANGE: u64 = 16 << 20;

/// Parses and validates the text of a file.
pub fn validate(source: &SourceText, environment: &Environment, parse_type: ParseType<'_>) -> Result<Config> {
    let raw: RawConfig = toml::from_str(&source.text).map_err(|error| source.toml_error(&error))?;
    let landing = raw.landing.location.as_ref().map(|text| location(source, text)).transpose()?;
    Ok(Config {
        file: Some(source.path.clone()),
        landing,
        tables: tables(source, &raw.tables, parse_type)?,
        views: views(source, &raw.views)?,
        storage: storage(source, &raw.storage)?,
        cache: cache(source, &raw.cache, environment)?,
        session: session(source, &raw.session, environment)?,
        reports: super::reports::read(source, &raw.reports)?,
    })
}

/// The bytes of memory of the machine, or a safe guess.
pub fn memory_of(environment: &Environment) -> u64 {
    environment.memory().unwrap_or(MEMORY_IF_UNKNOWN)
}

fn tables(
    source: &SourceText,
    raw: &BTreeMap<Spanned<String>, RawTable>,
    parse_type: ParseType<'_>,
) -> Result<Vec<TableConfig>> {
    let mut in_order: Vec<_> = raw.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    in_order.into_iter().map(|(name, raw)| table(source, name, raw, parse_type)).collect()
}

fn table(
    source: &SourceText,
    name: &Spanned<String>,
    raw: &RawTable,
    parse_type: ParseType<'_>,
) -> Result<TableConfig> {
    let within = format!("`[tables.{}]`", name.get_ref());
    not_empty(source, name).map_err(|error| error.hint("name the table: `[tables.NAME]`"))?;
    let table_source = match (&raw.location, &raw.topic) {
        (Some(_), Some(topic)) => {
            return Err(source
                .error(&topic.span(), format!("{within} has both `location` and `topic`"))
                .hint("keep `topic` for a topic of the landing, `location` for any other place"));
        }
        (Some(text), None) => TableSource::Location(location(source, text)?),
        (None, Some(topic)) => TableSource::Topic(not_empty(source, topic)?),
        (None, None) => TableSource::TopicOfThatName,
    };
    let columns = raw.columns.as_ref().map(|raw| columns(source, &within, raw, parse_type)).transpose()?;
    let key = raw.key.as_ref().map(|key| not_empty(source, key)).transpose()?;
    if let (Some(columns), Some(key), Some(written)) = (&columns, &key, &raw.key)
        && !columns.iter().any(|column| column.name == *key)
    {
        return Err(source
            .error(&written.span(), format!("{within} has the key `{key}`, which is not in its columns"))
            .hint(format!("add `{key}` to `columns`")));
    }
    let policy = policy(source, &within, raw)?;
    if let (Some(columns), true) = (&raw.columns, raw.rest)
        && let Some((written, _)) = columns.iter().find(|(name, _)| name.get_ref() == REST_COLUMN)
    {
        return Err(source
            .error(&written.span(), format!("{within} declares `{REST_COLUMN}`, which `rest = true` makes"))
            .hint("keep one of the two"));
    }
    Ok(TableConfig {
        name: name.get_ref().clone(),
        line: source.position(name.span().start).0,
        source: table_source,
        columns,
        key,
        policy,
    })
}

fn policy(source: &SourceText, within: &str, raw: &RawTable) -> Result<RecordPolicy> {
    let default = RecordPolicy::default();
    let (on_bad_record, max_bad_records) = bad_records(source, within, raw)?;
    Ok(RecordPolicy {
        on_bad_value: match raw.on_bad_value {
            Some(RawOnBadValue::Null) => OnBadValue::Null,
            Some(RawOnBadValue::Fail) | None => OnBadValue::Fail,
        },
        on_bad_record,
        max_bad_records,
        max_record_bytes: size(source, &raw.max_record_size, default.max_record_bytes)?,
        max_object_bytes: size(source, &raw.max_object_size, default.max_object_bytes)?,
        rest: if raw.rest { Rest::Kept } else { Rest::Left },
    })
}

fn bad_records(source: &SourceText, within: &str, raw: &RawTable) -> Result<(OnBadRecord, BadRecordLimit)> {
    let on_bad_record = match raw.on_bad_record {
        Some(RawOnBadRecord::Skip) => OnBadRecord::Skip,
        Some(RawOnBadRecord::Fail) | None => OnBadRecord::Fail,
    };
    let Some(written) = &raw.max_bad_records else { return Ok((on_bad_record, BadRecordLimit::Unlimited)) };
    let limit = BadRecordLimit::read(written.get_ref()).map_err(|wrong| source.error(&written.span(), wrong))?;
    if on_bad_record == OnBadRecord::Fail {
        return Err(source
            .error(&written.span(), format!("{within} limits bad records, but the first one fails the statement"))
            .hint("add `on_bad_record = \"skip\"`"));
    }
    Ok((on_bad_record, limit))
}

fn columns(
    source: &SourceText,
    within: &str,
    raw: &BTreeMap<Spanned<String>, Spanned<String>>,
    parse_type: ParseType<'_>,
) -> Result<Vec<Column>> {
    let mut in_order: Vec<_> = raw.iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    in_order
        .into_iter()
        .map(|(name, type_text)| {
            not_empty(source, name)?;
            let place = format!("column `{}` of {within}", name.get_ref());
            let kind =
                parse_type(type_text.get_ref()).map_err(|error| carry(source, type_text, &error.within(place)))?;
            Ok(Column::new(name.get_ref().clone(), kind))
        })
        .collect()
}

fn views(source: &SourceText, raw: &RawViews) -> Result<ViewsConfig> {
    match &raw.path {
        Some(path) => {
            Ok(ViewsConfig { path: source.folder().join(not_empty(source, path)?), origin: ViewsOrigin::Declared })
        }
        None => Ok(ViewsConfig::default_below(source.folder())),
    }
}

fn storage(source: &SourceText, raw: &RawStorage) -> Result<StorageConfig> {
    let default = StorageConfig::default();
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| not_empty(source, value)).transpose();
    let duration = |value: &Option<Spanned<String>>, default| match value {
        Some(value) => parse_duration(value.get_ref()).map_err(|wrong| source.error(&value.span(), wrong)),
        None => Ok(default),
    };
    let endpoint = text(&raw.endpoint)?;
    if let (Some(endpoint), Some(written)) = (&endpoint, &raw.endpoint)
        && !(endpoint.starts_with("https://") || endpoint.starts_with("http://"))
    {
        let endpoint = without_user(endpoint);
        return Err(source
            .error(&written.span(), format!("the endpoint `{endpoint}` has no scheme"))
            .hint(format!("write `https://{endpoint}`")));
    }
    Ok(StorageConfig {
        region: text(&raw.region)?,
        endpoint,
        profile: text(&raw.profile)?,
        addressing: raw.path_style.map(|path| if path { Addressing::Path } else { Addressing::VirtualHost }),
        plain_http: raw.allow_http.map(|allow| if allow { PlainHttp::Allowed } else { PlainHttp::Refused }),
        signing: if raw.anonymous == Some(true) { Signing::Anonymous } else { Signing::Signed },
        requests_in_flight: count(source, &raw.requests_in_flight, 1..4097, default.requests_in_flight)?,
        range_bytes: range_bytes(source, &raw.range_size, default.range_bytes)?,
        connect_timeout: duration(&raw.connect_timeout, default.connect_timeout)?,
        request_timeout: duration(&raw.request_timeout, default.request_timeout)?,
        retries: raw.retries.map_or(default.retries, |retries| retries as usize),
        verification: match raw.verify {
            None | Some(RawVerify::Auto) => Verification::Automatic,
            Some(RawVerify::Always) => Verification::Always,
            Some(RawVerify::Off) => Verification::Off,
        },
    })
}

fn cache(source: &SourceText, raw: &RawCache, environment: &Environment) -> Result<Option<CacheConfig>> {
    let path = match &raw.path {
        Some(path) => Some(source.folder().join(not_empty(source, path)?)),
        None => CacheConfig::default_path(environment),
    };
    let max_bytes = match &raw.max_size {
        Some(text) => Some(parse_size(text.get_ref()).map_err(|wrong| source.error(&text.span(), wrong))?),
        None => None,
    };
    let relisting = match &raw.relist_after {
        Some(text) => Relisting::After(parse_age(text.get_ref()).map_err(|wrong| source.error(&text.span(), wrong))?),
        None => Relisting::default(),
    };
    // What is wrong is told where the cache is off, too.
    let path = path.filter(|_| raw.enabled != Some(false));
    Ok(path.map(|path| CacheConfig { path, max_bytes, relisting }))
}

fn session(source: &SourceText, raw: &RawSession, environment: &Environment) -> Result<SessionConfig> {
    let default = SessionConfig::default_on(environment);
    let memory_limit = match &raw.memory_limit {
        Some(text) => {
            parse_memory(text.get_ref(), memory_of(environment)).map_err(|wrong| source.error(&text.span(), wrong))?
        }
        None => default.memory_limit,
    };
    let spill_folder = match &raw.spill_folder {
        Some(path) => Some(source.folder().join(not_empty(source, path)?)),
        None => None,
    };
    Ok(SessionConfig { memory_limit, spill_folder, threads: count(source, &raw.threads, 1..1025, default.threads)? })
}

/// Fewer bytes would cost a request more than they are worth, and hold no record.
fn range_bytes(source: &SourceText, value: &Option<Spanned<String>>, default: u64) -> Result<u64> {
    let bytes = size(source, value, default)?;
    match value {
        Some(text) if !(SMALLEST_RANGE..=LARGEST_RANGE).contains(&bytes) => {
            Err(source.error(&text.span(), format!("`{}` is not between `4KiB` and `16MiB`", text.get_ref())))
        }
        _ => Ok(bytes),
    }
}

fn size(source: &SourceText, value: &Option<Spanned<String>>, default: u64) -> Result<u64> {
    match value {
        Some(text) => parse_size(text.get_ref()).map_err(|wrong| source.error(&text.span(), wrong)),
        None => Ok(default),
    }
}

/// A number within limits, or the default where none is written.
pub(super) fn count(
    source: &SourceText,
    value: &Option<Spanned<u32>>,
    limits: Range<u32>,
    default: usize,
) -> Result<usize> {
    let Some(value) = value else { return Ok(default) };
    let number = *value.get_ref();
    if limits.contains(&number) {
        return Ok(number as usize);
    }
    let last = limits.end.saturating_sub(1);
    Err(source.error(&value.span(), format!("{number} is not between {} and {last}", limits.start)))
}

/// A location below the file's folder.
pub(super) fn location(source: &SourceText, text: &Spanned<String>) -> Result<Location> {
    let base: &Path = source.folder();
    Location::parse(text.get_ref(), base).map_err(|error| carry(source, text, &error))
}

/// A text that says something.
pub(super) fn not_empty(source: &SourceText, text: &Spanned<String>) -> Result<String> {
    if text.get_ref().trim().is_empty() {
        return Err(source.error(&text.span(), "an empty text says nothing here"));
    }
    Ok(text.get_ref().clone())
}

/// An error about a value, told with the value's place in the file and the same hints.
fn carry(source: &SourceText, text: &Spanned<String>, error: &Error) -> Error {
    error.hints().iter().fold(source.error(&text.span(), error.message()), |told, hint| told.hint(hint.as_str()))
}
