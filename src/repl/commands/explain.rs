//! `\explain`: what the last statement costs, step by step.

use std::io::Write;
use std::sync::Arc;

use crate::error::{Error, Kind, Result};
use crate::repl::plan_tree;
use crate::repl::running;
use crate::repl::session::{Seeing, Session};
use crate::repl::wrapping::Screen;
use crate::ui::human;

/// Runs the last statement again and draws its plan.
pub async fn run(session: &Session<'_>) -> Result<()> {
    let Some(last) = &session.last else {
        return Err(Error::usage("`\\explain`: nothing was asked yet").hint("run a query, then `\\explain`"));
    };
    if session.settings.seeing == Seeing::Fresh {
        session.engine().renew();
    }
    let (engine, statement, parameters) =
        (Arc::clone(session.engine()), last.statement.clone(), session.parameters.clone());
    let access = session.statement_access();
    let analyzing =
        async move { engine.analyze(&statement, std::slice::from_ref(&statement), &parameters, access).await };
    let analysis = running::attended(session, analyzing).await.map_err(|error| match error.kind() {
        Kind::Interrupted => error,
        _ => error.within("`\\explain`"),
    })?;
    let mut stdout = session.ui().stdout();
    for line in plan_tree::draw(&analysis.root, Screen::of(session.ui())) {
        writeln!(stdout, "{line}")?;
    }
    stdout.flush()?;
    session.ui().summary(&format!(
        "{}, planned in {}, ran in {}; times are sums over all threads, ◀ is the costliest step",
        human::counted(analysis.rows, "row", "rows"),
        human::duration(analysis.planning),
        human::duration(analysis.running),
    ));
    Ok(())
}
