//! From a statement to the plan that runs: its values, what it may reach, and what it takes to run it a second time.
//!
//! Owns that no plan is run, or handed on, that was not checked. It must not run one.

use std::sync::Arc;

use datafusion::common::{DataFusionError, ParamValues};
use datafusion::logical_expr::{LogicalPlan, Statement};
use datafusion::prelude::DataFrame;

use super::reach::{self, Access};
use super::sparing::{Again, first_try, only_reads};
use super::{Engine, session};
use crate::error::Error;
use crate::sql::{self, Names, SourceStatement};

impl Engine {
    /// The plan of a statement with the values of its parameters, in which nothing reaches beyond what `access` says.
    pub(super) async fn logical_plan(
        &self,
        statement: &SourceStatement,
        values: Option<ParamValues>,
        access: Access,
    ) -> Result<LogicalPlan, DataFusionError> {
        let mut state = self.context.state();
        let placed = |error: DataFusionError| reach::placed(error, statement);
        let mut files = reach::named_files(&statement.parsed)?;
        files.retain(|name| !self.catalog.knows(name));
        if !files.is_empty() {
            let files = reach::with_files(state, files, access, &self.reach, &self.stores);
            state = files.await.map_err(placed)?;
        }
        let plan = state.statement_to_plan(statement.parsed.clone()).await?;
        let plan = match values {
            // Before it is executed: a view that is created keeps the values that it was created with.
            Some(values) => plan.with_param_values(values)?,
            None => plan,
        };
        let plan = self.reach.check(plan, access, &self.stores).await.map_err(placed)?;
        Ok(first_try(plan))
    }

    /// What a plan gives that was checked; of an EXECUTE it is the plan that was prepared.
    pub(super) async fn frame(
        &self,
        plan: LogicalPlan,
        statement: &SourceStatement,
        access: Access,
    ) -> Result<DataFrame, DataFusionError> {
        let is_prepared = matches!(plan, LogicalPlan::Statement(Statement::Execute(_)));
        let frame = self.context.execute_logical_plan(plan).await?;
        if is_prepared {
            let checked = self.reach.check_prepared(frame.logical_plan(), access);
            checked.map_err(|error| reach::placed(error, statement))?;
        }
        Ok(frame)
    }

    /// What it takes to run a plan a second time, if that can be done.
    pub(super) fn again(&self, plan: &LogicalPlan) -> Option<Again> {
        only_reads(plan).then(|| Again {
            state: self.context.state(),
            plan: plan.clone(),
            kept: self.kept.clone(),
            count: Arc::clone(&self.sparing),
        })
    }

    pub(super) async fn diagnosed(&self, error: &DataFusionError, statement: &SourceStatement) -> Error {
        let state = self.context.state();
        let names = Names {
            tables: self.names().await,
            functions: session::functions(&state),
            settings: session::settings(&state),
        };
        sql::diagnose(error, statement, &names)
    }
}
