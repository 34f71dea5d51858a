//! `\watch`: the last statement again and again, and what changed.

use std::time::Duration;

use super::call::Call;
use crate::error::{Error, Kind, Result};
use crate::output::{is_number, texts};
use crate::repl::changes::{Change, ColumnSort, Row, Seen, changes};
use crate::repl::interrupt::Interrupt;
use crate::repl::running;
use crate::repl::session::{LastRows, Seeing, Session, Switch};
use crate::repl::wrapping::{Screen, cut};
use crate::sql::SourceStatement;
use crate::ui::human;

/// Rows of an answer up to which it is compared with the one before.
const COMPARED_ROWS: usize = 5_000;
/// Changes that are shown.
const SHOWN: usize = 20;
/// Characters of a cell that are shown.
const CELL: usize = 40;
/// The longest time between two runs, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// `\watch SECONDS`.
pub async fn run(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let every = interval(call.required(0)?)?;
    let Some(statement) = session.last.as_ref().map(|last| last.statement.clone()) else {
        return Err(Error::usage("`\\watch`: nothing was asked yet").hint("run a query, then `\\watch 5`"));
    };
    if session.settings.seeing == Seeing::Pinned {
        return Err(Error::usage("`\\watch`: all statements see the same objects, so nothing would change")
            .hint("`\\snapshot off` lets each see what has landed"));
    }
    // A pager would wait for a key.
    let pager = std::mem::replace(&mut session.settings.pager, Switch::Off);
    let watched = watch(session, &statement, every).await;
    session.settings.pager = pager;
    watched
}

async fn watch(session: &mut Session<'_>, statement: &SourceStatement, every: Duration) -> Result<()> {
    let mut before: Option<Seen> = None;
    let mut runs: u64 = 0;
    // One for all runs, so that no key is lost between a run and the wait after it.
    let mut interrupt = Interrupt::listen();
    while !interrupt.was_heard() {
        let next = tokio::time::Instant::now() + every;
        runs += 1;
        let time = session.now().map(|now| format!("{} UTC, ", human::moment(now))).unwrap_or_default();
        session.ui().status(&format!("-- {time}run {runs}"));
        match running::run_statement(session, statement, std::slice::from_ref(statement)).await {
            Ok(outcome) => {
                running::tell_outcome(session, &outcome);
                let now = seen(session)?;
                tell_changes(session, before.as_ref(), now.as_ref(), runs);
                before = now;
            }
            Err(error) if error.kind() == Kind::Interrupted => break,
            // What fails at once fails again; what fails later may be a network that comes back.
            Err(error) if runs == 1 || error.kind() == Kind::ClosedPipe => return Err(error),
            Err(error) => session.ui().print_error(&error),
        }
        tokio::select! {
            biased;
            () = interrupt.heard() => break,
            () = tokio::time::sleep_until(next) => {}
        }
    }
    session.ui().status(&format!("watched {}", human::counted(runs, "run", "runs")));
    Ok(())
}

fn interval(text: &str) -> Result<Duration> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (0.1..=LONGEST).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Error::usage(format!("`\\watch`: `{text}` is no number of seconds from 0.1 to 86400")).hint("write `\\watch 5`")
    })
}

/// The last answer as it is compared; none where it has too many rows.
fn seen(session: &Session<'_>) -> Result<Option<Seen>> {
    let Some(last) = &session.last else { return Ok(None) };
    let LastRows::Whole(batches) = &last.rows else { return Ok(None) };
    if batches.iter().map(|batch| batch.num_rows()).sum::<usize>() > COMPARED_ROWS {
        return Ok(None);
    }
    let sort = |field: &arrow::datatypes::FieldRef| {
        if is_number(field.data_type()) { ColumnSort::Number } else { ColumnSort::Name }
    };
    let columns = last.schema.fields().iter().map(|field| (field.name().clone(), sort(field))).collect();
    let mut rows = Vec::new();
    for batch in batches {
        rows.extend(texts(batch)?);
    }
    Ok(Some(Seen { columns, rows }))
}

fn tell_changes(session: &Session<'_>, before: Option<&Seen>, now: Option<&Seen>, runs: u64) {
    let ui = session.ui();
    let (Some(before), Some(now)) = (before, now) else {
        if now.is_none() {
            let most = human::count(COMPARED_ROWS as u64);
            ui.status(&format!("answers of more than {most} rows are not compared"));
        } else if runs == 1 {
            ui.status("Ctrl-C ends it");
        }
        return;
    };
    let found = changes(before, now);
    let width = Screen::of(ui).width;
    for change in found.iter().take(SHOWN) {
        ui.status(&cut(&told(change), width.saturating_sub(1)));
    }
    if let Some(more) = found.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.status(&format!("… and {}", human::counted(more as u64, "change", "changes")));
    }
    ui.status(&sum(&found));
}

/// `+ GB  7`, `~ US  posts: 10 → 12`.
fn told(change: &Change) -> String {
    match change {
        Change::New(row) => format!("+ {}", cells(row)),
        Change::Gone(row) => format!("- {}", cells(row)),
        Change::Changed { key, cells: changed } => {
            let changed = changed.iter().map(|(name, old, new)| format!("{name}: {} → {}", cell(old), cell(new)));
            format!("~ {}  {}", cells(key), changed.collect::<Vec<_>>().join(", "))
        }
    }
}

fn cells(row: &Row) -> String {
    row.iter().map(cell).collect::<Vec<_>>().join("  ")
}

fn cell(cell: &Option<String>) -> String {
    cell.as_deref().map_or_else(|| "NULL".to_owned(), |text| cut(text, CELL))
}

/// `1 new, 2 changed, 1 gone since the run before`.
fn sum(found: &[Change]) -> String {
    let count = |is_it: fn(&Change) -> bool| found.iter().filter(|change| is_it(change)).count() as u64;
    let counts = [
        (count(|change| matches!(change, Change::New(_))), "new"),
        (count(|change| matches!(change, Change::Changed { .. })), "changed"),
        (count(|change| matches!(change, Change::Gone(_))), "gone"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, what)| format!("{} {what}", human::count(*count))).collect();
    if told.is_empty() {
        return "nothing changed since the run before".to_owned();
    }
    format!("{} since the run before", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn intervals() {
        assert_eq!(interval("2").unwrap(), Duration::from_secs(2));
        assert_eq!(interval("0.5s").unwrap(), Duration::from_millis(500));
        for wrong in ["0", "-1", "soon", "1e9", "NaN", "inf"] {
            assert!(interval(wrong).unwrap_err().render().contains("write `\\watch 5`"), "{wrong}");
        }
    }

    #[test]
    fn changes_in_words() {
        let changed =
            Change::Changed { key: row(&["US"]), cells: vec![("posts".to_owned(), Some("10".to_owned()), None)] };
        assert_eq!(told(&Change::New(row(&["GB", "7"]))), "+ GB  7");
        assert_eq!(told(&changed), "~ US  posts: 10 → NULL");
        assert_eq!(sum(&[changed, Change::Gone(row(&["a"]))]), "1 changed, 1 gone since the run before");
        assert_eq!(sum(&[]), "nothing changed since the run before");
    }
}
