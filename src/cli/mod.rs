//! The command line: what can be typed, and which command it runs.
//!
//! Owns clap, and nothing else may name it. A command is a file: its arguments, whose doc comments are
//! the help, and `run`.

mod cache;
mod charts;
mod check;
mod completions;
mod doctor;
mod findings;
mod init;
mod inputs;
mod listing;
mod options;
mod profile;
mod repl;
mod reports;
mod run;
mod schema;
mod signals;
mod sql;
mod statements;
mod tables;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::{Parser, Subcommand};

use crate::config::Environment;
use crate::error::{Error, Kind, Result};
use crate::ui::{Colour, ErrorStream, Loudness, Ui, UiOptions};
use options::CommonArgs;
pub use signals::Signals;

/// Answers analytics questions over JSON that Kafka Connect lands on S3
///
/// pinq reads the objects of a landing, `<topic>/partition=<n>/...`, and runs SQL over them: the
/// records of each topic are the table `raw.<last part of the topic>`, cleaned by the view of that
/// name.
///
/// Without a command it opens a prompt; where standard input is no terminal, it runs the statements
/// that stand there.
#[derive(Debug, Parser)]
#[command(name = "pinq", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Sql(sql::SqlArgs),
    Repl(repl::ReplArgs),
    Tables(tables::TablesArgs),
    Schema(schema::SchemaArgs),
    Profile(profile::ProfileArgs),
    Check(check::CheckArgs),
    Doctor(doctor::DoctorArgs),
    Report(reports::ReportArgs),
    Cache(cache::CacheArgs),
    Init(init::InitArgs),
    Completions(completions::CompletionsArgs),
}

/// Parses `arguments` and runs the command that they name. Errors are shown here; what is left for the
/// caller is the exit code.
pub async fn run(arguments: Vec<OsString>, environment: Environment, signals: &Signals) -> u8 {
    let terminal = if std::io::stderr().is_terminal() { ErrorStream::Terminal } else { ErrorStream::Redirected };
    let colour = Colour::decide(terminal, environment.get("NO_COLOR"), environment.get("TERM"));
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        // clap's own errors, its help and its version: the first are for stderr and exit with 2.
        Err(error) => {
            let printed = error.print();
            return match (error.use_stderr(), printed) {
                (true, _) => Kind::Usage.exit_code(),
                (false, Ok(())) => 0,
                (false, Err(error)) => Error::from(error).kind().exit_code(),
            };
        }
    };
    let loudness = if parsed.common.quiet { Loudness::Quiet } else { Loudness::Normal };
    let stdout = std::io::stdout();
    let size = terminal_size::terminal_size_of(&stdout);
    let width = size.map(|(width, _)| usize::from(width.0));
    let height = size.map(|(_, height)| usize::from(height.0));
    let ui = Ui::new(UiOptions { loudness, colour, stderr: terminal, width, height }).noting(signals.programs());
    let outcome = tokio::select! {
        outcome = dispatch(&ui, &parsed, &environment, signals) => outcome,
        signal = signals.stopped() => {
            signals.settle().await;
            signal
        }
    };
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            ui.print_error(&error);
            error.kind().exit_code()
        }
    }
}

async fn dispatch(ui: &Ui, parsed: &Arguments, environment: &Environment, signals: &Signals) -> Result<()> {
    let common = &parsed.common;
    let Some(command) = &parsed.command else {
        return repl::run(ui, common, environment, &repl::ReplArgs::default(), signals).await;
    };
    match command {
        Command::Run(arguments) => run::run(ui, common, environment, arguments).await,
        Command::Sql(arguments) => sql::run(ui, common, environment, arguments).await,
        Command::Repl(arguments) => repl::run(ui, common, environment, arguments, signals).await,
        Command::Tables(arguments) => tables::run(ui, common, environment, arguments).await,
        Command::Schema(arguments) => schema::run(ui, common, environment, arguments).await,
        Command::Profile(arguments) => profile::run(ui, common, environment, arguments).await,
        Command::Check(arguments) => check::run(ui, common, environment, arguments).await,
        Command::Doctor(arguments) => doctor::run(ui, common, environment, arguments).await,
        Command::Report(arguments) => reports::run(ui, common, environment, arguments, signals).await,
        Command::Cache(arguments) => cache::run(ui, common, environment, arguments).await,
        Command::Init(arguments) => init::run(ui, common, environment, arguments).await,
        Command::Completions(arguments) => completions::run(ui, arguments),
    }
}

/// Shows an error from before there was anything to run, and gives its exit code.
pub fn fail_early(error: &Error) -> std::process::ExitCode {
    Ui::new(UiOptions::default()).print_error(error);
    std::process::ExitCode::from(error.kind().exit_code())
}

/// Says that a panic is a bug, and gives its exit code.
pub fn panicked() -> u8 {
    let error = Error::bug("pinq stopped at a state that it should never reach");
    Ui::new(UiOptions::default()).print_error(&error);
    error.kind().exit_code()
}
