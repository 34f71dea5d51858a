//! `pinq run`: questions from files.

use clap::Args;

use super::charts::Charts;
use super::inputs::{self, Input};
use super::options::CommonArgs;
use super::statements::{OnFailure, Running};
use crate::config::Environment;
use crate::engine::Permissions;
use crate::error::{Error, Result};
use crate::shipped;
use crate::sql::{self, Parameters};
use crate::ui::Ui;

/// Run questions from SQL files
///
/// All statements see the same objects: each prefix is listed once.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// SQL files, folders of them, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "questions")]
    files: Vec<String>,
    /// Run the questions that are built in
    #[arg(long)]
    questions: bool,
    #[command(flatten)]
    statements: StatementArgs,
}

/// Options of commands that run statements.
#[derive(Debug, Default, Args)]
pub struct StatementArgs {
    /// The value of `$NAME` in the statements: `2020`, `1.5`, `true`, `null`, or text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Run the statements after one that failed, too; the exit code still is 1
    #[arg(long)]
    keep_going: bool,
    /// Let statements read LOCATION and what is below it: a file, a folder, `s3://BUCKET/PREFIX/`
    #[arg(long, value_name = "LOCATION")]
    allow_read: Vec<String>,
    /// Let statements write LOCATION and what is below it: COPY TO, INSERT
    #[arg(long, value_name = "LOCATION")]
    allow_write: Vec<String>,
    /// Draw a chart below each table, as SPEC or the statement's `-- chart:` comment says
    ///
    /// SPEC is `bar`, `line`, `hist`, `auto` or `none`, then columns, each of which may be left out:
    /// `bar x=country y=category_count color=category`. Without either, what fits the columns' types.
    #[arg(long, value_name = "SPEC", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    chart: Option<String>,
}

impl StatementArgs {
    /// The values of parameters, and what statements may reach beside the landing.
    pub fn session(&self, environment: &Environment) -> Result<(Parameters, Permissions)> {
        let mut parameters = Parameters::new();
        for text in &self.parameters {
            let (name, value) = sql::parse_parameter(text)?;
            if parameters.insert(name.clone(), value).is_some() {
                return Err(Error::usage(format!("the parameter `{name}` is given twice")));
            }
        }
        Ok((parameters, Permissions::new(&self.allow_read, &self.allow_write, environment.working_folder())?))
    }

    /// The arguments as a way of running statements.
    pub fn running<'a>(&self, ui: &'a Ui, common: &'a CommonArgs, environment: &'a Environment) -> Result<Running<'a>> {
        let (parameters, permissions) = self.session(environment)?;
        Ok(Running {
            ui,
            common,
            environment,
            parameters,
            permissions,
            charts: Charts::of(self.chart.as_deref())?,
            on_failure: if self.keep_going { OnFailure::KeepGoing } else { OnFailure::Stop },
        })
    }
}

/// Runs the statements that standard input holds.
pub async fn run_standard_input(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    statements: &StatementArgs,
) -> Result<()> {
    let running = statements.running(ui, common, environment)?;
    running.run(inputs::read(&["-".to_owned()], environment).await?).await
}

/// Runs the questions.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &RunArgs) -> Result<()> {
    let running = arguments.statements.running(ui, common, environment)?;
    let mut inputs = Vec::new();
    if arguments.questions {
        let shipped =
            |file: &shipped::ShippedFile| Input::of_text(file.name, file.text, &format!("built-in {}.sql", file.name));
        inputs.extend(shipped::QUESTIONS.iter().map(shipped));
    }
    inputs.extend(inputs::read(&arguments.files, environment).await?);
    running.run(inputs).await
}
