//! For whoever looks at a landing step by step: where each table lies, which views there are, whether a statement can be
//! planned.
//!
//! Owns nothing but these questions. None of them reads an object, unless columns have to be inferred for a plan.

use super::{Access, Engine, lists_tables};
use crate::error::Result;
use crate::location::Location;
use crate::sql::{self, Parameters, SourceStatement, StatementKind};

/// A table of the landing, or one with a location of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePlace {
    /// Its name within `raw`.
    pub name: String,
    /// Where its objects lie.
    pub location: Location,
}

/// A view of the project, or one that is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewPlace {
    /// Its name.
    pub name: String,
    /// Its file, or that it is built in.
    pub origin: String,
    /// Whether the landing has every table that it names.
    pub has_tables: bool,
}

/// What came of planning a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planning {
    /// It has a plan.
    Planned,
    /// It can't have one before its parameters have values.
    NeedsParameters,
    /// It is one that changes something, and has a plan only when it runs.
    NotTried,
}

impl Engine {
    /// Every table and where it lies, ordered by name. Lists the landing's topics, and no objects.
    ///
    /// # Errors
    /// The topics can't be listed, or two of them would share a name.
    pub async fn table_places(&self) -> Result<Vec<TablePlace>> {
        let tables = self.catalog.tables.all().await?;
        let place = |table: &std::sync::Arc<crate::scan::LandedTable>| TablePlace {
            name: table.name().to_owned(),
            location: table.location().clone(),
        };
        Ok(tables.iter().map(place).collect())
    }

    /// Every view that is defined, ordered by name.
    pub fn view_places(&self) -> Vec<ViewPlace> {
        let views = &self.catalog.views;
        let tables = self.catalog.tables.names();
        let usable: Vec<&str> = views.usable(&tables).map(|view| view.name.as_str()).collect();
        let place = |view: &crate::catalog::ViewDefinition| ViewPlace {
            name: view.name.clone(),
            origin: view.origin.clone(),
            has_tables: usable.contains(&view.name.as_str()),
        };
        views.definitions().map(place).collect()
    }

    /// Plans a statement without running it.
    ///
    /// # Errors
    /// It has no plan; they are those of running it.
    pub async fn plans(
        &self,
        statement: &SourceStatement,
        file: &[SourceStatement],
        parameters: &Parameters,
    ) -> Result<Planning> {
        if !matches!(sql::kind(&statement.parsed), StatementKind::Query | StatementKind::Explain) {
            return Ok(Planning::NotTried);
        }
        let Ok(values) = sql::bind(statement, file, parameters) else { return Ok(Planning::NeedsParameters) };
        if lists_tables(statement)? {
            self.catalog.tables.all().await?;
        }
        let state = self.context.state();
        let planned = async {
            let plan = self.logical_plan(statement, values, Access::ReadOnly).await?;
            state.create_physical_plan(&plan).await.map(drop)
        };
        match planned.await {
            Ok(()) => Ok(Planning::Planned),
            Err(error) => Err(self.diagnosed(&error, statement).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples::engine;

    #[tokio::test]
    async fn what_can_be_planned_is_told_from_what_can_not() {
        let engine = engine();
        let parameters = Parameters::new();
        let planning = async |text: &str| {
            let statements = sql::split(text, "<sql>").unwrap();
            engine.plans(&statements[0], &statements, &parameters).await
        };
        assert_eq!(planning("select count(*) from pin").await.unwrap(), Planning::Planned);
        assert_eq!(planning("select $country").await.unwrap(), Planning::NeedsParameters);
        assert_eq!(planning("create view v as select 1").await.unwrap(), Planning::NotTried);
        assert!(planning("select nothing from pin").await.unwrap_err().message().contains("nothing"));
        let names: Vec<String> = engine.table_places().await.unwrap().into_iter().map(|place| place.name).collect();
        assert_eq!(names, ["geo", "pin", "user"]);
        assert!(engine.view_places().iter().all(|view| view.has_tables));
    }
}
