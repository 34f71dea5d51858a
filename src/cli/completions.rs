//! `pinq completions`: scripts that complete pinq's arguments in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Arguments;
use crate::error::Result;
use crate::ui::Ui;

/// Write a completion script for a shell
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Writes the script to standard output.
pub fn run(ui: &Ui, arguments: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "pinq", &mut script);
    let mut stdout = ui.stdout();
    stdout.write_all(&script)?;
    stdout.flush()?;
    Ok(())
}
