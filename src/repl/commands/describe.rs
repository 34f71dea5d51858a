//! `\d`: what there is to ask about, and what one table or view is made of.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use crate::engine::{ColumnInfo, ListedKind, ListedName, SampleOrigin, TableSchema, ViewText};
use crate::error::{Error, Kind, Result};
use crate::output::{ReportColumn, report};
use crate::printable;
use crate::repl::editor;
use crate::repl::pattern;
use crate::repl::running;
use crate::repl::session::Session;
use crate::repl::wrapping::{Look, Screen};
use crate::ui::{Colour, human};

/// How long the list waits for the topics, which the session began to list when it opened.
const PATIENCE: Duration = Duration::from_secs(2);

/// `\d`, `\d PATTERN`, `\d NAME`.
pub async fn run(session: &Session<'_>, call: &Call) -> Result<()> {
    match call.argument(0) {
        Some(name) if !pattern::is_pattern(name) => one(session, name).await,
        pattern => list(session, pattern).await,
    }
}

/// Names with what is known of them; nothing is counted for their sake.
async fn list(session: &Session<'_>, pattern: Option<&str>) -> Result<()> {
    let engine = Arc::clone(session.engine());
    let learning = async move {
        match tokio::time::timeout(PATIENCE, engine.learn_names()).await {
            Ok(learnt) => learnt.map(|()| Topics::Listed),
            Err(_) => Ok(Topics::StillListing),
        }
    };
    let topics = match running::attended(session, learning).await {
        Err(error) if error.kind() == Kind::Interrupted => return Err(error),
        topics => topics,
    };
    session.update_vocabulary();
    let all = session.engine().listed_names().await;
    if let (Err(error), true) = (&topics, all.is_empty()) {
        return Err(error.again().within("`\\d`"));
    }
    let listed: Vec<&ListedName> = all.iter().filter(|one| pattern.is_none_or(|it| is_meant(it, &one.name))).collect();
    if let (Some(pattern), true) = (pattern, listed.is_empty()) {
        return Err(
            Error::usage(format!("`\\d`: no table or view is like `{pattern}`")).hint("`\\d` lists all of them")
        );
    }
    let batch = report(vec![
        ReportColumn::Text("name", listed.iter().map(|one| Some(one.name.clone())).collect()),
        ReportColumn::Text("kind", listed.iter().map(|one| Some(kind(one.kind).to_owned())).collect()),
        ReportColumn::Text("objects", listed.iter().map(|one| Some(known(one, one.objects))).collect()),
        ReportColumn::Text("records", listed.iter().map(|one| Some(known(one, one.records))).collect()),
    ])?;
    running::show_batch(session, &batch)?;
    match topics {
        Ok(Topics::Listed) => {}
        Ok(Topics::StillListing) => session.ui().status("the topics are still being listed: there may be more"),
        Err(error) => {
            session.ui().warning(&format!("the topics could not be listed: {error}"));
            // Counting would meet the same error.
            return Ok(());
        }
    }
    let unknown = listed.iter().find(|one| one.kind == ListedKind::Table && one.records.is_none());
    if let Some(unknown) = unknown {
        session.ui().hint(&format!("`?` is not known yet: `select count(*) from {}` tells", unknown.name));
    }
    Ok(())
}

/// Whether the topics of the landing are known.
enum Topics {
    Listed,
    StillListing,
}

/// A pattern is of the whole name, or of the name without its schema.
fn is_meant(pattern: &str, name: &str) -> bool {
    let bare = name.strip_prefix("raw.").unwrap_or(name).trim_matches('"');
    pattern::matches(pattern, name) || pattern::matches(pattern, bare)
}

fn kind(kind: ListedKind) -> &'static str {
    match kind {
        ListedKind::Table => "table",
        ListedKind::View => "view",
        ListedKind::CreatedView => "created view",
        ListedKind::CreatedTable => "created table",
    }
}

fn known(one: &ListedName, count: Option<u64>) -> String {
    match (count, one.kind) {
        (Some(count), _) => human::count(count),
        (None, ListedKind::Table) => "?".to_owned(),
        (None, _) => String::new(),
    }
}

/// Columns, types and where they come from; for a view also how it is written.
async fn one(session: &Session<'_>, name: &str) -> Result<()> {
    let (engine, asked) = (Arc::clone(session.engine()), name.to_owned());
    let schema = running::attended(session, async move { engine.schema(&asked).await }).await;
    let schema = schema.map_err(|error| match error.kind() {
        Kind::Interrupted => error,
        _ => error.within("`\\d`").hint("`\\d` lists what there is, `\\d *NAME*` what is like it"),
    })?;
    session.update_vocabulary();
    let text = |value: fn(&ColumnInfo) -> &String| {
        schema.columns.iter().map(|column| Some(value(column).clone())).collect::<Vec<_>>()
    };
    let mut columns = vec![
        ReportColumn::Text("column", text(|column| &column.name)),
        ReportColumn::Text("type", text(|column| &column.kind)),
    ];
    // What all columns of a view have in common says nothing.
    if schema.columns.iter().any(|column| column.evidence != "computed") {
        columns.push(ReportColumn::Text("evidence", text(|column| &column.evidence)));
    }
    let view = session.engine().view_text(name);
    if let Some(view) = &view {
        // Before the columns, so that these are still on the screen where it is long.
        show_text(session, view)?;
    }
    let batch = report(columns)?;
    running::show_batch(session, &batch)?;
    tell_sample(session, &schema);
    if view.is_none() {
        tell_place(session, name).await;
    }
    Ok(())
}

fn show_text(session: &Session<'_>, view: &ViewText) -> Result<()> {
    let screen = Screen::of(session.ui());
    let origin = view.origin.as_deref().unwrap_or("created in this session");
    let mut stdout = session.ui().stdout();
    writeln!(stdout, "{}", screen.paint(Look::Dim, &format!("-- {}", printable::one_line(origin))))?;
    let text = printable::lines(view.text.trim_end());
    match screen.colour {
        Colour::Always => writeln!(stdout, "{}", editor::painted_sql(&text, &session.vocabulary().read()))?,
        Colour::Never => writeln!(stdout, "{text}")?,
    }
    stdout.flush()?;
    Ok(())
}

fn tell_sample(session: &Session<'_>, schema: &TableSchema) {
    let Some(sampled) = schema.sampled else { return };
    let records = human::counted(sampled.records, "record", "records");
    let objects = human::counted(sampled.objects, "object", "objects");
    let cached = match sampled.origin {
        SampleOrigin::ThisRun => "",
        SampleOrigin::EarlierRun => ", looked at in an earlier session",
    };
    session.ui().status(&format!("inferred from {records} in {objects}{cached}"));
    if sampled.bad_records > 0 {
        let bad = human::counted(sampled.bad_records, "record", "records");
        session.ui().warning(&format!("{bad} of the sample can't be read and took no part"));
    }
}

/// Where a table lies, and what is known of its size.
async fn tell_place(session: &Session<'_>, name: &str) {
    let bare = |name: &str| name.trim_start_matches("raw.").trim_start_matches("landed.").to_owned();
    let names = session.engine().listed_names().await;
    let is_it = |one: &&ListedName| one.kind == ListedKind::Table && bare(&one.name) == bare(name);
    let Some(ListedName { place: Some(place), objects, records, .. }) = names.iter().find(is_it) else { return };
    let counted = |count: &Option<u64>, one, many| count.map(|count| format!(", {}", human::counted(count, one, many)));
    let objects = counted(objects, "object", "objects").unwrap_or_default();
    let records = counted(records, "record", "records").unwrap_or_default();
    session.ui().status(&format!("{place}{objects}{records}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_the_name_with_and_without_its_schema() {
        assert!(is_meant("p*", "raw.pin") && is_meant("p*", "pin") && is_meant("RAW.*", "raw.pin"));
        assert!(is_meant("a b*", "raw.\"A b\"") && !is_meant("raw.*", "pin") && !is_meant("?", "pin"));
    }
}
