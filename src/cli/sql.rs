//! `pinq sql`: statements from the command line.

use clap::Args;

use super::inputs::Input;
use super::options::CommonArgs;
use super::run::StatementArgs;
use crate::config::Environment;
use crate::error::Result;
use crate::ui::Ui;

/// Run SQL given as text
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// One statement or several, separated by `;`
    #[arg(value_name = "TEXT", required = true)]
    texts: Vec<String>,
    #[command(flatten)]
    statements: StatementArgs,
}

/// Runs the statements.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &SqlArgs) -> Result<()> {
    let running = arguments.statements.running(ui, common, environment)?;
    let inputs = arguments.texts.iter().map(|text| Input::of_text("sql", text, "<sql>")).collect();
    running.run(inputs).await
}
