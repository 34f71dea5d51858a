//! The configuration file as it is written: its sections, keys and the types of their values.
//!
//! Owns the serde shape and the place of each value in the text. It must not validate what a value
//! means; `super` does. A key that is not here is an error.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::secret::Secret;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    #[serde(default)]
    pub landing: RawLanding,
    #[serde(default)]
    pub tables: BTreeMap<Spanned<String>, RawTable>,
    #[serde(default)]
    pub views: RawViews,
    #[serde(default)]
    pub storage: RawStorage,
    #[serde(default)]
    pub cache: RawCache,
    #[serde(default)]
    pub session: RawSession,
    #[serde(default)]
    pub reports: BTreeMap<Spanned<String>, RawReport>,
}

/// `[landing]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLanding {
    pub location: Option<Spanned<String>>,
}

/// `[tables.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    pub location: Option<Spanned<String>>,
    pub topic: Option<Spanned<String>>,
    /// Sorted by name here; the spans give back the order in which they were written.
    pub columns: Option<BTreeMap<Spanned<String>, Spanned<String>>>,
    pub key: Option<Spanned<String>>,
    pub on_bad_value: Option<RawOnBadValue>,
    pub max_object_size: Option<Spanned<String>>,
    pub on_bad_record: Option<RawOnBadRecord>,
    /// A number, a share between 0 and 1, or a text such as `1%`.
    pub max_bad_records: Option<Spanned<toml::Value>>,
    pub max_record_size: Option<Spanned<String>>,
    #[serde(default)]
    pub rest: bool,
}

/// `on_bad_value = "fail" | "null"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawOnBadValue {
    Fail,
    Null,
}

/// `on_bad_record = "fail" | "skip"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawOnBadRecord {
    Fail,
    Skip,
}

/// `[views]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawViews {
    pub path: Option<Spanned<String>>,
}

/// `[storage]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStorage {
    pub region: Option<Spanned<String>>,
    pub endpoint: Option<Spanned<String>>,
    pub profile: Option<Spanned<String>>,
    pub path_style: Option<bool>,
    pub allow_http: Option<bool>,
    pub anonymous: Option<bool>,
    pub requests_in_flight: Option<Spanned<u32>>,
    pub range_size: Option<Spanned<String>>,
    pub connect_timeout: Option<Spanned<String>>,
    pub request_timeout: Option<Spanned<String>>,
    pub retries: Option<u32>,
    pub verify: Option<RawVerify>,
}

/// `verify = "auto" | "always" | "off"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawVerify {
    Auto,
    Always,
    Off,
}

/// `[cache]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCache {
    pub enabled: Option<bool>,
    pub path: Option<Spanned<String>>,
    pub max_size: Option<Spanned<String>>,
    pub relist_after: Option<Spanned<String>>,
}

/// `[session]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSession {
    pub memory_limit: Option<Spanned<String>>,
    pub spill_folder: Option<Spanned<String>>,
    pub threads: Option<Spanned<u32>>,
}

/// `[reports.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawReport {
    pub title: Option<Spanned<String>>,
    pub questions: Option<Spanned<Vec<Spanned<String>>>>,
    /// Each a text, a number, a boolean or a moment.
    #[serde(default)]
    pub params: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    pub schedule: Option<Spanned<String>>,
    pub timezone: Option<Spanned<String>>,
    pub destination: Option<Spanned<String>>,
    pub formats: Option<Spanned<Vec<Spanned<String>>>>,
    pub csv_formulas: Option<RawFormulas>,
    #[serde(default)]
    pub checks: Vec<Spanned<String>>,
    pub keep: Option<Spanned<u32>>,
    pub retries: Option<Spanned<u32>>,
    pub notify: Option<Spanned<Secret>>,
    pub notify_on: Option<Spanned<RawNotifyOn>>,
}

/// `csv_formulas = "keep" | "escape"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawFormulas {
    Keep,
    Escape,
}

/// `notify_on = "failure" | "always"`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawNotifyOn {
    Failure,
    Always,
}
