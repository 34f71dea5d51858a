//! The walk over a plan that is about to run: what in it reads or writes beyond the landing and the session's memory.
//!
//! Owns what each kind of step may do. Steps are told by what they are, wherever they stand: below EXPLAIN, in PREPARE,
//! in a subquery, in a view. What a session may always do: read the landing, and make, fill, change and drop tables and
//! views that live in its memory.

use datafusion::catalog::MemTable;
use datafusion::catalog::stream::StreamTable;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::datasource::listing::ListingTable;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{CreateExternalTable, DdlStatement, LogicalPlan, Statement, TableSource, WriteOp};

use super::places::{self, Named};
use super::refusal::COPY;
use super::{Access, Deed, Reach, Refusal};
use crate::error::{Error, Result};
use crate::store::Stores;

/// Settings that decide over the machine rather than over the answer.
const MACHINE_SETTINGS: [&str; 3] = [
    "datafusion.runtime.",
    "datafusion.catalog.location",
    // What keeps a repartition that spills from waiting for ever.
    "datafusion.execution.max_spill_file_size_bytes",
];

/// What a walk found that is permitted.
#[derive(Default)]
struct Found {
    locations: Vec<Named>,
    reaches_beyond: bool,
}

impl Reach {
    /// The plan with its locations as they were checked, and the buckets that it needs opened.
    ///
    /// # Errors
    /// A step is not permitted: an [`Error`] within, which names the step, the location and the flag.
    pub(in crate::engine) async fn check(
        &self,
        plan: LogicalPlan,
        access: Access,
        stores: &Stores,
    ) -> PlanResult<LogicalPlan> {
        let mut found = Found::default();
        self.walk(&plan, access, &mut found)?;
        if found.locations.is_empty() {
            return Ok(plan);
        }
        for named in &found.locations {
            self.open(stores, named).await.map_err(external)?;
        }
        self.settled(plan)
    }

    /// Holds the plan that EXECUTE found against what it may reach now. It was checked when it was prepared, by somebody
    /// who may have had more permissions.
    ///
    /// # Errors
    /// As of [`Reach::check`].
    pub(in crate::engine) fn check_prepared(&self, plan: &LogicalPlan, access: Access) -> PlanResult<()> {
        let mut found = Found::default();
        self.walk(plan, access, &mut found)?;
        if found.reaches_beyond && access == Access::ReadOnly {
            return Err(external(
                Error::statement("`EXECUTE` is refused, because what was prepared reaches beyond the landing")
                    .hint("questions of a report and a project's own script reach the landing alone"),
            ));
        }
        Ok(())
    }

    fn walk(&self, plan: &LogicalPlan, access: Access, found: &mut Found) -> PlanResult<()> {
        plan.apply_with_subqueries(|step| {
            self.check_step(step, access, found)?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(())
    }

    fn check_step(&self, step: &LogicalPlan, access: Access, found: &mut Found) -> PlanResult<()> {
        match step {
            LogicalPlan::Copy(copy) => {
                found.locations.push(self.permitted(COPY, &copy.output_url, Deed::Write, access)?);
                found.reaches_beyond = true;
            }
            LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table)) => {
                refuse_stream(table).map_err(external)?;
                for location in &table.locations {
                    found.locations.push(self.permitted("CREATE EXTERNAL TABLE", location, Deed::Read, access)?);
                }
                found.reaches_beyond = true;
            }
            LogicalPlan::Dml(change) => {
                let beyond = self.check_target(&change.target, &change.op, &change.table_name.to_string(), access);
                found.reaches_beyond |= beyond?;
            }
            LogicalPlan::TableScan(scan) => self.check_table(&scan.source, scan.table_name.table(), access, found)?,
            LogicalPlan::Statement(Statement::SetVariable(set)) => refuse_machine_setting("SET", &set.variable)?,
            LogicalPlan::Statement(Statement::ResetVariable(reset)) => {
                refuse_machine_setting("RESET", &reset.variable)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What is written: whether that is beyond the session's memory.
    fn check_target(
        &self,
        target: &std::sync::Arc<dyn TableSource>,
        op: &WriteOp,
        name: &str,
        access: Access,
    ) -> PlanResult<bool> {
        let provider = source_as_provider(target)?;
        if provider.downcast_ref::<MemTable>().is_some() {
            return Ok(false);
        }
        let what = words(op);
        let Some(files) = provider.downcast_ref::<ListingTable>() else {
            return Err(external(
                Error::statement(format!("`{what}` is refused, because `{name}` is no table in the session's memory"))
                    .hint("what has landed is never changed; `CREATE TABLE ... AS SELECT ...` makes a table in memory"),
            ));
        };
        if !matches!(op, WriteOp::Insert(_)) {
            return Err(external(
                Error::statement(format!("`{what}` is refused, because `{name}` is a table over files"))
                    .hint("files are not changed; `CREATE TABLE ... AS SELECT ...` makes a table in memory"),
            ));
        }
        self.check_files(what, files, Deed::Write, access)?;
        Ok(true)
    }

    fn check_table(
        &self,
        source: &std::sync::Arc<dyn TableSource>,
        name: &str,
        access: Access,
        found: &mut Found,
    ) -> PlanResult<()> {
        if let Some(view) = source.get_logical_plan() {
            return self.walk(&view, access, found);
        }
        // Sources of other kinds have no files: the planner's own relations.
        let Ok(provider) = source_as_provider(source) else { return Ok(()) };
        if provider.downcast_ref::<StreamTable>().is_some() {
            return Err(external(Error::statement(format!("`{name}` is refused, because it is a stream"))));
        }
        if let Some(files) = provider.downcast_ref::<ListingTable>() {
            found.reaches_beyond = true;
            // A table that was made with leave may be read by whoever sees it.
            self.check_files("SELECT", files, Deed::Read, Access::Permitted)?;
        }
        Ok(())
    }

    fn check_files(&self, what: &str, files: &ListingTable, deed: Deed, access: Access) -> PlanResult<()> {
        for url in files.table_paths() {
            let place = places::of_url(url);
            let is_permitted = place.is_ok_and(|place| self.allows(deed, &place, access));
            if !is_permitted {
                let refusal = Refusal { what: Some(what), location: url.as_str(), deed, access };
                return Err(external(refusal.error()));
            }
        }
        Ok(())
    }

    /// The place that a statement names, which it may reach.
    pub(super) fn permitted(&self, what: &str, location: &str, deed: Deed, access: Access) -> PlanResult<Named> {
        let named = Named::parse(location, &self.working_folder)
            .map_err(|error| external(error.within(format!("`{what}` is refused"))))?;
        if self.allows(deed, &named.place, access) {
            return Ok(named);
        }
        Err(external(Refusal { what: Some(what), location, deed, access }.error()))
    }

    fn allows(&self, deed: Deed, place: &places::Place, access: Access) -> bool {
        access == Access::Permitted && self.permitting.read().allow(deed, place)
    }

    /// The plan in which each location stands as it was checked.
    fn settled(&self, plan: LogicalPlan) -> PlanResult<LogicalPlan> {
        let text =
            |location: &str| Named::parse(location, &self.working_folder).map(|named| named.text).map_err(external);
        let settled = plan.transform_down_with_subqueries(|step| match step {
            LogicalPlan::Copy(mut copy) => {
                copy.output_url = text(&copy.output_url)?;
                Ok(Transformed::yes(LogicalPlan::Copy(copy)))
            }
            LogicalPlan::Ddl(DdlStatement::CreateExternalTable(mut table)) => {
                for location in &mut table.locations {
                    *location = text(location)?;
                }
                Ok(Transformed::yes(LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table))))
            }
            step => Ok(Transformed::no(step)),
        });
        settled.map(|settled| settled.data)
    }
}

/// A stream is opened as a file of the machine, past every store.
fn refuse_stream(table: &CreateExternalTable) -> Result<()> {
    let is_asked_for = table.options.iter().any(|(name, value)| {
        let name = name.rsplit('.').next().unwrap_or_default();
        name.eq_ignore_ascii_case("unbounded") && !value.eq_ignore_ascii_case("false")
    });
    if !table.unbounded && !is_asked_for {
        return Ok(());
    }
    Err(Error::statement("`CREATE UNBOUNDED EXTERNAL TABLE` is refused, because pinq reads no streams")
        .hint("leave `UNBOUNDED` out to read the files that are there"))
}

fn refuse_machine_setting(what: &str, variable: &str) -> PlanResult<()> {
    let lower = variable.to_ascii_lowercase();
    if !MACHINE_SETTINGS.iter().any(|setting| lower.starts_with(setting)) {
        return Ok(());
    }
    Err(external(
        Error::statement(format!(
            "`{what} {variable}` is refused, because memory and disk are not a statement's to give"
        ))
        .hint("`[session]` of the configuration has `memory_limit` and `spill_folder`"),
    ))
}

fn words(op: &WriteOp) -> &'static str {
    match op {
        WriteOp::Delete => "DELETE",
        WriteOp::Update => "UPDATE",
        WriteOp::Truncate => "TRUNCATE",
        WriteOp::MergeInto(_) => "MERGE",
        _ => "INSERT",
    }
}

pub(super) fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
