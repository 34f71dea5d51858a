//! Do the views and the questions plan, over the sample of the landing.

use std::path::PathBuf;

use super::sample::told;
use super::sampling::Sample;
use super::step::{Name, Status, Step};
use crate::config::{Config, ReportConfig};
use crate::engine::Planning;
use crate::error::{Error, Result};
use crate::questions::{self, QuestionFile};
use crate::sql::{self, Parameters};
use crate::{shipped, ui::human};

/// Failures that are told, and names of what fails alike.
const TOLD: usize = 10;
const NAMED: usize = 2;

/// What came of planning several.
#[derive(Default)]
struct Planned {
    planned: u64,
    waiting: Vec<String>,
    failed: Vec<(String, Error)>,
}

/// Plans every view whose tables have landed.
pub(super) async fn views(sample: &Sample) -> Step {
    let (mut outcome, mut without) = (Planned::default(), Vec::new());
    for view in sample.engine.view_places() {
        if !view.has_tables {
            // Those that are built in are for landings that have their tables.
            if !view.origin.starts_with("built-in ") {
                without.push(format!("`{}`", view.name));
            }
            continue;
        }
        let text = format!("SELECT * FROM \"{}\"", view.name.replace('"', "\"\""));
        outcome.plan(sample, &view.name, &text, &view.origin, &Parameters::new()).await;
    }
    let is_none = without.is_empty() && outcome.count() == 0;
    let mut step = match is_none {
        true => Step::ok(Name::Views, "there are none for these tables: ask `raw.NAME`"),
        false => outcome.step(Name::Views, "view", "views", ""),
    };
    if !without.is_empty() {
        step.worsen(Status::Warning);
        step.detail(format!(
            "{} can't be planned: the landing has no objects of a table that it names",
            without.join(", ")
        ));
    }
    step
}

/// Plans the questions: of the reports, of the project's folder, or those that are built in.
pub(super) async fn questions(sample: &Sample, config: &Config) -> Step {
    let mut outcome = Planned::default();
    let mut from = Vec::new();
    for report in &config.reports {
        from.push(format!("the report `{}`", report.name));
        let parameters = parameters(report);
        match files(config, &report.questions) {
            Ok(files) => outcome.plan_files(sample, &files, &parameters).await,
            Err(error) => outcome.failed.push((format!("the report `{}`", report.name), error)),
        }
    }
    let folder = config.views.path.parent().filter(|folder| folder.is_dir());
    let own = folder.and_then(|folder| files(config, &[folder.to_owned()]).ok());
    if config.reports.is_empty() {
        match (own, folder) {
            (Some(files), Some(folder)) => {
                from.push(format!("`{}`", folder.display()));
                outcome.plan_files(sample, &files, &Parameters::new()).await;
            }
            _ if has_pipeline(sample) => {
                let shipped = shipped::QUESTIONS.iter().map(|file| QuestionFile {
                    name: file.name.to_owned(),
                    origin: format!("built-in {}.sql", file.name),
                    text: file.text.to_owned(),
                });
                outcome.plan_files(sample, &shipped.collect::<Vec<_>>(), &Parameters::new()).await;
            }
            _ => return Step::ok(Name::Questions, "there are none: no reports, and no folder `queries`"),
        }
    }
    let whose = match from.is_empty() {
        true => " that are built in".to_owned(),
        false => format!(" of {}", from.join(" and ")),
    };
    outcome.step(Name::Questions, "question", "questions", &whose)
}

/// Whether the landing has the three topics that the questions are about.
fn has_pipeline(sample: &Sample) -> bool {
    shipped::TABLES
        .iter()
        .all(|table| sample.tables.iter().any(|sampled| sampled.name == table.name && sampled.objects > 0))
}

fn files(config: &Config, patterns: &[PathBuf]) -> Result<Vec<QuestionFile>> {
    let folder = config.file.as_deref().and_then(|file| file.parent()).unwrap_or(std::path::Path::new("/"));
    questions::read_patterns(patterns, folder)
}

fn parameters(report: &ReportConfig) -> Parameters {
    report.params.iter().map(|(name, text)| (name.clone(), sql::parse_value(text))).collect()
}

impl Planned {
    async fn plan_files(&mut self, sample: &Sample, files: &[QuestionFile], parameters: &Parameters) {
        for file in files {
            self.plan(sample, &file.name, &file.text, &file.origin, parameters).await;
        }
    }

    /// Plans the statements of a text, up to one that changes what later ones see.
    async fn plan(&mut self, sample: &Sample, name: &str, text: &str, origin: &str, parameters: &Parameters) {
        let statements = match sql::split(text, origin) {
            Ok(statements) => statements,
            Err(error) => return self.failed.push((format!("`{name}`"), error)),
        };
        let mut waits = false;
        for statement in &statements {
            match sample.engine.plans(statement, &statements, parameters).await {
                Ok(Planning::Planned) => {}
                Ok(Planning::NeedsParameters) => waits = true,
                Ok(Planning::NotTried) => break,
                Err(error) => return self.failed.push((format!("`{name}`"), told(sample, &error))),
            }
        }
        match waits {
            true => self.waiting.push(format!("`{name}`")),
            false => self.planned += 1,
        }
    }

    fn count(&self) -> u64 {
        self.planned.saturating_add((self.waiting.len() + self.failed.len()) as u64)
    }

    /// What came of it; `whose` stands behind their number.
    fn step(self, name: Name, one: &str, many: &str, whose: &str) -> Step {
        let mut step = Step::ok(name, format!("{}{whose} can be planned", human::counted(self.planned, one, many)));
        if !self.waiting.is_empty() {
            step.detail(format!("not tried, for want of values for parameters: {}", self.waiting.join(", ")));
        }
        if !self.failed.is_empty() {
            step.what.push_str(&format!(", {} can not", human::count(self.failed.len() as u64)));
        }
        // Many fail by one view, which is told once.
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for (failed, error) in &self.failed {
            // The excerpt with its carets needs lines of its own, which a step has not.
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            match reasons.iter_mut().find(|(told, _)| *told == reason) {
                Some((_, names)) => names.push(failed.clone()),
                None => reasons.push((reason, vec![failed.clone()])),
            }
            for hint in error.hints() {
                step.hint(hint.clone());
            }
        }
        for (reason, names) in reasons.iter().take(TOLD) {
            step.worsen(Status::Failed);
            let more = names.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let names = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            step.detail(format!("{names}{more}: {reason}"));
        }
        if reasons.len() > TOLD {
            step.detail(format!("and {} more", reasons.len() - TOLD));
        }
        step
    }
}
