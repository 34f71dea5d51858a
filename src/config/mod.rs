//! The configuration: `pinq.toml`, the environment and the command line's overrides, validated.
//!
//! Owns which file is read (`--config`, else `PINQ_CONFIG`, else `pinq.toml` in the working folder or
//! the nearest parent that has one), its keys, their defaults and what is wrong with them. It must
//! not open a store, parse SQL (the type of a column is read by a function that the caller gives) or
//! look at the disk beyond that one file. No file at all is a configuration too.
//!
//! Every key, with its default; a relative path is below the folder of the file:
//!
//! ```toml
//! [landing]
//! location = "data-samples/topics/"     # a folder or `s3://BUCKET/PREFIX/` that holds `<topic>/partition=<n>/...`
//!
//! [tables.pin]                          # any number of them; each is the table `raw.NAME`
//! topic = "0a1b2c3d4e5f.pin"            # default: the topic whose last dot-part is NAME ...
//! # location = "s3://bucket/elsewhere/" # ... or any prefix or folder with JSON; not both
//! columns = { index = "bigint", title = "varchar" } # SQL types; default: inferred
//! key = "index"                         # a record without it is a stray to `pinq check`
//! on_bad_value = "fail"                 # or "null"
//! max_object_size = "16GiB"             # what a compressed object may grow to
//! on_bad_record = "fail"                # or "skip", which keeps them in `pinq.rejects`
//! max_bad_records = "1%"                # with "skip": a number or a share; default: any number
//! max_record_size = "64MiB"             # a larger record is a bad one
//! rest = false                          # true: keys that are not in the columns, as JSON in `_rest`
//!
//! [views]
//! path = "queries/views"                # each `NAME.sql` in it is the view NAME
//!
//! [storage]
//! region = "eu-west-1"                  # default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the bucket's own
//! endpoint = "http://127.0.0.1:9000"    # default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, AWS
//! profile = "work"                      # default: AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`; set here it wins over the environment's keys
//! path_style = true                     # default: true with an endpoint of one's own, false on AWS
//! allow_http = false                    # default: AWS_ALLOW_HTTP; loopback needs none
//! anonymous = false                     # true: unsigned requests, for public buckets
//! requests_in_flight = 256              # 1 to 4096; fewer for as long as the service asks for fewer
//! range_size = "8MiB"                   # 4KiB to 16MiB; a large object is asked for in ranges of it
//! connect_timeout = "5s"
//! request_timeout = "30s"
//! retries = 10
//!
//! [cache]
//! enabled = true                        # false: nothing is kept from run to run
//! path = "/home/me/.cache/pinq"         # default: `pinq` in XDG_CACHE_HOME or `~/.cache`; without these, no cache
//! max_size = "20GiB"                    # default: that, or a tenth of the free disk where it is less
//! relist_after = "1h"                   # an older listing of S3 is not gone on with but made anew; "0s": always
//!
//! [session]
//! memory_limit = "60%"                  # of the machine's memory; or "2GiB", "512MB"
//! spill_folder = "/tmp"                 # default: the system's folder for temporary files
//! threads = 8                           # default: the machine's processors
//!
//! [reports.daily]                       # any number of them; the name is a folder at the destination, too
//! title = "Pinterest daily"             # default: the name
//! questions = ["queries/*.sql"]         # required: files, folders, and patterns with `*` and `?` in the last part
//! params = { year = 2020 }              # values of `$NAME`: texts, numbers, booleans
//! schedule = "0 6 * * *"                # or `@daily` and the like; default: never by itself
//! timezone = "Europe/London"            # by which the schedule goes; default: UTC
//! destination = "reports/"              # required: a folder or `s3://BUCKET/PREFIX/`
//! formats = ["html", "csv"]             # that is the default; `html` is the page, the others are those of `--format`
//! csv_formulas = "keep"                 # or "escape": cells like `=1+1` begin with `'` in csv and tsv
//! checks = ["queries/checks/*.sql"]     # as `questions`; each statement must return no rows; default: none
//! keep = 30                             # runs that stay published, 1 at least
//! retries = 3                           # of a run that failed, 0 to 100
//! notify = "https://example.com/hook"   # gets JSON; `http://` for this machine alone; default: nobody
//! notify_on = "failure"                 # or "always"
//! ```

mod cache;
mod clock;
mod environment;
mod raw;
mod reports;
mod source;
mod tables;
mod validate;
mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use cache::{CacheConfig, CacheUse, Relisting};
pub use clock::{Clock, SimulatedClock, SystemClock};
pub use environment::Environment;
pub use reports::{Notify, NotifyOn, ReportConfig, ReportFormat, Webhook};
pub use source::{FILE_NAME, FILE_VARIABLE};
pub use tables::{BadRecordLimit, OnBadRecord, OnBadValue, REST_COLUMN, RecordPolicy, Rest, TableConfig, TableSource};
pub use value::parse_age;

use crate::column::ColumnType;
use crate::error::Result;
use crate::location::Location;

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config PATH`, below the working folder.
    pub file: Option<PathBuf>,
    /// `--landing LOCATION`, below the working folder.
    pub landing: Option<String>,
    /// `--no-cache` and `--refresh`.
    pub cache: CacheUse,
}

/// The validated configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read; none where there is none.
    pub file: Option<PathBuf>,
    /// Where the topics are.
    pub landing: Option<Location>,
    /// The declared tables, as ordered in the file.
    pub tables: Vec<TableConfig>,
    /// Where the views are.
    pub views: ViewsConfig,
    /// How S3 is reached.
    pub storage: StorageConfig,
    /// Where what was read is kept from run to run; none where nothing is.
    pub cache: Option<CacheConfig>,
    /// What the engine may use.
    pub session: SessionConfig,
    /// The reports, as ordered in the file.
    pub reports: Vec<ReportConfig>,
}

/// Where the views are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewsConfig {
    /// The folder of `NAME.sql` files. Whether it exists is not known here.
    pub path: PathBuf,
    /// Who named it.
    pub origin: ViewsOrigin,
}

/// Who named the folder of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewsOrigin {
    /// The file: it is an error that it does not exist.
    Declared,
    /// Nobody: where it does not exist, the views that are compiled in are used.
    Default,
}

/// How S3 is reached. What is none here is found out by `store`. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageConfig {
    /// The region of every bucket.
    pub region: Option<String>,
    /// The URL of the service, without a bucket.
    pub endpoint: Option<String>,
    /// The profile of the AWS files; wins over keys in the environment.
    pub profile: Option<String>,
    /// How a bucket is addressed.
    pub addressing: Option<Addressing>,
    /// Whether plain http beyond loopback is allowed.
    pub plain_http: Option<PlainHttp>,
    /// Whether requests are signed.
    pub signing: Signing,
    /// GETs at once, 1 to 4096.
    pub requests_in_flight: usize,
    /// Bytes of a large object that one GET asks for, 4 KiB to 16 MiB.
    pub range_bytes: u64,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for one request, its body included.
    pub request_timeout: Duration,
    /// How often a request is tried again.
    pub retries: usize,
    /// How far the bytes of objects are compared with what the service says of them.
    pub verification: Verification,
}

/// How far the bytes of objects are compared with what the service says of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// With the checksums that come with an answer; over plain http also with those that have to be asked for, and small
    /// objects with the MD5 that their ETag may be.
    Automatic,
    /// With all that there is: checksums, which of an object read in ranges cost a request, and MD5s in ETags.
    Always,
    /// With nothing but the length.
    Off,
}

/// How a bucket is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// `https://endpoint/bucket/key`.
    Path,
    /// `https://bucket.endpoint/key`.
    VirtualHost,
}

/// Whether plain http beyond loopback is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// It is.
    Allowed,
    /// It is not.
    Refused,
}

/// Whether requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With the credentials that are found.
    Signed,
    /// Not at all, and no credentials are looked for.
    Anonymous,
}

/// What the engine may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Bytes that statements may hold in memory together.
    pub memory_limit: u64,
    /// Where they spill to; none for the system's folder for temporary files.
    pub spill_folder: Option<PathBuf>,
    /// Threads that decode and compute, at least 1.
    pub threads: usize,
}

impl Config {
    /// Finds, reads and validates the configuration. `parse_type` reads the SQL name of a column's
    /// type. Every error is of the kind that exits with 2 and names file, line and column.
    pub fn load(
        overrides: &Overrides,
        environment: &Environment,
        parse_type: &dyn Fn(&str) -> Result<ColumnType>,
    ) -> Result<Config> {
        let source = source::SourceText::find(overrides.file.as_deref(), environment)?;
        let mut config = match source {
            Some(source) => validate::validate(&source, environment, parse_type)?,
            None => Config::without_file(environment),
        };
        if let Some(landing) = &overrides.landing {
            config.landing = Some(Location::parse(landing, environment.working_folder())?);
        }
        config.cache = config.cache.and_then(|cache| cache.used(overrides.cache));
        Ok(config)
    }

    /// The configuration that `text` is as the file `path`, which need not exist. Errors are those of [`Config::load`].
    pub fn of_text(
        path: impl Into<PathBuf>,
        text: impl Into<String>,
        environment: &Environment,
        parse_type: &dyn Fn(&str) -> Result<ColumnType>,
    ) -> Result<Config> {
        validate::validate(&source::SourceText { path: path.into(), text: text.into() }, environment, parse_type)
    }

    /// The configuration of pinq where there is no file: no landing, no tables, all else by default.
    pub fn without_file(environment: &Environment) -> Config {
        Config {
            file: None,
            landing: None,
            tables: Vec::new(),
            views: ViewsConfig::default_below(environment.working_folder()),
            storage: StorageConfig::default(),
            cache: CacheConfig::default_in(environment),
            session: SessionConfig::default_on(environment),
            reports: Vec::new(),
        }
    }

    /// The declared table of that name.
    pub fn table(&self, name: &str) -> Option<&TableConfig> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl ViewsConfig {
    fn default_below(folder: &Path) -> ViewsConfig {
        ViewsConfig { path: folder.join("queries").join("views"), origin: ViewsOrigin::Default }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        StorageConfig {
            region: None,
            endpoint: None,
            profile: None,
            addressing: None,
            plain_http: None,
            signing: Signing::Signed,
            requests_in_flight: 256,
            range_bytes: 8 << 20,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retries: 10,
            verification: Verification::Automatic,
        }
    }
}

impl SessionConfig {
    /// 60 % of the memory, where it is known, and every processor.
    fn default_on(environment: &Environment) -> SessionConfig {
        SessionConfig {
            memory_limit: value::percent_of(validate::memory_of(environment), 60),
            spill_folder: None,
            threads: environment.processors().max(1),
        }
    }
}

#[cfg(test)]
mod tests;
