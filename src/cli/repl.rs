//! `pinq repl`, and `pinq` alone: the prompt.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::options::CommonArgs;
use super::run::{self, StatementArgs};
use super::signals::Signals;
use crate::config::{Config, Environment};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::repl::{self, EditorOptions, Places, Programs, ReplOptions, ScriptOwner, StartScript, Surface};
use crate::ui::{ErrorStream, Pager, Ui};

/// The file that is run before the first prompt.
const START_SCRIPT: &str = "init.sql";

/// Ask questions at a prompt
///
/// Statements end with `;`, commands begin with `\`, and `\?` shows them. `init.sql` in the settings
/// folder (`~/.config/pinq`) and the one beside `pinq.toml` are run at the start. Where standard input
/// is no terminal, the statements that stand there are run, as by `pinq run -`.
#[derive(Debug, Default, Args)]
pub struct ReplArgs {
    /// Run no `init.sql`
    #[arg(long)]
    no_init: bool,
    #[command(flatten)]
    statements: StatementArgs,
}

/// Opens the prompt, or runs what standard input holds.
pub async fn run(
    ui: &Ui,
    common: &CommonArgs,
    environment: &Environment,
    arguments: &ReplArgs,
    signals: &Signals,
) -> Result<()> {
    let is_prompt = std::io::stdin().is_terminal() && ui.options().stderr == ErrorStream::Terminal;
    if !is_prompt {
        return run::run_standard_input(ui, common, environment, &arguments.statements).await;
    }
    if common.output.is_some() {
        return Err(Error::usage("`--output` is not for the prompt").hint("`\\o FILE` sends answers to a file"));
    }
    let config = common.config(environment)?;
    let engine = Engine::open(&config, environment)?;
    let (parameters, permissions) = arguments.statements.session(environment)?;
    engine.permit(permissions);
    let options = ReplOptions {
        parameters,
        format: common.format,
        formulas: common.csv_formulas,
        editor: EditorOptions {
            surface: surface(ui, environment),
            colour: ui.options().colour,
            history: environment.state_folder().map(|folder| folder.join("pinq").join("history")),
        },
        scripts: if arguments.no_init { Vec::new() } else { start_scripts(&config, environment) },
        places: Places {
            working_folder: environment.working_folder().to_path_buf(),
            home: environment.home().map(PathBuf::from),
            questions: questions(&config, environment),
        },
        programs: Programs {
            pager: pager(environment),
            editor: first_of(environment, &["PINQ_EDITOR", "VISUAL", "EDITOR"], "vi"),
        },
        began: environment.began(),
    };
    signals.leave_ctrl_c_to_the_prompt();
    repl::run(ui, engine, options).await
}

/// Painting asks the terminal where its cursor is, and does so on standard output.
fn surface(ui: &Ui, environment: &Environment) -> Surface {
    let is_dumb = environment.get("TERM") == Some("dumb");
    if is_dumb || ui.options().width.is_none() { Surface::Lines } else { Surface::Painted }
}

/// The user's own, then the project's.
fn start_scripts(config: &Config, environment: &Environment) -> Vec<StartScript> {
    let own = environment.settings_folder().map(|folder| folder.join("pinq").join(START_SCRIPT));
    let own = own.map(|path| StartScript { path, owner: ScriptOwner::User });
    let project = config.file.as_ref().and_then(|file| file.parent()).map(|folder| folder.join(START_SCRIPT));
    own.into_iter().chain(project.map(|path| StartScript { path, owner: ScriptOwner::Project })).collect()
}

/// `queries` beside the configuration, or in the working folder.
fn questions(config: &Config, environment: &Environment) -> PathBuf {
    let project = config.file.as_ref().and_then(|file| file.parent());
    project.unwrap_or_else(|| environment.working_folder()).join("queries")
}

fn pager(environment: &Environment) -> Pager {
    let command = first_of(environment, &["PINQ_PAGER", "PAGER"], "less");
    Pager::of(&command, &|name| environment.get(name).is_some(), environment.get("TERM"))
}

fn first_of(environment: &Environment, variables: &[&str], otherwise: &str) -> String {
    variables.iter().find_map(|name| environment.get(name)).unwrap_or(otherwise).to_owned()
}
