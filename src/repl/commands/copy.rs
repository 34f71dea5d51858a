//! `\copy` and `\o`: answers into files.

use super::call::Call;
use crate::error::{Error, Kind, Result};
use crate::location::Location;
use crate::output::Format;
use crate::repl::answers_file::{AnswersFile, format_of_name};
use crate::repl::running;
use crate::repl::session::{LastRows, Session};

/// What names end in, for hints.
const ENDINGS: &str = ".csv, .tsv, .json, .ndjson, .md, .txt, .parquet or .arrows";

/// `\copy FILE`: the last answer.
pub async fn copy(session: &Session<'_>, call: &Call) -> Result<()> {
    let name = call.required(0)?;
    let Some(last) = &session.last else {
        return Err(Error::usage("`\\copy`: nothing was asked yet").hint("run a query, then `\\copy answer.csv`"));
    };
    let Some(format) = format_of_name(name) else {
        return Err(Error::usage(format!("`\\copy`: the name `{name}` does not say which format it is to be"))
            .hint(format!("end it in {ENDINGS}")));
    };
    let file = begin(session, "copy", name, format)?;
    let mut encoder = file.encoder(last.schema.clone())?;
    match &last.rows {
        LastRows::Whole(batches) => batches.iter().try_for_each(|batch| encoder.write(batch))?,
        LastRows::TooMany | LastRows::NotAll => {
            session.ui().status("the answer was too large to be kept: its statement runs again");
            let statement = &last.statement;
            let mut underway = running::start(session, statement, std::slice::from_ref(statement)).await?;
            while let Some(batch) = underway.next().await? {
                encoder.write(&batch)?;
            }
        }
    }
    encoder.finish()?;
    drop(encoder);
    close_one(session, file).await
}

/// `\o FILE`, `\o`.
pub async fn output(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let Some(name) = call.argument(0) else {
        return match session.answers_file.take() {
            Some(file) => close_one(session, file).await,
            None => {
                session.ui().status("answers are shown here; `\\o FILE` sends those that follow to a file");
                Ok(())
            }
        };
    };
    let format = format_of_name(name).unwrap_or(session.settings.format);
    // The new one has to be possible before the old one ends.
    let file = begin(session, "o", name, format)?;
    close(session).await?;
    session.ui().status(&format!("answers go to {} as {format}, which is written when `\\o` ends it", file.place()));
    session.answers_file = Some(file);
    Ok(())
}

/// Puts the file in its place that takes answers, if there is one: the session ends, or another begins.
pub async fn close(session: &mut Session<'_>) -> Result<()> {
    match session.answers_file.take() {
        Some(file) => close_one(session, file).await,
        None => Ok(()),
    }
}

async fn close_one(session: &Session<'_>, file: AnswersFile) -> Result<()> {
    let stores = session.engine().stores().clone();
    let written = running::attended(session, async move { file.commit(&stores).await }).await?;
    session.ui().status(&written.told());
    Ok(())
}

fn begin(session: &Session<'_>, command: &str, name: &str, format: Format) -> Result<AnswersFile> {
    let begun = place(session, name).and_then(|place| AnswersFile::begin(place, format));
    begun.map_err(|error| match error.kind() {
        Kind::Bug => error,
        _ => error.within(format!("`\\{command}`")),
    })
}

fn place(session: &Session<'_>, name: &str) -> Result<Location> {
    if name.contains("://") {
        return Location::parse(name, &session.places.working_folder);
    }
    Ok(Location::Folder(session.path(name)))
}
