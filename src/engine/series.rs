//! Statements that run one after another: planned ahead, so that what several of them read is read once.
//!
//! Owns how far ahead a plan holds. A statement that may change what later ones see ends the stretch that is planned
//! for good; beyond it, statements are planned only to learn which columns they read, and again when it has run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;

use super::sparing::{Again, spared};
use super::{Access, Answer, Engine, lists_tables};
use crate::error::{Error, Result};
use crate::scan::{Announcement, announce, announces_all};
use crate::sql::{self, Parameters, SourceStatement, StatementKind};

/// Statements in the order in which they run.
pub struct Series<'a> {
    engine: &'a Engine,
    members: Vec<Member<'a>>,
    parameters: &'a Parameters,
    access: Access,
    planned: BTreeMap<usize, Planned>,
    /// The number of the next statement.
    next: usize,
    /// The first statement that is not planned for good.
    settled: usize,
}

/// A statement, and those that were read together with it.
#[derive(Clone, Copy)]
struct Member<'a> {
    statement: &'a SourceStatement,
    file: &'a [SourceStatement],
}

/// What came of planning a statement ahead.
pub(super) struct Planned {
    pub(super) outcome: Result<Plan, DataFusionError>,
    /// Its scans; what is kept for them goes when these are dropped.
    pub(super) announced: Vec<Arc<Announcement>>,
}

/// A statement whose plan is being worked out.
struct BegunPlan {
    schema: SchemaRef,
    physical: SpawnedTask<Result<Arc<dyn ExecutionPlan>, DataFusionError>>,
    again: Option<Again>,
}

/// A statement as it will run.
pub(super) struct Plan {
    pub(super) schema: SchemaRef,
    pub(super) physical: Arc<dyn ExecutionPlan>,
    /// To run it a second time.
    again: Option<Again>,
}

impl BegunPlan {
    async fn finish(self) -> Result<Plan, DataFusionError> {
        let physical =
            self.physical.join_unwind().await.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?;
        Ok(Plan { schema: self.schema, physical: physical?, again: self.again })
    }
}

impl Engine {
    /// Statements to be run in this order, each file's in a slice.
    ///
    /// Those of a long sum or UNION are planned by recursion, on the runtime's threads: these want more stack than tokio
    /// gives them by itself.
    pub fn series<'a>(
        &'a self,
        files: impl IntoIterator<Item = &'a [SourceStatement]>,
        parameters: &'a Parameters,
        access: Access,
    ) -> Series<'a> {
        let members = files.into_iter().flat_map(|file| file.iter().map(move |statement| Member { statement, file }));
        Series {
            engine: self,
            members: members.collect(),
            parameters,
            access,
            planned: BTreeMap::new(),
            next: 0,
            settled: 0,
        }
    }
}

impl Series<'_> {
    /// Starts the next statement, as [`Engine::run`] does.
    ///
    /// # Errors
    /// Those of the statement; the one after it can be started all the same.
    pub async fn start_next(&mut self) -> Result<Answer> {
        if self.next >= self.settled {
            self.plan_ahead().await;
        }
        let number = self.next;
        self.next += 1;
        let planned = self.planned.remove(&number);
        let Some(Member { statement, file }) = self.members.get(number).copied() else {
            return Err(Error::bug("a statement was started that is not there"));
        };
        match planned {
            Some(planned) if number < self.settled => self.engine.start_planned(statement, planned).await,
            planned => {
                let answer = self.engine.run(statement, file, self.parameters, self.access).await;
                drop(planned);
                answer
            }
        }
    }

    /// Leaves the next statement out.
    pub fn pass_over_next(&mut self) {
        self.planned.remove(&self.next);
        self.next += 1;
    }

    /// Plans what is left: for good up to a statement that changes what later ones see, beyond it for its columns.
    ///
    /// The planner needs a table's listing to know its columns, and asks for one table after another.
    async fn plan_ahead(&mut self) {
        let names = self.read_ahead();
        let listing = async {
            self.engine.catalog.list_ahead(names).await;
            std::future::pending().await
        };
        let (planned, settled) = tokio::select! {
            // The planner is asked first: where a store does not answer, its error is the one that counts.
            biased;
            planned = self.plan_rest() => planned,
            never = listing => match never {},
        };
        let left = self.members.len().saturating_sub(self.next);
        let announces_all =
            |planned: &Planned| planned.outcome.as_ref().is_ok_and(|plan| announces_all(&plan.physical));
        if settled == self.members.len() && planned.len() == left && planned.values().all(announces_all) {
            planned.values().flat_map(|planned| &planned.announced).for_each(|announced| announced.close());
        }
        self.settled = settled;
        // Only now does what was announced before go, so that rows that both plans want are kept.
        self.planned = planned;
    }

    /// The names that the statements read which are planned ahead.
    fn read_ahead(&self) -> BTreeSet<String> {
        let statements = self.members.iter().skip(self.next).map(|member| &member.statement.parsed);
        let reading = statements.filter(|parsed| is_planned_ahead(parsed));
        reading.filter_map(|parsed| sql::references(parsed).ok()).flatten().collect()
    }

    /// The plans, and the first statement that is not planned for good.
    ///
    /// What a statement means is settled for one after another, as many of them ask for the same listings; how they will
    /// run is worked out side by side.
    async fn plan_rest(&self) -> (BTreeMap<usize, Planned>, usize) {
        let threads = self.engine.context.state().config().target_partitions();
        let (mut planned, mut begun, mut settled) = (BTreeMap::new(), VecDeque::new(), self.members.len());
        let mut left = self.members.iter().enumerate().skip(self.next);
        loop {
            while begun.len() < threads
                && let Some((number, Member { statement, file })) = left.next()
            {
                if !is_planned_ahead(&statement.parsed) {
                    settled = settled.min(number + 1);
                    continue;
                }
                let plan = self.engine.begin_plan(statement, file, self.parameters, self.access).await;
                if plan.as_ref().is_err_and(is_unreachable) {
                    // It may take long to say so: not once more for each statement.
                    left.by_ref().for_each(drop);
                }
                begun.extend(plan.transpose().map(|plan| (number, plan)));
            }
            let Some((number, plan)) = begun.pop_front() else { break };
            let outcome = match plan {
                Ok(plan) => plan.finish().await,
                Err(error) => Err(error),
            };
            let announced = outcome.as_ref().map(|plan| announce(&plan.physical)).unwrap_or_default();
            let is_last = outcome.as_ref().is_err_and(is_unreachable);
            planned.insert(number, Planned { outcome, announced });
            if is_last {
                settled = settled.min(number + 1);
                break;
            }
        }
        (planned, settled)
    }
}

/// Whether a store did not answer.
fn is_unreachable(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::External(_))
}

fn is_planned_ahead(parsed: &Statement) -> bool {
    matches!(sql::kind(parsed), StatementKind::Query | StatementKind::Explain)
}

impl Engine {
    /// Begins to plan a statement that only reads; `None` where that has to wait until it is run.
    async fn begin_plan(
        &self,
        statement: &SourceStatement,
        file: &[SourceStatement],
        parameters: &Parameters,
        access: Access,
    ) -> Result<Option<BegunPlan>, DataFusionError> {
        // What is wrong with a name or a value is said as the statement is run.
        if lists_tables(statement).unwrap_or(true) {
            return Ok(None);
        }
        let Ok(values) = sql::bind(statement, file, parameters) else { return Ok(None) };
        let state = self.context.state();
        let plan = self.logical_plan(statement, values, access).await?;
        if matches!(plan, LogicalPlan::Statement(_) | LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_))
        {
            // EXECUTE is one that reads: it has no physical plan, the session does it.
            return Ok(None);
        }
        let (schema, again) = (Arc::clone(plan.schema().inner()), self.again(&plan));
        let physical = SpawnedTask::spawn(async move { state.create_physical_plan(&plan).await });
        Ok(Some(BegunPlan { schema, physical, again }))
    }

    /// Starts a statement that was planned ahead.
    async fn start_planned(&self, statement: &SourceStatement, planned: Planned) -> Result<Answer> {
        let Planned { outcome, announced } = planned;
        let vouching = self.vouching();
        let started = outcome.and_then(|plan| {
            let stream = execute_stream(plan.physical, self.context.task_ctx())?;
            Ok((plan.schema, spared(stream, plan.again, &self.spill)))
        });
        match started {
            Ok((schema, stream)) => Ok(Answer::new(schema, stream, statement.clone(), vouching, announced)),
            Err(error) => Err(self.diagnosed(&error, statement).await),
        }
    }
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
