//! `--chart`: the chart of an answer, below its table.
//!
//! Owns which chart is drawn (the option's, else the one in the statement's heading, else what fits) and how large.

use crate::chart::{self, Canvas, ChartData, ChartSpec, Paint};
use crate::destination::Output;
use crate::error::{Error, Result};
use crate::output::{Format, Sink};
use crate::sql::{self, SourceStatement, StatementKind};
use crate::ui::{Colour, Ui};

/// The size of a chart where no terminal says its own.
const WIDTH_OF_FILES: usize = 80;
const HEIGHT_OF_FILES: usize = 24;

/// What `--chart` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Charts {
    /// No `--chart`.
    #[default]
    Off,
    /// `--chart` alone.
    AsHeaded,
    /// `--chart=SPEC`.
    As(ChartSpec),
}

impl Charts {
    /// What the option's value says; an empty one is none.
    ///
    /// # Errors
    /// The value is no chart.
    pub fn of(option: Option<&str>) -> Result<Charts> {
        match option {
            None => Ok(Charts::Off),
            Some(text) if text.trim().is_empty() => Ok(Charts::AsHeaded),
            Some(text) => Ok(Charts::As(ChartSpec::parse(text)?)),
        }
    }

    /// Refuses charts where answers are for programs.
    pub fn check(&self, format: Format) -> Result<()> {
        if *self == Charts::Off || format == Format::Table {
            return Ok(());
        }
        Err(Error::usage(format!("a chart goes with a table, and the format is {format}"))
            .hint("leave out `--chart`, or use `--format table`"))
    }

    /// The chart of a statement's answer; `None` where none is wanted, and for plans.
    ///
    /// # Errors
    /// What the statement's comment says is no chart.
    pub fn spec(&self, statement: &SourceStatement) -> Result<Option<ChartSpec>> {
        if sql::kind(&statement.parsed) == StatementKind::Explain {
            return Ok(None);
        }
        match (self, statement.heading.other("chart")) {
            (Charts::Off, _) => Ok(None),
            (Charts::As(spec), _) => Ok(Some(spec.clone())),
            (Charts::AsHeaded, None) => Ok(Some(ChartSpec::default())),
            (Charts::AsHeaded, Some(text)) => {
                let wrong = |error: Error| error.within(format_args!("{}: `-- chart: {text}`", statement.place()));
                ChartSpec::parse(text).map(Some).map_err(wrong)
            }
        }
    }
}

/// Writes a chart as wide and high as where `output` goes, below the table that stands there.
pub fn write(ui: &Ui, output: &Output, mut sink: Sink, spec: &ChartSpec, data: &ChartData) -> Result<()> {
    let width = output.options.width;
    // The prompt of the shell has a line, too.
    let height = ui.options().height.filter(|_| width.is_some()).map(|height| height.saturating_sub(2).max(10));
    let canvas = Canvas {
        width: width.unwrap_or(WIDTH_OF_FILES),
        height: height.unwrap_or(HEIGHT_OF_FILES),
        paint: paint(ui, width),
    };
    let lines = chart::draw(spec, data, canvas)?;
    if !lines.is_empty() {
        writeln!(sink)?;
    }
    for line in lines {
        writeln!(sink, "{line}")?;
    }
    Ok(sink.flush()?)
}

/// Colours where standard output is a terminal of a width, and colours are wanted.
pub fn paint(ui: &Ui, width: Option<usize>) -> Paint {
    match (ui.options().colour, width) {
        (Colour::Always, Some(_)) => Paint::Ansi,
        _ => Paint::Plain,
    }
}
