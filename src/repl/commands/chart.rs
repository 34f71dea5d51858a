//! `\chart` and `\profile`: an answer, or the columns of a table, as plots on the screen.
//!
//! Owns where the rows come from and how large a plot is. Drawing it is `chart`'s.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::call::Call;
use super::last_rows;
use crate::chart::{self, Canvas, ChartData, ChartSpec, Paint};
use crate::error::{Error, Result};
use crate::repl::running;
use crate::repl::session::{Seeing, Session};
use crate::repl::showing::show_lines;
use crate::sql::SourceStatement;
use crate::ui::Colour;

/// The size of a plot where no terminal says its own.
const USUAL_WIDTH: usize = 80;
const USUAL_HEIGHT: usize = 24;
/// Lines that a plot leaves to the prompt, and below which it does not shrink.
const LEFT_FREE: usize = 2;
const LOWEST: usize = 10;

/// `\chart [SPEC]`.
pub async fn chart(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let Some(last) = &session.last else {
        return Err(Error::usage("there is no answer yet to draw").hint("run a statement first"));
    };
    let spec = spec(call.argument(0), &last.statement)?;
    let begin = |schema: SchemaRef| Ok(ChartData::new(&schema));
    let data = last_rows::fed(session, last, begin, ChartData::push).await?;
    let lines = chart::draw(&spec, &data, canvas(session))?;
    show_lines(session, &lines)
}

/// `\profile TABLE`.
pub async fn profile(session: &mut Session<'_>, call: &Call) -> Result<()> {
    let (engine, table) = (Arc::clone(session.engine()), call.required(0)?.to_owned());
    if session.settings.seeing == Seeing::Fresh {
        engine.renew();
    }
    let columns = running::attended(session, async move { engine.profile(&table).await }).await?;
    let canvas = Canvas { height: usize::MAX, ..canvas(session) };
    session.update_vocabulary();
    show_lines(session, &chart::profile_lines(&columns, canvas))
}

/// What is typed, else what the statement's comment says, else what fits the answer.
fn spec(typed: Option<&str>, statement: &SourceStatement) -> Result<ChartSpec> {
    match (typed, statement.heading.other("chart")) {
        (Some(text), _) => ChartSpec::parse(text),
        (None, Some(text)) => ChartSpec::parse(text)
            .map_err(|error| error.within(format_args!("{}: `-- chart: {text}`", statement.place()))),
        (None, None) => Ok(ChartSpec::default()),
    }
}

fn canvas(session: &Session<'_>) -> Canvas {
    // As it is now: terminals are resized between lines.
    let size = session.ui().screen_size();
    let height = size.map_or(USUAL_HEIGHT, |size| size.height.saturating_sub(LEFT_FREE).max(LOWEST));
    let paint = match (session.ui().options().colour, size) {
        (Colour::Always, Some(_)) => Paint::Ansi,
        _ => Paint::Plain,
    };
    Canvas { width: size.map_or(USUAL_WIDTH, |size| size.width), height, paint }
}
