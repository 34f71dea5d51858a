//! `pinq doctor`: the way from the configuration to the first record, step by step.
//!
//! Owns where the steps are shown. What they try and say is `doctor`'s.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::listing::{Listing, ReportColumn};
use super::options::CommonArgs;
use crate::config::{Config, Environment};
use crate::destination::Output;
use crate::doctor::{self, Diagnosis, Status, Step};
use crate::error::{Error, Kind, Result};
use crate::output::{ChecklistItem, Format, Mark, Sink, checklist_lines};
use crate::store::{Policy, Stores};
use crate::ui::{Colour, Ui};

/// Walk the way from the configuration to the first record, and say what is wrong with it
///
/// Each step is ok, a warning, failed, or skipped because one before it failed: configuration, credentials, endpoint,
/// clock, region, list, landing, read, sample, offsets, sizes, cache, memory, views, questions. A step that failed says
/// what to do, and what is denied has the smallest IAM policy that would allow it. At most 100,000 keys are listed and a
/// sample of the objects is read, so that it takes seconds. Nothing is written or kept. The exit code is 1 if a step
/// failed.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The folder or `s3://BUCKET/PREFIX/` that holds the topics, instead of the configured one
    #[arg(value_name = "LOCATION")]
    location: Option<String>,
}

/// Walks the way.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &DoctorArgs) -> Result<()> {
    let output = common.output(ui, environment)?;
    if arguments.location.is_some() && common.landing.is_some() {
        return Err(Error::usage("the location is given twice").hint("leave out `--landing`"));
    }
    let configured = common.config_at(environment, arguments.location.as_deref());
    let stores = match &configured {
        Ok(config) => Stores::new(&config.storage, environment),
        Err(_) => Stores::new(&Config::without_file(environment).storage, environment),
    };
    let diagnosis = match output.format {
        Format::Table => show(ui, &output, &stores, configured, environment).await?,
        format => {
            let diagnosis = doctor::examine(configured, environment, &mut |_| Ok(())).await?;
            match format {
                Format::Json => write(ui, &output, &stores, &[&diagnosis]).await?,
                Format::Ndjson => write(ui, &output, &stores, &diagnosis.steps).await?,
                _ => Listing::new(ui, common, environment)?.write(&stores, "doctor", columns(&diagnosis)).await?,
            }
            diagnosis
        }
    };
    match diagnosis.count(Status::Failed) {
        0 => Ok(()),
        _ => Err(Error::new(Kind::Answered, diagnosis.summary())),
    }
}

/// Shows each step as it is done, and counts them at the end.
async fn show(
    ui: &Ui,
    output: &Output,
    stores: &Stores,
    configured: Result<Config>,
    environment: &Environment,
) -> Result<Diagnosis> {
    let draft = output.draft("doctor")?;
    let width = output.options.width;
    let colour = if width.is_some() { ui.options().colour } else { Colour::Never };
    let mut screen = Screen { sink: draft.sink(ui)?, width, colour, skipped: Vec::new(), why: String::new() };
    let diagnosis = doctor::examine(configured, environment, &mut |step| screen.show(step)).await?;
    screen.show_skipped()?;
    writeln!(screen.sink, "\n{}", diagnosis.summary())?;
    screen.sink.flush()?;
    drop(screen);
    draft.commit(stores).await?;
    Ok(diagnosis)
}

/// Where steps are shown.
struct Screen {
    sink: Sink,
    width: Option<usize>,
    colour: Colour,
    /// Steps that were skipped one after another for the same reason: they take one line.
    skipped: Vec<&'static str>,
    why: String,
}

impl Screen {
    fn show(&mut self, step: &Step) -> Result<()> {
        if step.status == Status::Skipped {
            if step.what != self.why {
                self.show_skipped()?;
                self.why.clone_from(&step.what);
            }
            self.skipped.push(step.id);
            return Ok(());
        }
        self.show_skipped()?;
        self.write(&item(step))
    }

    fn show_skipped(&mut self) -> Result<()> {
        let skipped = std::mem::take(&mut self.skipped);
        let Some((first, others)) = skipped.split_first() else { return Ok(()) };
        let others: Vec<String> = others.iter().map(|id| format!("`{id}`")).collect();
        let why = std::mem::take(&mut self.why);
        let text = match others.is_empty() {
            true => why,
            false => format!("and {}: {why}", others.join(", ")),
        };
        let (mark, word) = (Mark::Left, Status::Skipped.name());
        self.write(&ChecklistItem { mark, word, title: first, text: &text, details: &[], hints: &[], block: None })
    }

    fn write(&mut self, item: &ChecklistItem<'_>) -> Result<()> {
        for line in checklist_lines(item, self.width, self.colour == Colour::Always) {
            writeln!(self.sink, "{line}")?;
        }
        Ok(self.sink.flush()?)
    }
}

fn item(step: &Step) -> ChecklistItem<'_> {
    ChecklistItem {
        mark: match step.status {
            Status::Ok => Mark::Good,
            Status::Warning => Mark::Doubtful,
            Status::Failed => Mark::Bad,
            Status::Skipped => Mark::Left,
        },
        word: step.status.name(),
        title: step.id,
        text: &step.what,
        details: &step.details,
        hints: &step.hints,
        // It is there to be copied, so its lines are its own.
        block: step.policy.as_ref().map(Policy::pretty),
    }
}

/// Writes documents, one a line where there are several.
async fn write<T: Serialize>(ui: &Ui, output: &Output, stores: &Stores, documents: &[T]) -> Result<()> {
    let failed = |error: serde_json::Error| Error::from(std::io::Error::from(error));
    let draft = output.draft("doctor")?;
    let mut sink = draft.sink(ui)?;
    for document in documents {
        match output.format {
            Format::Json => serde_json::to_writer_pretty(&mut sink, document).map_err(failed)?,
            _ => serde_json::to_writer(&mut sink, document).map_err(failed)?,
        }
        writeln!(sink)?;
    }
    sink.flush()?;
    drop(sink);
    draft.commit(stores).await
}

/// A row for each step.
fn columns(diagnosis: &Diagnosis) -> Vec<ReportColumn> {
    let text = |value: fn(&Step) -> String| {
        diagnosis.steps.iter().map(|step| Some(value(step)).filter(|text| !text.is_empty())).collect()
    };
    vec![
        ReportColumn::Text("id", text(|step| step.id.to_owned())),
        ReportColumn::Text("status", text(|step| step.status.name().to_owned())),
        ReportColumn::Text("what", text(|step| step.what.clone())),
        ReportColumn::Text("details", text(|step| step.details.join("; "))),
        ReportColumn::Text("hints", text(|step| step.hints.join("; "))),
        ReportColumn::Text("policy", text(|step| step.policy.as_ref().map(ToString::to_string).unwrap_or_default())),
    ]
}
