//! Opening a page in a browser.
//!
//! Owns which program that is. It must not read the environment by itself.

use std::process::Stdio;

use crate::config::Environment;
use crate::error::{Error, Result};
use crate::location::Location;
use crate::ui::{ErrorStream, Ui};

/// Opens the page at `place` in the browser that `BROWSER` names, or in the desktop's.
///
/// # Errors
/// There is no terminal, thus perhaps nobody to look; the page is not on this disk; or there is no such program.
pub(super) async fn page(ui: &Ui, environment: &Environment, place: &Location) -> Result<()> {
    let Location::Folder(path) = place else {
        return Err(Error::usage(format!("`{place}` is not on this disk, so no browser can open it"))
            .hint(format!("fetch it, such as by `aws s3 cp {place} .`")));
    };
    if !path.is_file() {
        return Err(
            Error::statement(format!("there is no page `{place}`")).hint("add \"html\" to the `formats` of the report")
        );
    }
    if ui.options().stderr == ErrorStream::Redirected {
        return Err(Error::usage("a page is opened for somebody at a terminal, and there is none")
            .hint("without `--open` the path is printed"));
    }
    let desktop = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let named = environment.get("BROWSER").and_then(|browsers| browsers.split(':').find(|one| !one.is_empty()));
    let browser = named.unwrap_or(desktop).to_owned();
    let mut words = browser.split_whitespace();
    let mut command = std::process::Command::new(words.next().unwrap_or(desktop));
    let words: Vec<&str> = words.collect();
    let names_place = words.iter().any(|word| word.contains("%s"));
    command.args(words.iter().map(|word| word.replace("%s", &path.to_string_lossy())));
    if !names_place {
        command.arg(path);
    }
    // What browsers say to a terminal is nothing for anybody, but one that draws in it needs it.
    command.stdin(Stdio::inherit());
    let ended = tokio::task::spawn_blocking(move || command.status()).await;
    let ended = ended.map_err(|error| Error::bug("waiting for a browser failed").because(error))?;
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::statement(format!("`{browser}` failed: {status}")).hint(hint(place))),
        Err(error) => {
            Err(Error::statement(format!("`{browser}` could not be started")).because(error).hint(hint(place)))
        }
    }
}

fn hint(place: &Location) -> String {
    format!("name a browser with the variable `BROWSER`; the page is `{place}`")
}
