//! Running statements at the prompt: each over its own snapshot, shown as it comes, and given up at Ctrl-C.
//!
//! Owns the way of one statement from its text to the screen. Ctrl-C ends the statement and nothing else.

use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::interrupt::{Interrupt, cancelled};
use super::refusals;
use super::session::{Keeping, Last, LastRows, Seeing, Session, Switch};
use crate::engine::{Engine, EngineTotals};
use crate::error::{Error, Kind, Result};
use crate::output::{self, Encoder, Format, MaxRows, ScreenOptions, TableOptions};
use crate::printable;
use crate::sql::{self, SourceStatement};
use crate::ui::{Colour, Footer, FooterRows, PagedSink, Pager, Progress};

/// How often progress is redrawn.
const TICK: Duration = Duration::from_millis(100);
/// Batches that wait to be shown.
const WAITING: usize = 2;
/// Rows that are written before Ctrl-C is looked for again.
const WRITTEN_ROWS: usize = 512;

/// What a statement gave.
pub struct Outcome {
    /// The columns of its answer; none where it answers nothing.
    pub schema: SchemaRef,
    /// Rows of its answer.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What the engine did for it.
    pub totals: EngineTotals,
    /// Whether these are all rows: whoever reads it may leave before the last.
    pub is_whole: bool,
}

/// An answer under way on another task, so that nothing it computes keeps the prompt from hearing Ctrl-C.
pub struct Underway {
    pub schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch>>,
    task: tokio::task::JoinHandle<Result<()>>,
    started: Instant,
    before: EngineTotals,
    engine: Arc<Engine>,
    progress: Progress,
    interrupt: Interrupt,
}

/// How much of an answer was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// All of it.
    Whole(u64),
    /// So many rows: whoever read it left before the last.
    Left(u64),
}

/// Runs the statements of `text` and shows their answers; the first that fails ends it. `lines_before` lines of
/// `origin` stand before the text.
pub async fn run_statements(session: &mut Session<'_>, text: &str, origin: &str, lines_before: usize) -> Result<()> {
    session.set_latest(text.trim().to_owned());
    // Blank lines in place of what was there keep the numbers of lines in messages right.
    let statements = sql::split(&format!("{}{text}", "\n".repeat(lines_before)), origin)?;
    for statement in &statements {
        session.set_latest(format!("{};", statement.text()));
        let outcome = run_statement(session, statement, &statements).await;
        let outcome = outcome.inspect_err(|_| session.update_vocabulary())?;
        tell_outcome(session, &outcome);
    }
    session.update_vocabulary();
    Ok(())
}

/// Runs one statement and shows its answer.
pub async fn run_statement(
    session: &mut Session<'_>,
    statement: &SourceStatement,
    file: &[SourceStatement],
) -> Result<Outcome> {
    let mut underway = start(session, statement, file).await?;
    let schema = Arc::clone(&underway.schema);
    let mut keeping = Keeping::start();
    if schema.fields().is_empty() {
        while underway.next().await?.is_some() {}
        return Ok(underway.finish(0));
    }
    // Nothing is shown of a statement that fails before its first rows.
    let first = underway.next().await?;
    let title = statement.heading.title.as_deref();
    let (mut encoder, paged) = session.encoder(Arc::clone(&schema), title)?;
    let shown = show(&mut underway, first, encoder.as_mut(), &mut keeping).await;
    underway.progress.finish();
    // Also after an error: what came before it is shown first, and nobody prints while the pager has the screen.
    let ended = paged.finish(session.ui());
    let shown = shown?;
    ended?;
    let (kept, rows) = match shown {
        Shown::Whole(rows) => (keeping.finish(), rows),
        Shown::Left(rows) => {
            underway.leave().await?;
            (LastRows::NotAll, rows)
        }
    };
    session.last = Some(Last { statement: statement.clone(), schema: Arc::clone(&schema), rows: kept });
    let mut outcome = underway.finish(rows);
    outcome.is_whole = matches!(shown, Shown::Whole(_));
    outcome.elapsed = outcome.elapsed.saturating_sub(paged.read_for());
    Ok(outcome)
}

/// Shows an answer to its end, or until its reader leaves.
async fn show(
    underway: &mut Underway,
    first: Option<RecordBatch>,
    encoder: &mut dyn Encoder,
    keeping: &mut Keeping,
) -> Result<Shown> {
    let (mut rows, mut batch) = (0, first);
    while let Some(whole) = batch {
        keeping.add(&whole);
        for from in (0..whole.num_rows()).step_by(WRITTEN_ROWS) {
            let part = whole.slice(from, WRITTEN_ROWS.min(whole.num_rows() - from));
            rows += part.num_rows() as u64;
            match encoder.write(&part) {
                // Whoever leaves the pager has seen enough.
                Err(error) if error.kind() == Kind::ClosedPipe => return Ok(Shown::Left(rows)),
                written => written?,
            }
            if underway.interrupt.was_heard() {
                return Err(cancelled());
            }
        }
        batch = underway.next().await?;
    }
    underway.progress.finish();
    match encoder.finish() {
        Err(error) if error.kind() == Kind::ClosedPipe => Ok(Shown::Left(rows)),
        written => written.map(|_| Shown::Whole(rows)),
    }
}

/// Plans and starts a statement over the objects that it is to see.
pub async fn start(session: &Session<'_>, statement: &SourceStatement, file: &[SourceStatement]) -> Result<Underway> {
    refusals::check(session, statement)?;
    let engine = Arc::clone(session.engine());
    if session.settings.seeing == Seeing::Fresh {
        engine.renew();
    }
    let (progress, mut interrupt) = (session.ui().progress(), Interrupt::listen());
    let (before, started) = (engine.totals(), Instant::now());
    let (sender, mut batches) = mpsc::channel(WAITING);
    let (opened, mut schema) = mpsc::channel(1);
    let (statement, file) = (statement.clone(), file.to_vec());
    let (parameters, access) = (session.parameters.clone(), session.statement_access());
    let runner = Arc::clone(&engine);
    let task = tokio::spawn(async move {
        let mut answer = match runner.run(&statement, &file, &parameters, access).await {
            Ok(answer) => answer,
            Err(error) => {
                // Nobody listens where the user has gone on.
                drop(sender.send(Err(error)).await);
                return Ok(());
            }
        };
        drop(opened.send(answer.schema()).await);
        loop {
            let batch = tokio::select! {
                batch = answer.next() => batch,
                () = sender.closed() => return answer.leave().await,
            };
            let Some(batch) = batch else { return Ok(()) };
            // Where it is closed by now, the next turn says so.
            drop(sender.send(batch).await);
        }
    });
    let opening = async { Ok(schema.recv().await) };
    let schema = match watched(&progress, &engine, &before, &mut interrupt, opening).await {
        Ok(Some(schema)) => schema,
        Ok(None) => {
            progress.finish();
            let failed = batches.recv().await;
            return Err(failed.and_then(Result::err).unwrap_or_else(|| Error::bug("a statement ended without a word")));
        }
        Err(error) => {
            task.abort();
            return Err(error);
        }
    };
    Ok(Underway { schema, batches, task, started, before, engine, progress, interrupt })
}

impl Underway {
    /// The next rows; none at the end.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let waiting = async { self.batches.recv().await.transpose() };
        let next = watched(&self.progress, &self.engine, &self.before, &mut self.interrupt, waiting).await;
        if next.is_err() {
            self.task.abort();
            self.progress.finish();
        }
        next
    }

    /// The user has seen enough.
    ///
    /// # Errors
    /// What was shown is not what is stored.
    pub async fn leave(&mut self) -> Result<()> {
        self.batches.close();
        while self.batches.recv().await.is_some() {}
        // A task that was stopped has shown nothing more.
        let leaving = async { (&mut self.task).await.unwrap_or(Ok(())) };
        watched(&self.progress, &self.engine, &self.before, &mut self.interrupt, leaving).await
    }

    /// What was done, `rows` being shown.
    pub fn finish(self, rows: u64) -> Outcome {
        self.progress.finish();
        Outcome {
            schema: Arc::clone(&self.schema),
            rows,
            elapsed: self.started.elapsed(),
            totals: self.engine.totals().since(&self.before),
            is_whole: true,
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Does `work` of a command on another task; progress is shown, and Ctrl-C gives it up.
pub async fn attended<T: Send + 'static>(
    session: &Session<'_>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let (engine, progress, mut interrupt) = (session.engine(), session.ui().progress(), Interrupt::listen());
    let before = engine.totals();
    let mut task = tokio::spawn(work);
    let waiting = async {
        let done = (&mut task).await;
        done.unwrap_or_else(|error| Err(Error::bug("the work of a command failed").because(error)))
    };
    let done = watched(&progress, engine, &before, &mut interrupt, waiting).await;
    task.abort();
    progress.finish();
    done
}

/// Waits for `work`, redraws progress meanwhile, and gives up at Ctrl-C.
async fn watched<T>(
    progress: &Progress,
    engine: &Engine,
    before: &EngineTotals,
    interrupt: &mut Interrupt,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            () = interrupt.heard() => {
                progress.finish();
                return Err(cancelled());
            }
            done = &mut work => return done,
            _ = ticks.tick() => progress.update(&engine.totals().since(before).work()),
        }
    }
}

/// Rows, time and origin, where the user wants them.
pub fn tell_outcome(session: &Session<'_>, outcome: &Outcome) {
    if session.settings.timing == Switch::Off {
        return;
    }
    let has_rows = !outcome.schema.fields().is_empty();
    let rows = has_rows.then_some(FooterRows { count: outcome.rows, are_all: outcome.is_whole });
    let footer = Footer { rows, elapsed: outcome.elapsed, sources: outcome.totals.sources() };
    session.ui().summary(&footer.text(session.ui().screen_size().map(|size| size.width)));
}

/// Shows rows that a command made, on the screen or in the pager.
pub fn show_batch(session: &Session<'_>, batch: &RecordBatch) -> Result<()> {
    let (mut encoder, paged) = session.screen_encoder(batch.schema(), None)?;
    let written = encoder.write(batch).and_then(|()| encoder.finish());
    end_paged(session, &paged, written.map(drop))
}

/// Waits for the pager, if there was one, after what was written to it.
///
/// # Errors
/// The screen can't be written to. That the reader left the pager is none: they have seen enough.
pub fn end_paged(session: &Session<'_>, paged: &PagedSink, written: Result<()>) -> Result<()> {
    let ended = paged.finish(session.ui());
    match written {
        Err(error) if error.kind() == Kind::ClosedPipe => {}
        written => written?,
    }
    ended.map(drop)
}

impl Session<'_> {
    /// An encoder of the next answer: to the screen, or to the file that takes answers; and its sink, which has to be
    /// finished after it.
    pub fn encoder(&self, schema: SchemaRef, title: Option<&str>) -> Result<(Box<dyn Encoder>, PagedSink)> {
        match &self.answers_file {
            Some(file) => Ok((file.encoder(schema)?, self.ui().paged(&Pager::Off, None))),
            None => self.screen_encoder(schema, title),
        }
    }

    /// The screen, or the pager where it is too small.
    pub fn paged(&self) -> PagedSink {
        let pager = if self.settings.pager == Switch::On { &self.programs.pager } else { &Pager::Off };
        self.ui().paged(pager, self.ui().screen_size())
    }

    /// The same to the screen, below a title and as the settings say, wherever answers go.
    pub fn screen_encoder(&self, schema: SchemaRef, title: Option<&str>) -> Result<(Box<dyn Encoder>, PagedSink)> {
        let size = self.ui().screen_size();
        let paged = self.paged();
        let mut sink = Box::new(paged.clone());
        write_title(sink.as_mut(), self.settings.format, title)?;
        let encoder = match (size, self.settings.format) {
            (Some(size), Format::Table) => {
                let colour = self.ui().options().colour == Colour::Always;
                let options = ScreenOptions { width: size.width, upright: self.settings.upright, colour };
                output::screen(schema, sink, &options)
            }
            (_, format) => {
                let options = TableOptions {
                    width: size.map(|size| size.width),
                    max_rows: MaxRows::All,
                    formulas: self.settings.formulas,
                };
                output::encoder(format, schema, sink, &options)?
            }
        };
        Ok((encoder, paged))
    }
}

/// The title of an answer, in the formats that are for people.
pub fn write_title(sink: &mut dyn Write, format: Format, title: Option<&str>) -> Result<()> {
    match (title.map(printable::one_line), format) {
        (Some(title), Format::Table) => writeln!(sink, "{title}")?,
        (Some(title), Format::Markdown) => writeln!(sink, "## {title}\n")?,
        _ => {}
    }
    Ok(())
}
