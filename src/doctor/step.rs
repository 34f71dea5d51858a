//! A step, what became of it, and the walk that they make together.
//!
//! Owns the names of the steps, which programs rely on, and the JSON document. It must not know what a step tries.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::{Error, Result};
use crate::store::Policy;

/// A step of the walk. Its name is stable: programs read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Configuration,
    Credentials,
    Endpoint,
    Clock,
    Region,
    List,
    Landing,
    Read,
    Sample,
    Offsets,
    Sizes,
    Cache,
    Memory,
    Views,
    Questions,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and something is worth a look.
    Warning,
    /// It does not work.
    Failed,
    /// It was not tried, because a step before it failed.
    Skipped,
}

/// One step of the walk.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What programs know it by.
    pub id: &'static str,
    /// What became of it.
    pub status: Status,
    /// What was tried and what came of it, a fragment.
    pub what: String,
    /// More of it, a fragment each.
    pub details: Vec<String>,
    /// What to do, an imperative fragment each.
    pub hints: Vec<String>,
    /// The IAM policy that a hint speaks of.
    pub policy: Option<Policy>,
    name: Name,
}

/// All steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// Where the walk led.
    pub location: Option<String>,
    /// In the order in which they were tried.
    pub steps: Vec<Step>,
}

/// A walk under way.
pub(super) struct Walk<'a> {
    steps: Vec<Step>,
    tell: &'a mut (dyn FnMut(&Step) -> Result<()> + Send),
}

impl Name {
    /// What needs the landing on disk.
    pub(super) const OF_LANDING: [Name; 6] =
        [Name::List, Name::Landing, Name::Read, Name::Sample, Name::Offsets, Name::Sizes];
    /// What comes after the listing.
    pub(super) const FROM_READ: [Name; 5] = [Name::Landing, Name::Read, Name::Sample, Name::Offsets, Name::Sizes];
    /// Every step after the configuration, of a landing on disk.
    pub(super) const ON_DISK: [Name; 10] = [
        Name::List,
        Name::Landing,
        Name::Read,
        Name::Sample,
        Name::Offsets,
        Name::Sizes,
        Name::Cache,
        Name::Memory,
        Name::Views,
        Name::Questions,
    ];

    fn id(self) -> &'static str {
        match self {
            Name::Configuration => "configuration",
            Name::Credentials => "credentials",
            Name::Endpoint => "endpoint",
            Name::Clock => "clock",
            Name::Region => "region",
            Name::List => "list",
            Name::Landing => "landing",
            Name::Read => "read",
            Name::Sample => "sample",
            Name::Offsets => "offsets",
            Name::Sizes => "sizes",
            Name::Cache => "cache",
            Name::Memory => "memory",
            Name::Views => "views",
            Name::Questions => "questions",
        }
    }
}

impl Status {
    /// What programs and people read.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
        }
    }
}

impl Step {
    pub(super) fn new(name: Name, status: Status, what: impl Into<String>) -> Step {
        let (details, hints) = (Vec::new(), Vec::new());
        Step { id: name.id(), status, what: what.into(), details, hints, policy: None, name }
    }

    pub(super) fn ok(name: Name, what: impl Into<String>) -> Step {
        Step::new(name, Status::Ok, what)
    }

    /// What an error says, without an excerpt that needs lines of its own. A policy in its hints is left to
    /// [`Step::allowing`].
    pub(super) fn failed(name: Name, error: &Error) -> Step {
        let mut step = Step::new(name, Status::Failed, error.message().lines().next().unwrap_or_default());
        step.blame(error);
        step
    }

    /// Adds the causes and hints of an error.
    pub(super) fn blame(&mut self, error: &Error) {
        self.details.extend(causes(error));
        for hint in error.hints().iter().filter(|hint| !Policy::is_hint(hint)) {
            self.hint(hint.clone());
        }
    }

    /// With the policy, if the error was that something is denied.
    pub(super) fn allowing(mut self, error: &Error, policy: Policy) -> Step {
        if error.hints().iter().any(|hint| Policy::is_hint(hint)) {
            self.hints.insert(0, format!("{}, by this policy or a wider one", policy.allowance()));
            self.policy = Some(policy);
        }
        self
    }

    pub(super) fn detail(&mut self, detail: impl Into<String>) {
        self.details.push(detail.into());
    }

    /// Adds a hint, unless it is there.
    pub(super) fn hint(&mut self, hint: impl Into<String>) {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// At least this bad.
    pub(super) fn worsen(&mut self, status: Status) {
        if self.status == Status::Ok || status == Status::Failed {
            self.status = status;
        }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(tell: &'a mut (dyn FnMut(&Step) -> Result<()> + Send)) -> Walk<'a> {
        Walk { steps: Vec::new(), tell }
    }

    /// Takes a step that was tried; what became of it.
    pub(super) fn add(&mut self, step: Step) -> Result<Status> {
        (self.tell)(&step)?;
        let status = step.status;
        self.steps.push(step);
        Ok(status)
    }

    pub(super) fn skip(&mut self, name: Name, cause: Name) -> Result<()> {
        let what = format!("not tried, because `{}` failed", cause.id());
        self.add(Step::new(name, Status::Skipped, what)).map(drop)
    }

    pub(super) fn skip_all(&mut self, names: &[Name], cause: Name) -> Result<()> {
        names.iter().try_for_each(|name| self.skip(*name, cause))
    }

    pub(super) fn has_failed(&self, name: Name) -> bool {
        self.steps.iter().any(|step| step.name == name && step.status == Status::Failed)
    }

    /// The first step that failed.
    pub(super) fn first_failed(&self) -> Option<Name> {
        self.steps.iter().find(|step| step.status == Status::Failed).map(|step| step.name)
    }

    pub(super) fn end(self, location: Option<String>) -> Diagnosis {
        Diagnosis { location, steps: self.steps }
    }
}

impl Diagnosis {
    /// How many steps became that.
    pub fn count(&self, status: Status) -> usize {
        self.steps.iter().filter(|step| step.status == status).count()
    }

    /// `2 failed, 1 warning, 9 ok, 3 skipped`; what did not occur is left out.
    pub fn summary(&self) -> String {
        let counted = |status: Status, many: &str| match self.count(status) {
            0 => None,
            1 => Some(format!("1 {}", status.name())),
            count => Some(format!("{count} {many}")),
        };
        let parts = [
            counted(Status::Failed, "failed"),
            counted(Status::Warning, "warnings"),
            counted(Status::Ok, "ok"),
            counted(Status::Skipped, "skipped"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The document: its keys stay what they are, further ones may come.
impl Serialize for Diagnosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Diagnosis", 7)?;
        document.serialize_field("pinq", env!("CARGO_PKG_VERSION"))?;
        document.serialize_field("location", &self.location)?;
        document.serialize_field("failed", &self.count(Status::Failed))?;
        document.serialize_field("warnings", &self.count(Status::Warning))?;
        document.serialize_field("ok", &self.count(Status::Ok))?;
        document.serialize_field("skipped", &self.count(Status::Skipped))?;
        document.serialize_field("steps", &self.steps)?;
        document.end()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Step", 6)?;
        document.serialize_field("id", self.id)?;
        document.serialize_field("status", self.status.name())?;
        document.serialize_field("what", &self.what)?;
        document.serialize_field("details", &self.details)?;
        document.serialize_field("hints", &self.hints)?;
        document.serialize_field("policy", &self.policy)?;
        document.end()
    }
}

/// The causes of an error as details, each thing once.
fn causes(error: &Error) -> Vec<String> {
    let mut said = error.message().to_owned();
    let mut details = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !text.is_empty() && !said.contains(&text) {
            details.push(format!("caused by: {text}"));
            said = text;
        }
        cause = inner.source();
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Action;

    #[test]
    fn a_denial_has_its_policy_as_a_document_and_not_in_a_hint() {
        let narrow = Policy::new(Action::Read, "eu-west-1", "b", "topics/a/");
        let wide = Policy::new(Action::Read, "eu-west-1", "b", "topics/");
        let error = Error::statement("denied").hint(narrow.hint()).hint("other credentials");
        let step = Step::failed(Name::Read, &error).allowing(&error, wide.clone());
        assert_eq!(step.hints.len(), 2, "{:?}", step.hints);
        assert!(step.hints[0].contains("arn:aws:s3:::b/topics/*"), "{:?}", step.hints);
        assert_eq!(step.policy, Some(wide.clone()));
        let other = Error::statement("gone");
        assert_eq!(Step::failed(Name::Read, &other).allowing(&other, wide).policy, None);
    }

    #[test]
    fn the_summary_counts_what_occurred() {
        let mut seen = Vec::new();
        let mut tell = |step: &Step| {
            seen.push(step.id);
            Ok(())
        };
        let mut walk = Walk::new(&mut tell);
        walk.add(Step::ok(Name::Configuration, "read")).unwrap();
        walk.add(Step::failed(Name::List, &Error::statement("x").because("y"))).unwrap();
        walk.skip_all(&[Name::Read, Name::Sample], Name::List).unwrap();
        assert_eq!(walk.first_failed(), Some(Name::List));
        let diagnosis = walk.end(None);
        assert_eq!(diagnosis.summary(), "1 failed, 1 ok, 2 skipped");
        let document = serde_json::to_value(&diagnosis).unwrap();
        assert_eq!(document["steps"][1]["details"][0], "caused by: y");
        assert_eq!(document["steps"][2]["what"], "not tried, because `list` failed");
        assert_eq!(seen, ["configuration", "list", "read", "sample"]);
    }

    #[test]
    fn a_step_gets_worse_and_never_better() {
        let mut step = Step::ok(Name::Sample, "");
        step.worsen(Status::Warning);
        step.worsen(Status::Failed);
        step.worsen(Status::Warning);
        assert_eq!(step.status, Status::Failed);
    }
}
