//! The log of what runs by itself: lines for a person on a terminal, JSON lines for anybody else.
//!
//! Owns the subscriber, what of it is shown and how a line looks. Only the scheduler keeps a log; every other command
//! speaks through [`super::Ui`]. Of the libraries nothing but warnings is told.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::{Colour, ErrorStream, Loudness, Ui, UiOptions};
use crate::error::{Error, Result};
use crate::printable;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for a person.
    Text(Colour),
    /// An object of JSON a line.
    Json,
}

impl LogFormat {
    /// Text on a terminal, else JSON.
    pub fn of(stderr: ErrorStream, colour: Colour) -> LogFormat {
        match stderr {
            ErrorStream::Terminal => LogFormat::Text(colour),
            ErrorStream::Redirected => LogFormat::Json,
        }
    }
}

/// Begins the log of this process, on standard error.
///
/// # Errors
/// It has one already.
pub fn begin(format: LogFormat, loudness: Loudness) -> Result<()> {
    tracing::subscriber::set_global_default(subscriber(format, loudness, io::stderr))
        .map_err(|error| Error::bug("the log could not be begun").because(error))
}

/// An entry about no report.
pub fn tell(message: &str) {
    tracing::info!("{message}");
}

/// An entry about a failure that is about no report.
pub fn tell_error(message: &str, error: &Error) {
    let error = error.render();
    let error = error.strip_prefix("error: ").unwrap_or(&error);
    tracing::error!(error, "{message}");
}

/// A [`Ui`] whose messages become entries of the log about that run; nothing is drawn.
pub fn ui_of_run(report: &str, run: &str) -> Ui {
    let entries = Entries { report: report.to_owned(), run: run.to_owned(), text: Vec::new() };
    Ui::with_stderr(UiOptions { loudness: Loudness::Quiet, ..UiOptions::default() }, Box::new(entries))
}

/// What is written up to a flush is one entry.
struct Entries {
    report: String,
    run: String,
    text: Vec<u8>,
}

impl Write for Entries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        let text = String::from_utf8_lossy(&text);
        let (report, run, text) = (&self.report, &self.run, text.trim_end());
        if let Some(message) = text.strip_prefix("warning: ") {
            tracing::warn!(report, run, "{message}");
        } else if let Some(message) = text.strip_prefix("error: ") {
            tracing::error!(report, run, "{message}");
        } else if !text.is_empty() {
            tracing::info!(report, run, "{text}");
        }
        Ok(())
    }
}

fn subscriber<W>(format: LogFormat, loudness: Loudness, to: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let ours = if loudness == Loudness::Quiet { LevelFilter::WARN } else { LevelFilter::INFO };
    // Crates whose names begin with these tell of every request at lower levels.
    let shown = Targets::new().with_target("pinq", ours).with_default(LevelFilter::WARN);
    let layer = tracing_subscriber::fmt::layer().with_writer(to);
    let layer = match format {
        LogFormat::Text(colour) => layer.event_format(Lines(colour)).with_filter(shown).boxed(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true).with_current_span(false).with_span_list(false);
            layer.with_filter(shown).boxed()
        }
    };
    Registry::default().with(layer)
}

/// `2026-11-23T06:00:00Z  INFO daily 2026-11-23T06-00-00Z: the run begins, try=1`
struct Lines(Colour);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        SystemTime.format_time(&mut to)?;
        let level = *event.metadata().level();
        let code = match level {
            Level::ERROR => "1;31",
            Level::WARN => "1;33",
            Level::INFO => "32",
            Level::DEBUG | Level::TRACE => "2",
        };
        match self.0 {
            Colour::Always => write!(to, " \u{1b}[{code}m{level:>5}\u{1b}[0m")?,
            Colour::Never => write!(to, " {level:>5}")?,
        }
        for name in [&fields.report, &fields.run].into_iter().flatten() {
            write!(to, " {}", printable::one_line(name))?;
        }
        write!(to, ": {}", printable::lines(&fields.message))?;
        // What others say is told apart from what pinq says.
        if !event.metadata().target().starts_with("pinq") {
            write!(to, " ({})", event.metadata().target())?;
        }
        writeln!(to, "{}", printable::lines(&fields.others))
    }
}

#[derive(Default)]
struct Fields {
    report: Option<String>,
    run: Option<String>,
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "report" => self.report = Some(value.to_owned()),
            "run" => self.run = Some(value.to_owned()),
            name => self.push(name, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Fields {
    fn push(&mut self, name: &str, value: &str) {
        // Writing to a text can't fail.
        let _always_ok = write!(self.others, ", {name}={value}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What a log with these options says of `work`.
    fn logged(format: LogFormat, loudness: Loudness, work: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Sink(Arc<Mutex<Vec<u8>>>);
        impl Write for Sink {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let sink = Sink::default();
        let to = sink.clone();
        tracing::subscriber::with_default(subscriber(format, loudness, move || to.clone()), work);
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn some() {
        tracing::info!(report = "daily", run = "2024", r#try = 1, "the run begins");
        tracing::debug!("nobody wants to know");
        tracing::info!(target: "hyper::proto", "a request");
        tracing::warn!(target: "object_store", "slow down");
        let ui = ui_of_run("daily", "2024");
        ui.status("not said: it is quiet");
        ui.warning("3 records were skipped\n  the first of them \u{1b}[2J in `a.json`");
    }

    #[test]
    fn text_is_for_a_person() {
        let text = logged(LogFormat::Text(Colour::Never), Loudness::Normal, some);
        let lines: Vec<&str> = text.lines().map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest)).collect();
        let expected = [
            " INFO daily 2024: the run begins, try=1",
            " WARN: slow down (object_store)",
            " WARN daily 2024: 3 records were skipped",
            "  the first of them \\u{1b}[2J in `a.json`",
        ];
        assert_eq!(lines, expected);
        let coloured = logged(LogFormat::Text(Colour::Always), Loudness::Normal, some);
        assert!(coloured.contains("\u{1b}[32m INFO\u{1b}[0m daily"), "{coloured}");
    }

    #[test]
    fn json_is_an_object_a_line_with_report_and_run_as_keys() {
        let text = logged(LogFormat::Json, Loudness::Normal, some);
        let entries: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0]["level"], "INFO");
        assert_eq!(entries[0]["report"], "daily");
        assert_eq!(entries[0]["run"], "2024");
        assert_eq!(entries[0]["message"], "the run begins");
        assert!(entries[0]["timestamp"].as_str().unwrap().ends_with('Z'));
        assert_eq!(entries[2]["level"], "WARN");
        assert_eq!(logged(LogFormat::Json, Loudness::Quiet, some).lines().count(), 2, "warnings are told");
    }
}
