//! The names that SQL can say and their columns, as far as both are known without asking disk or network.
//!
//! Owns what completion can offer at any moment. A view is planned over empty tables of the known columns, so that its
//! names and types are the planner's own; where a table's columns are not known, its syntax says the names.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider,
};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use futures::FutureExt;

use super::{CATALOG, Catalog, DEFAULT_SCHEMA, OWN_SCHEMA};
use crate::scan::Shape;
use crate::sql::{self, Projected, SourceStatement};

/// What a known name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownKind {
    /// A table.
    Table,
    /// A view.
    View,
}

/// A table or a view that is known by name.
#[derive(Clone, Debug)]
pub struct KnownTable {
    /// The schema that it is in.
    pub schema: &'static str,
    /// Its name there.
    pub name: String,
    /// What it is.
    pub kind: KnownKind,
    /// What is known of its columns.
    pub columns: KnownColumns,
}

/// What is known of columns.
#[derive(Clone, Debug)]
pub enum KnownColumns {
    /// All of them, with their types.
    Typed(SchemaRef),
    /// Names that the syntax of a view says.
    Named(Vec<Projected>),
    /// Nothing.
    Unknown,
}

impl Catalog {
    /// Every name that is known now. It waits for nothing; before the topics were listed, what is expected of a landing
    /// counts as known.
    pub fn known(&self, state: &SessionState) -> Vec<KnownTable> {
        let mut known = Vec::new();
        for (schema, shape) in [("raw", Shape::Records), ("landed", Shape::RecordsAndOrigin)] {
            for name in self.tables.known_names() {
                let columns = self.tables.known_schema(&name, shape);
                let columns = columns.map_or(KnownColumns::Unknown, KnownColumns::Typed);
                known.push(KnownTable { schema, name, kind: KnownKind::Table, columns });
            }
        }
        let own = self.own();
        for name in own.table_names() {
            let table = own.table(&name).now_or_never().and_then(Result::ok).flatten();
            let columns = table.map_or(KnownColumns::Unknown, |table| KnownColumns::Typed(table.schema()));
            known.push(KnownTable { schema: OWN_SCHEMA, name, kind: KnownKind::Table, columns });
        }
        for (name, schema, kind) in self.views.created_tables() {
            known.push(KnownTable { schema: DEFAULT_SCHEMA, name, kind, columns: KnownColumns::Typed(schema) });
        }
        self.add_views(state, &mut known);
        known
    }

    fn add_views(&self, state: &SessionState, known: &mut Vec<KnownTable>) {
        let created: Vec<String> = self.views.created_tables().into_iter().map(|(name, ..)| name).collect();
        let mut waiting = self.views.known_definitions(&self.tables.known_names());
        waiting.retain(|(name, _)| !created.iter().any(|created| created == name));
        let stage = Stage::new(state, known, &waiting);
        // A view that another builds on comes first; each round plans those that have all they need.
        while !waiting.is_empty() {
            let names: Vec<String> = waiting.iter().map(|(name, _)| (*name).to_owned()).collect();
            let is_ready = |name: &str| self.views.made_of(name).iter().all(|other| !names.contains(other));
            let (ready, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(name, _)| is_ready(name));
            if ready.is_empty() {
                return;
            }
            for (name, statement) in ready {
                let columns = match stage.plan(statement) {
                    Some(schema) => {
                        stage.register(DEFAULT_SCHEMA, name, Arc::clone(&schema));
                        KnownColumns::Typed(schema)
                    }
                    None => KnownColumns::Named(sql::projected(statement.text())),
                };
                known.push(KnownTable {
                    schema: DEFAULT_SCHEMA,
                    name: name.to_owned(),
                    kind: KnownKind::View,
                    columns,
                });
            }
            waiting = later;
        }
    }
}

/// A session like the engine's, over empty tables.
struct Stage {
    state: SessionState,
    schemas: Vec<(&'static str, Arc<MemorySchemaProvider>)>,
}

impl Stage {
    fn new(state: &SessionState, known: &[KnownTable], views: &[(&str, &SourceStatement)]) -> Self {
        let catalog = Arc::new(MemoryCatalogProvider::new());
        let mut schemas = Vec::new();
        for name in [DEFAULT_SCHEMA, "raw", "landed", OWN_SCHEMA] {
            let schema = Arc::new(MemorySchemaProvider::new());
            // What can't be registered is a view without columns.
            let _ = catalog.register_schema(name, Arc::clone(&schema) as _);
            schemas.push((name, schema));
        }
        let catalogs = Arc::new(MemoryCatalogProviderList::new());
        catalogs.register_catalog(CATALOG.to_owned(), catalog);
        let state = SessionStateBuilder::new_from_existing(state.clone()).with_catalog_list(catalogs).build();
        let stage = Stage { state, schemas };
        for table in known {
            let KnownColumns::Typed(schema) = &table.columns else { continue };
            stage.register(table.schema, &table.name, Arc::clone(schema));
            // Without a view of its name, a name alone means the records.
            if table.schema == "raw" && !views.iter().any(|(view, _)| *view == table.name) {
                stage.register(DEFAULT_SCHEMA, &table.name, Arc::clone(schema));
            }
        }
        stage
    }

    fn register(&self, schema: &str, name: &str, columns: SchemaRef) {
        if let Some((_, schema)) = self.schemas.iter().find(|(other, _)| *other == schema) {
            let _ = schema.register_table(name.to_owned(), Arc::new(EmptyTable::new(columns)));
        }
    }

    /// The columns that the planner gives a query; it has nothing to wait for here.
    fn plan(&self, statement: &SourceStatement) -> Option<SchemaRef> {
        let plan = self.state.statement_to_plan(statement.parsed.clone()).now_or_never()?.ok()?;
        let fields = plan.schema().fields().clone();
        Some(Arc::new(Schema::new(fields)))
    }
}
