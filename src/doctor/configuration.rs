//! The configuration: which file, and what it says of the landing.

use super::step::{Name, Status, Step};
use crate::config::{Config, Environment, FILE_NAME, ViewsOrigin};
use crate::location::Location;
use crate::ui::human;

/// What was read; its errors are the caller's, who read it.
pub(super) fn step(config: &Config, environment: &Environment, location: Option<&Location>) -> Step {
    let mut step = match &config.file {
        Some(file) => Step::ok(Name::Configuration, format!("`{}` is valid", file.display())),
        None => Step::ok(
            Name::Configuration,
            format!(
                "no `{FILE_NAME}` in `{}` or above it, so everything is at its default",
                environment.working_folder().display()
            ),
        ),
    };
    match (&config.landing, location) {
        (Some(landing), _) => step.detail(format!("the landing is `{landing}`")),
        (None, Some(location)) => step.detail(format!("no landing; the first table's location is `{location}`")),
        (None, None) => {
            step.worsen(Status::Failed);
            step.what.push_str(", and no landing is configured");
            step.hint("name it: `pinq doctor LOCATION`, the folder or `s3://BUCKET/PREFIX/` that holds the topics");
            step.hint("or write a `pinq.toml` for it: `pinq init LOCATION`");
        }
    }
    let declared = config.tables.len() as u64;
    if declared > 0 {
        step.detail(format!("{} declared", human::counted(declared, "table is", "tables are")));
    }
    if config.views.origin == ViewsOrigin::Declared {
        step.detail(format!("the views are in `{}`", config.views.path.display()));
    }
    step
}
