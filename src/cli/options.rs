//! The options that mean the same in every command.

use std::path::PathBuf;

use clap::Args;

use crate::config::{CacheUse, Config, Environment, Overrides};
use crate::destination::{Destination, Output};
use crate::engine::Engine;
use crate::error::Result;
use crate::output::{Format, Formulas, MaxRows};
use crate::sql;
use crate::ui::Ui;

/// Options of every command.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// The configuration file, instead of `pinq.toml` in this folder or one above it
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// The folder or `s3://BUCKET/PREFIX/` that holds the topics, instead of the configured one
    #[arg(long, global = true, value_name = "LOCATION")]
    pub landing: Option<String>,
    /// Write answers and errors only: no summary, no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// How answers are written: table, vertical, csv, tsv, json, ndjson, markdown, arrow or parquet
    ///
    /// By default a table, what the extension of `--output` says, or csv where it is a folder.
    #[arg(long, short, global = true, value_name = "FORMAT", value_parser = format_name)]
    pub format: Option<Format>,
    /// Where answers are written: a file, or a folder for one file each; on disk or `s3://`
    #[arg(long, short, global = true, value_name = "PATH")]
    pub output: Option<String>,
    /// Rows of an answer that a table shows: a number, or `all`
    #[arg(long, global = true, value_name = "ROWS", default_value = "40", value_parser = max_rows)]
    pub max_rows: MaxRows,
    /// Cells of csv and tsv that a spreadsheet would compute, such as `=1+1`: `keep` them, or `escape` them with `'`
    #[arg(long, global = true, value_name = "WHAT", default_value = "keep", value_parser = formulas)]
    pub csv_formulas: Formulas,
    /// Keep nothing from run to run, and use nothing that was kept
    #[arg(long, global = true)]
    pub no_cache: bool,
    /// List every object anew, so that deletions are noticed at once
    #[arg(long, global = true)]
    pub refresh: bool,
}

impl CommonArgs {
    /// Reads and validates the configuration.
    pub fn config(&self, environment: &Environment) -> Result<Config> {
        self.config_at(environment, None)
    }

    /// The same, with `landing` instead of the one that the options name.
    pub fn config_at(&self, environment: &Environment, landing: Option<&str>) -> Result<Config> {
        let cache = match (self.no_cache, self.refresh) {
            (true, _) => CacheUse::Off,
            (false, true) => CacheUse::Relisted,
            (false, false) => CacheUse::AsConfigured,
        };
        let overrides = Overrides {
            file: self.config.clone(),
            landing: landing.map(str::to_owned).or_else(|| self.landing.clone()),
            cache,
        };
        Config::load(&overrides, environment, &sql::parse_type)
    }

    /// Opens the engine over the configured landing.
    pub fn engine(&self, environment: &Environment) -> Result<Engine> {
        Engine::open(&self.config(environment)?, environment)
    }

    /// The option, if there is one, that says how answers are written, for what writes them as configured.
    pub fn way_of_writing(&self) -> Option<&'static str> {
        let is_escaping = self.csv_formulas != Formulas::default();
        let given =
            [(self.format.is_some(), "--format"), (self.output.is_some(), "--output"), (is_escaping, "--csv-formulas")];
        given.iter().find(|(is_given, _)| *is_given).map(|(_, option)| *option)
    }

    /// Where answers go, and as what. Bytes that no terminal can show are refused where one would get them.
    pub fn output(&self, ui: &Ui, environment: &Environment) -> Result<Output> {
        let destination = Destination::of(self.output.as_deref(), environment.working_folder())?;
        Output::new(ui, destination, self.format, self.max_rows, self.csv_formulas)
    }
}

fn format_name(text: &str) -> Result<Format, String> {
    text.parse().map_err(in_one_line)
}

fn max_rows(text: &str) -> Result<MaxRows, String> {
    text.parse().map_err(in_one_line)
}

fn formulas(text: &str) -> Result<Formulas, String> {
    text.parse().map_err(in_one_line)
}

/// clap shows an error of a value on one line.
fn in_one_line(error: crate::error::Error) -> String {
    match error.hints().first() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}
