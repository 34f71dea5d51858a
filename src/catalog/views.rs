//! The default schema: the views, and for all other names the table of that name.
//!
//! Owns the order in which views build on each other: a view is planned when a statement names it,
//! and a cycle is found before any statement runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result as PlanResult, plan_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::TableType;
use parking_lot::RwLock;

use super::known::KnownKind;
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::scan::Shape;
use crate::sql::{self, Names, SourceStatement, StatementKind};

/// A view as it was written.
#[derive(Clone, Debug)]
pub struct ViewDefinition {
    /// Its name.
    pub name: String,
    /// The path of its file, or that it is built in.
    pub origin: String,
    /// The file's text.
    pub text: String,
}

/// The default schema.
#[derive(Debug)]
pub struct Views {
    defined: BTreeMap<String, (ViewDefinition, SourceStatement)>,
    /// For each defined view the names that it is made of, as SQL says them.
    made_of: BTreeMap<String, Vec<String>>,
    /// What statements created: views, and tables in memory.
    created: Mutex<HashMap<String, Arc<dyn TableProvider>>>,
    tables: Arc<Tables>,
    session: OnceLock<Weak<RwLock<SessionState>>>,
}

impl Views {
    /// The views of these definitions; each must be one query, and none may build on itself.
    pub fn new(definitions: Vec<ViewDefinition>, tables: Arc<Tables>) -> Result<Views> {
        let (mut defined, mut made_of) = (BTreeMap::new(), BTreeMap::new());
        for definition in definitions {
            let mut statements = sql::split(&definition.text, &definition.origin).map_err(usage)?.into_iter();
            let (Some(statement), None) = (statements.next(), statements.next()) else {
                return Err(Error::usage(format!(
                    "the view `{}` in `{}` is not one statement",
                    definition.name, definition.origin
                ))
                .hint("a view is one SELECT"));
            };
            if sql::kind(&statement.parsed) != StatementKind::Query {
                return Err(Error::usage(format!(
                    "the view `{}` in `{}` is no query",
                    definition.name, definition.origin
                ))
                .hint("a view is one SELECT; leave `CREATE VIEW ... AS` out"));
            }
            made_of.insert(definition.name.clone(), sql::references(&statement.parsed)?);
            defined.insert(definition.name.clone(), (definition, statement));
        }
        let views = Views { defined, made_of, created: Mutex::default(), tables, session: OnceLock::new() };
        views.refuse_cycles()?;
        Ok(views)
    }

    /// Gives the session in which views are planned.
    pub fn attach(&self, session: Weak<RwLock<SessionState>>) {
        // A second session never comes: each engine makes its own catalog.
        let _ = self.session.set(session);
    }

    /// The definitions, ordered by name.
    pub fn definitions(&self) -> impl Iterator<Item = &ViewDefinition> {
        self.defined.values().map(|(definition, _)| definition)
    }

    /// The definitions that can be planned where these tables exist, ordered by name.
    pub fn usable(&self, tables: &[String]) -> impl Iterator<Item = &ViewDefinition> {
        self.definitions().filter(|definition| self.is_usable(&definition.name, tables))
    }

    /// The definitions with their statements, ordered by name: those over these tables, or all where no table is
    /// known.
    pub fn known_definitions(&self, tables: &[String]) -> Vec<(&str, &SourceStatement)> {
        let is_known = |name: &str| tables.is_empty() || self.is_usable(name, tables);
        let known = self.defined.iter().filter(|(name, _)| is_known(name));
        known.map(|(name, (_, statement))| (name.as_str(), statement)).collect()
    }

    /// The names that a defined view is made of, as SQL says them.
    pub fn made_of(&self, name: &str) -> &[String] {
        self.made_of.get(name).map_or(&[], Vec::as_slice)
    }

    /// What statements created, with their columns, ordered by name.
    pub fn created_tables(&self) -> Vec<(String, SchemaRef, KnownKind)> {
        let kind = |table: &Arc<dyn TableProvider>| match table.table_type() {
            TableType::View => KnownKind::View,
            TableType::Base | TableType::Temporary => KnownKind::Table,
        };
        let created = self.created();
        let mut tables: Vec<(String, SchemaRef, KnownKind)> =
            created.iter().map(|(name, table)| (name.clone(), table.schema(), kind(table))).collect();
        tables.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        tables
    }

    /// The landed tables that these names stand for, with or without views between, as far as the names alone tell.
    pub fn landed(&self, names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let (mut landed, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut names: Vec<String> = names.into_iter().collect();
        while let Some(name) = names.pop() {
            let plain = name.strip_prefix("public.").unwrap_or(&name);
            let of_records = name.strip_prefix("raw.").or_else(|| name.strip_prefix("landed."));
            if let Some(table) = of_records {
                landed.insert(table.trim_matches('"').to_owned());
            } else if let Some(made_of) = self.made_of.get(plain) {
                if seen.insert(plain.to_owned()) {
                    names.extend(made_of.iter().cloned());
                }
            } else if !plain.contains('.') && !self.created().contains_key(plain) {
                landed.insert(plain.trim_matches('"').to_owned());
            }
        }
        landed
    }

    fn is_usable(&self, name: &str, tables: &[String]) -> bool {
        self.made_of.get(name).into_iter().flatten().all(|reference| {
            let landed = reference.strip_prefix("raw.").or_else(|| reference.strip_prefix("landed."));
            match landed {
                Some(table) => tables.iter().any(|known| known == table.trim_matches('"')),
                None if self.defined.contains_key(reference) => self.is_usable(reference, tables),
                None => true,
            }
        })
    }

    fn refuse_cycles(&self) -> Result<()> {
        let view = |reference: &'_ String| {
            let plain = reference.strip_prefix("public.").unwrap_or(reference);
            self.defined.get_key_value(plain).map(|(name, _)| name.as_str())
        };
        let building_on: BTreeMap<&str, Vec<&str>> = self
            .made_of
            .iter()
            .map(|(name, references)| (name.as_str(), references.iter().filter_map(view).collect()))
            .collect();
        let mut done = Vec::new();
        for name in building_on.keys() {
            follow(name, &building_on, &mut Vec::new(), &mut done)?;
        }
        Ok(())
    }

    /// The definition of that name, unless a statement put something else in its place.
    pub fn definition(&self, name: &str) -> Option<&ViewDefinition> {
        let defined = self.defined.get(name).map(|(definition, _)| definition);
        defined.filter(|_| !self.created().contains_key(name))
    }

    /// What statements created: the name, whether it is a view, and the text of that; ordered by name.
    pub fn created_texts(&self) -> Vec<(String, TableType, Option<String>)> {
        let text = |table: &Arc<dyn TableProvider>| table.get_table_definition().map(str::to_owned);
        let created = self.created();
        let mut texts: Vec<(String, TableType, Option<String>)> =
            created.iter().map(|(name, table)| (name.clone(), table.table_type(), text(table))).collect();
        texts.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        texts
    }

    async fn plan(
        &self,
        definition: &ViewDefinition,
        statement: &SourceStatement,
    ) -> PlanResult<Arc<dyn TableProvider>> {
        let session =
            self.session.get().and_then(Weak::upgrade).ok_or_else(|| {
                DataFusionError::External(Box::new(Error::bug("a view was planned outside a session")))
            })?;
        let state = session.read().clone();
        let plan = state.statement_to_plan(statement.parsed.clone()).await.map_err(|error| {
            let error = sql::diagnose(&error, statement, &Names { tables: self.tables.names(), ..Names::default() })
                .within(format!("view `{}`", definition.name));
            DataFusionError::External(Box::new(error))
        })?;
        Ok(Arc::new(ViewTable::new(plan, Some(statement.text().to_owned()))))
    }

    /// Whether it is a function that gives rows, such as `generate_series`.
    fn is_function(&self, name: &str) -> bool {
        let session = self.session.get().and_then(Weak::upgrade);
        session.is_some_and(|session| session.read().table_functions().contains_key(name))
    }

    fn created(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<dyn TableProvider>>> {
        self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A view that is broken is a mistake of the project, not of the statement that names it.
fn usage(error: Error) -> Error {
    error.of_kind(crate::error::Kind::Usage)
}

fn follow<'a>(
    name: &'a str,
    building_on: &BTreeMap<&'a str, Vec<&'a str>>,
    path: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
) -> Result<()> {
    if done.contains(&name) {
        return Ok(());
    }
    if let Some(start) = path.iter().position(|other| *other == name) {
        let cycle: Vec<String> = path.iter().skip(start).chain([&name]).map(|name| format!("`{name}`")).collect();
        return Err(Error::usage(format!("views build on each other in a circle: {}", cycle.join(" -> ")))
            .hint("the records themselves are in the schema `raw`, with their origin in `landed`"));
    }
    path.push(name);
    for other in building_on.get(name).into_iter().flatten() {
        follow(other, building_on, path, done)?;
    }
    path.pop();
    done.push(name);
    Ok(())
}

#[async_trait]
impl SchemaProvider for Views {
    fn table_names(&self) -> Vec<String> {
        // A view over a topic that this landing lacks would only make a list of all tables fail.
        let tables = self.tables.names();
        let mut names: Vec<String> = self.usable(&tables).map(|definition| definition.name.clone()).collect();
        names.extend(self.created().keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> PlanResult<Option<Arc<dyn TableProvider>>> {
        let created = self.created().get(name).cloned();
        if created.is_some() {
            return Ok(created);
        }
        match self.defined.get(name) {
            Some((definition, statement)) => self.plan(definition, statement).await.map(Some),
            // The planner asks here first; where there is no landing, asking on would be an error.
            None if self.is_function(name) && !self.tables.names().iter().any(|table| table == name) => Ok(None),
            None => self.tables.provider(name, Shape::Records).await,
        }
    }

    async fn table_type(&self, name: &str) -> PlanResult<Option<TableType>> {
        // Found without planning, so that a broken view does not hide the others.
        if let Some(created) = self.created().get(name) {
            return Ok(Some(created.table_type()));
        }
        Ok(Some(if self.defined.contains_key(name) { TableType::View } else { TableType::Base }))
    }

    fn register_table(
        &self,
        name: String,
        table: Arc<dyn TableProvider>,
    ) -> PlanResult<Option<Arc<dyn TableProvider>>> {
        Ok(self.created().insert(name, table))
    }

    fn deregister_table(&self, name: &str) -> PlanResult<Option<Arc<dyn TableProvider>>> {
        if !self.created().contains_key(name) && self.defined.contains_key(name) {
            return plan_err!("the view {name} is defined by a file and can't be dropped");
        }
        Ok(self.created().remove(name))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.defined.contains_key(name) || self.created().contains_key(name)
    }
}
