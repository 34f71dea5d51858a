//! `\copy` and `\o`: answers into files.
//!
//! Owns that answers which could not be put in their place are not lost with it.

use std::sync::Arc;

use super::call::Call;
use super::last_rows;
use crate::destination::format_of;
use crate::error::{Error, Kind, Result};
use crate::location::Location;
use crate::output::Format;
use crate::repl::answers_file::AnswersFile;
use crate::repl::running;
use crate::repl::session::Session;

/// `\copy FILE`: the last answer.
pub async fn copy(session: &Session<'_>, call: &Call) -> Result<()> {
    let name = call.required(0)?;
    let Some(last) = &session.last else {
        return Err(Error::usage("`\\copy`: nothing was asked yet").hint("run a query, then `\\copy answer.csv`"));
    };
    let place = place(session, name).map_err(|error| of_command("copy", error))?;
    let Some(format) = format_of(&place) else {
        return Err(Error::usage(format!("`\\copy`: the name `{name}` does not say which format it is to be"))
            .hint(format!("end it in {}", endings())));
    };
    let file =
        AnswersFile::begin(place, format, session.settings.formulas).map_err(|error| of_command("copy", error))?;
    let begin = |schema| file.encoder(schema);
    let mut encoder = last_rows::fed(session, last, begin, |encoder, batch| encoder.write(batch)).await?;
    encoder.finish()?;
    drop(encoder);
    commit(session, &Arc::new(file)).await
}

/// `\o FILE`, `\o`.
pub async fn output(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let Some(name) = call.argument(0) else {
        if session.answers_file.is_none() {
            session.ui().status("answers are shown here; `\\o FILE` sends those that follow to a file");
        }
        return close(session).await;
    };
    // The new one has to be possible before the old one ends.
    let begun = place(session, name).and_then(|place| {
        let format = format_of(&place).unwrap_or(session.settings.format);
        Ok((AnswersFile::begin(place, format, session.settings.formulas)?, format))
    });
    let (file, format) = begun.map_err(|error| of_command("o", error))?;
    close(session).await?;
    session.ui().status(&format!("answers go to {} as {format}, which is written when `\\o` ends it", file.place()));
    session.answers_file = Some(Arc::new(file));
    Ok(())
}

/// Puts the file in its place that takes answers, if there is one. Where that fails, it goes on taking them.
async fn close(session: &mut Session<'_>) -> Result<()> {
    let Some(file) = session.answers_file.clone() else { return Ok(()) };
    commit(session, &file).await.map_err(|error| {
        error.hint("`\\o` tries again; until then answers go to the same file").hint("`\\q` keeps it on this disk")
    })?;
    session.answers_file = None;
    Ok(())
}

/// The same as the session ends: where the file can't take its place, it stays on disk, and the error says where.
///
/// # Errors
/// It could not take its place.
pub async fn close_at_exit(session: &mut Session<'_>) -> Result<()> {
    let Some(file) = session.answers_file.take() else { return Ok(()) };
    let Err(error) = commit(session, &file).await else { return Ok(()) };
    Err(match file.keep() {
        Ok(kept) => error.hint(format!("the answers are kept in `{}`", kept.display())),
        Err(unkept) => error.hint(format!("the answers could not be kept on this disk either: {unkept}")),
    })
}

async fn commit(session: &Session<'_>, file: &Arc<AnswersFile>) -> Result<()> {
    let (stores, file) = (session.engine().stores().clone(), Arc::clone(file));
    let written = running::attended(session, async move { file.commit(&stores).await }).await?;
    session.ui().status(&written.told());
    Ok(())
}

fn of_command(command: &str, error: Error) -> Error {
    match error.kind() {
        Kind::Bug => error,
        _ => error.within(format!("`\\{command}`")),
    }
}

fn place(session: &Session<'_>, name: &str) -> Result<Location> {
    if name.contains("://") {
        return Location::parse(name, &session.places.working_folder);
    }
    Ok(Location::Folder(session.path(name)))
}

/// What names end in, for hints.
fn endings() -> String {
    let endings = Format::ALL.map(|format| format!(".{}", format.extension()));
    match endings.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_told_of() {
        assert_eq!(endings(), ".txt, .vertical, .csv, .tsv, .json, .ndjson, .md, .arrows or .parquet");
    }
}
