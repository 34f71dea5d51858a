//! Commands that set something, and show what is set where no value is given.

use std::fmt::Display;

use super::call::Call;
use crate::error::{Error, Result};
use crate::output::{Format, Upright};
use crate::repl::editor::Keys;
use crate::repl::session::{Seeing, Session, Switch};
use crate::sql;

/// `\timing`: turned over without a word.
pub fn timing(session: &mut Session<'_>, call: &Call) -> Result<()> {
    session.settings.timing = switched(session.settings.timing, call)?;
    tell(session, "timing", word(session.settings.timing));
    Ok(())
}

/// `\pager`.
pub fn pager(session: &mut Session<'_>, call: &Call) -> Result<()> {
    session.settings.pager = switched(session.settings.pager, call)?;
    tell(session, "pager", word(session.settings.pager));
    Ok(())
}

/// `\x`: turned over without a word, as in psql.
pub fn upright(session: &mut Session<'_>, call: &Call) -> Result<()> {
    session.settings.upright = match (call.argument(0), session.settings.upright) {
        (Some("on"), _) => Upright::Always,
        (Some("off"), _) => Upright::Never,
        (Some(_), _) => Upright::Auto,
        (None, Upright::Always) => Upright::Never,
        (None, _) => Upright::Always,
    };
    let shown = match session.settings.upright {
        Upright::Always => "on",
        Upright::Never => "off",
        Upright::Auto => "auto",
    };
    tell(session, "upright records", shown);
    Ok(())
}

/// `\format`.
pub fn format(session: &mut Session<'_>, call: &Call) -> Result<()> {
    if let Some(name) = call.argument(0) {
        let format: Format = name.parse()?;
        if matches!(format, Format::Arrow | Format::Parquet) {
            return Err(
                Error::usage(format!("{format} is not for a terminal")).hint("`\\copy FILE` writes it to a file")
            );
        }
        session.settings.format = format;
    }
    tell(session, "format", session.settings.format);
    Ok(())
}

/// `\keys`.
pub fn keys(session: &mut Session<'_>, call: &Call) -> Result<()> {
    match call.argument(0) {
        Some("vi") => session.settings.keys = Keys::Vi,
        Some(_) => session.settings.keys = Keys::Emacs,
        None => {}
    }
    let shown = match session.settings.keys {
        Keys::Emacs => "emacs",
        Keys::Vi => "vi",
    };
    tell(session, "keys", shown);
    Ok(())
}

/// `\param NAME VALUE`, `\param NAME`, `\param`.
pub fn parameter(session: &mut Session<'_>, call: &Call) -> Result<()> {
    match (call.argument(0), call.argument(1)) {
        (Some(name), Some(value)) => {
            let (name, value) = sql::parse_parameter(&format!("{name}={value}"))?;
            session.parameters.insert(name, value);
        }
        (Some(name), None) => {
            if session.parameters.remove(name.trim_start_matches('$')).is_none() {
                return Err(
                    Error::usage(format!("the parameter `{name}` is not set")).hint("write `\\param NAME VALUE`")
                );
            }
        }
        (None, _) if session.parameters.is_empty() => session.ui().status("no parameter is set"),
        (None, _) => {
            for (name, value) in &session.parameters {
                session.ui().status(&format!("${name} = {value}"));
            }
        }
    }
    Ok(())
}

/// `\snapshot`.
pub fn snapshot(session: &mut Session<'_>, call: &Call) -> Result<()> {
    match call.argument(0) {
        Some("off") => session.settings.seeing = Seeing::Fresh,
        _ => {
            session.engine().renew();
            session.settings.seeing = Seeing::Pinned;
        }
    }
    session.ui().status(match session.settings.seeing {
        Seeing::Fresh => "each statement sees the objects that are there when it begins",
        Seeing::Pinned => "all statements see the objects that are there when the first of them asks",
    });
    Ok(())
}

/// `\refresh`.
pub fn refresh(session: &mut Session<'_>) {
    session.engine().refresh();
    session.learn_names();
    session.ui().status("the next statement lists everything anew");
}

fn switched(now: Switch, call: &Call) -> Result<Switch> {
    Ok(match (call.argument(0), now) {
        (Some("on"), _) | (None, Switch::Off) => Switch::On,
        (Some(_), _) | (None, Switch::On) => Switch::Off,
    })
}

fn word(switch: Switch) -> &'static str {
    match switch {
        Switch::On => "on",
        Switch::Off => "off",
    }
}

fn tell(session: &Session<'_>, what: &str, value: impl Display) {
    // A file that sets things says nothing of it, as long as all goes well.
    if session.files.is_empty() {
        session.ui().status(&format!("{what}: {value}"));
    }
}
