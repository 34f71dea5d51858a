//! Running statements one after another and writing their answers: what `run` and `sql` share.

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant};

use futures::StreamExt;

use super::charts::{self, Charts};
use super::findings;
use super::inputs::Input;
use super::options::CommonArgs;
use crate::chart::ChartData;
use crate::config::Environment;
use crate::destination::{Destination, Draft, Output};
use crate::engine::{Access, Answer, Engine, Permissions, Shown, ticking};
use crate::error::{Error, Kind, Result};
use crate::output::{self, Format, Sink};
use crate::sql::{self, Heading, Parameters, SourceStatement, StatementKind};
use crate::store::RequestCounts;
use crate::ui::{Ui, human};

/// What happens to the statements after one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// They are not run.
    Stop,
    /// They are run; the exit code says that one failed.
    KeepGoing,
}

/// How statements are run.
pub struct Running<'a> {
    pub ui: &'a Ui,
    pub common: &'a CommonArgs,
    pub environment: &'a Environment,
    pub parameters: Parameters,
    pub charts: Charts,
    pub permissions: Permissions,
    pub on_failure: OnFailure,
}

impl Running<'_> {
    /// Runs every statement of `inputs` over one snapshot.
    pub async fn run(&self, inputs: Vec<Input>) -> Result<()> {
        let started = Instant::now();
        self.refuse_unknown_parameters(&inputs)?;
        let engine = self.common.engine(self.environment)?;
        engine.permit(self.permissions.clone());
        let mut writer = Writer::new(self, &inputs)?;
        let (mut ran, mut failed) = (0_u64, 0_u64);
        let files = inputs.iter().filter_map(|input| input.statements.as_deref().ok());
        let mut series = engine.series(files, &self.parameters, Access::Permitted);
        for input in &inputs {
            let outcome = match &input.statements {
                Ok(statements) => {
                    let mut number = 0;
                    let mut outcome = Ok(());
                    for statement in statements {
                        ran += 1;
                        let started = series.start_next();
                        outcome = writer.answer(&engine, &input.name, &mut number, statement, started).await;
                        match (&outcome, self.on_failure) {
                            (Err(error), OnFailure::KeepGoing) if error.kind() != Kind::ClosedPipe => {
                                failed += 1;
                                self.ui.print_error(error);
                                outcome = Ok(());
                            }
                            (Err(_), _) => break,
                            (Ok(()), _) => {}
                        }
                    }
                    outcome
                }
                Err(error) if self.on_failure == OnFailure::KeepGoing => {
                    (ran, failed) = (ran + 1, failed + 1);
                    self.ui.print_error(error);
                    Ok(())
                }
                Err(error) => Err(error.again()),
            };
            if outcome.is_err() {
                findings::tell_of_failure(self.ui, &engine);
            }
            outcome?;
        }
        writer.finish(&engine).await?;
        self.summarise(&engine, ran, started.elapsed());
        if failed > 0 {
            return Err(Error::statement(format!(
                "{failed} of {} failed",
                human::counted(ran, "statement", "statements")
            )));
        }
        Ok(())
    }

    fn refuse_unknown_parameters(&self, inputs: &[Input]) -> Result<()> {
        for input in inputs {
            if matches!(&input.statements, Ok(statements) if statements.is_empty()) {
                self.ui.warning(&format!("`{}` holds no statement", input.name));
            }
        }
        let statements = inputs.iter().filter_map(|input| input.statements.as_ref().ok()).flatten();
        sql::refuse_unknown(&self.parameters, statements)
    }

    fn summarise(&self, engine: &Engine, statements: u64, elapsed: Duration) {
        let totals = engine.totals();
        let requests = totals.requests;
        let cached = match totals.scans.cached_objects {
            0 => String::new(),
            objects => format!(
                ", {} with {} from the cache",
                human::counted(objects, "object", "objects"),
                human::counted(totals.scans.cached_records, "record", "records"),
            ),
        };
        self.ui.summary(&format!(
            "{}, {}, {}, {}, {}, {}{cached}, {}",
            human::counted(statements, "statement", "statements"),
            human::counted(totals.tables, "table", "tables"),
            human::counted(totals.scans.objects, "object", "objects"),
            human::bytes(totals.scans.bytes),
            requested(&requests),
            human::counted(totals.scans.records, "record", "records"),
            human::duration(elapsed),
        ));
        // With a cache they were read from there.
        if totals.given_up > 0 && engine.cache_place().is_none() {
            self.ui.hint("statements read the same objects again, because their rows did not fit in memory: raise `memory_limit` under `[session]`");
        }
        if totals.sparing > 0 {
            let counted = human::counted(totals.sparing, "statement", "statements");
            self.ui.hint(&format!("{counted} had too little memory for the fast way, and ran a second time the way that spills: raise `memory_limit` under `[session]`"));
        }
        findings::tell_of_tombstones(self.ui, engine);
        findings::tell(self.ui, engine);
        findings::tell_of_cache(self.ui, engine);
    }
}

/// Requests of every kind, and what went wrong with them where anything did.
fn requested(requests: &RequestCounts) -> String {
    let total = human::counted(requests.total(), "request", "requests");
    let retries = (requests.retries > 0).then(|| human::counted(requests.retries, "retry", "retries"));
    let slow_downs = (requests.slow_downs > 0).then(|| human::counted(requests.slow_downs, "slow-down", "slow-downs"));
    match (retries, slow_downs) {
        (None, None) => total,
        (Some(only), None) | (None, Some(only)) => format!("{total} ({only})"),
        (Some(retries), Some(slow_downs)) => format!("{total} ({retries}, {slow_downs})"),
    }
}

/// Writes answers to where `--output` says.
struct Writer<'a> {
    running: &'a Running<'a>,
    output: Output,
    /// The one file of all answers, where there is one.
    file: Option<Draft>,
    written: u64,
}

impl<'a> Writer<'a> {
    fn new(running: &'a Running<'a>, inputs: &[Input]) -> Result<Self> {
        let output = running.common.output(running.ui, running.environment)?;
        let format = output.format;
        running.charts.check(format)?;
        let answers = inputs.iter().flat_map(|input| input.statements.iter().flatten());
        let answers = answers.filter(|statement| crate::sql::kind(&statement.parsed) != StatementKind::Changes).count();
        let is_file = matches!(output.destination, Destination::File(_));
        let holds_one = matches!(format, Format::Arrow | Format::Parquet) || (format == Format::Json && is_file);
        if answers > 1 && holds_one && !matches!(output.destination, Destination::Folder(_)) {
            return Err(Error::usage(format!("{answers} answers do not fit into one {format} output"))
                .hint("give a folder: `--output FOLDER/` writes one file for each answer"));
        }
        if matches!(output.destination, Destination::Folder(_)) {
            refuse_shared_names(inputs)?;
        }
        let file = if is_file { Some(output.draft("")?) } else { None };
        Ok(Writer { running, output, file, written: 0 })
    }

    /// Runs one statement and writes its answer; `number` counts the answers of its file.
    async fn answer(
        &mut self,
        engine: &Engine,
        name: &str,
        number: &mut u64,
        statement: &SourceStatement,
        started: impl Future<Output = Result<Answer>>,
    ) -> Result<()> {
        let charted = self.running.charts.spec(statement)?;
        let progress = Shown::of(self.running.ui, engine);
        let mut answer = ticking(&progress, engine, started).await?;
        if answer.schema().fields().is_empty() {
            return drain(&progress, engine, answer).await;
        }
        *number += 1;
        let draft = match &self.file {
            Some(_) => None,
            None => Some(self.output.draft(&answer_name(name, *number))?),
        };
        let Some(shared) = draft.as_ref().or(self.file.as_ref()) else {
            return Err(Error::bug("an answer has no place to go"));
        };
        let before = shared.length()?;
        let sink = shared.sink(self.running.ui)?;
        let mut chart = match charted {
            Some(spec) => Some((spec, ChartData::new(&answer.schema()), shared.sink(self.running.ui)?)),
            None => None,
        };
        let data = chart.as_mut().map(|(_, data, _)| data);
        let mut written = self.encode(engine, &progress, &mut answer, sink, &statement.heading, data).await;
        if matches!(&written, Err(error) if error.kind() == Kind::ClosedPipe) {
            // Whoever has gone away has seen rows.
            answer.leave().await?;
        }
        if let (Ok(()), Some((spec, data, sink))) = (&written, chart) {
            written = charts::write(self.running.ui, &self.output, sink, &spec, &data);
        }
        if let (Err(_), None, Some(file)) = (&written, &draft, &self.file) {
            // Whatever goes on, half an answer must not stand among whole ones.
            file.cut(before)?;
        }
        written?;
        match draft {
            Some(draft) => draft.commit(engine.stores()).await,
            None => Ok(()),
        }
    }

    async fn encode(
        &mut self,
        engine: &Engine,
        progress: &Shown,
        answer: &mut Answer,
        mut sink: Sink,
        heading: &Heading,
        mut chart: Option<&mut ChartData>,
    ) -> Result<()> {
        // A statement that fails before its first rows leaves no header behind.
        let mut batch = ticking(progress, engine, async { Ok(answer.next().await) }).await?.transpose()?;
        let shares_sink = !matches!(self.output.destination, Destination::Folder(_));
        if shares_sink
            && self.written > 0
            && matches!(
                self.output.format,
                Format::Table | Format::Vertical | Format::Markdown | Format::Csv | Format::Tsv
            )
        {
            writeln!(sink)?;
        }
        match (&heading.title, self.output.format) {
            (Some(title), Format::Table | Format::Vertical) => writeln!(sink, "{title}")?,
            (Some(title), Format::Markdown) => writeln!(sink, "## {title}\n")?,
            _ => {}
        }
        let mut encoder = output::encoder(self.output.format, answer.schema(), sink, &self.output.options)?;
        while let Some(rows) = batch {
            encoder.write(&rows)?;
            if let Some(data) = &mut chart {
                data.push(&rows)?;
            }
            batch = ticking(progress, engine, async { Ok(answer.next().await) }).await?.transpose()?;
        }
        progress.bar.finish();
        encoder.finish()?;
        self.written += 1;
        Ok(())
    }

    async fn finish(self, engine: &Engine) -> Result<()> {
        match self.file {
            Some(draft) => draft.commit(engine.stores()).await,
            None => Ok(()),
        }
    }
}

/// What an answer is called: as its file, with a number from the second on.
fn answer_name(file: &str, number: u64) -> String {
    if number > 1 { format!("{file}.{number}") } else { file.to_owned() }
}

/// Two answers of one name would be one file in a folder, which is the later one's.
fn refuse_shared_names(inputs: &[Input]) -> Result<()> {
    let mut named: HashMap<String, &SourceStatement> = HashMap::new();
    for input in inputs {
        let answers = input.statements.iter().flatten();
        let answers = answers.filter(|statement| sql::kind(&statement.parsed) != StatementKind::Changes);
        for (number, statement) in (1..).zip(answers) {
            let name = answer_name(&input.name, number);
            if let Some(other) = named.insert(name.clone(), statement) {
                return Err(Error::usage(format!(
                    "the answers to {} and {} would both be the file `{name}`",
                    other.place(),
                    statement.place()
                ))
                .hint("rename one of the files, or write them into different folders"));
            }
        }
    }
    Ok(())
}

/// Runs a statement that answers nothing, such as SET or CREATE VIEW, to its end.
async fn drain(progress: &Shown, engine: &Engine, mut answer: Answer) -> Result<()> {
    while let Some(batch) = ticking(progress, engine, async { Ok(answer.next().await) }).await? {
        batch?;
    }
    Ok(())
}
