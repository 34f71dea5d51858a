//! Files that a statement reads by their location: `SELECT * FROM 'more/ages.parquet'`.
//!
//! Owns which names are locations, and that the planner finds them as tables for that one statement. Only what may be
//! read becomes one: the file is opened to learn its columns, before there is a plan to check.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, SchemaProvider,
    TableProvider,
};
use datafusion::common::{DataFusionError, Result as PlanResult, TableReference};
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableConfigExt};
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    FromTable, ObjectName, Statement as Sql, TableFactor, TableObject, TableWithJoins,
};

use super::check::external;
use super::{Access, Deed, Reach};
use crate::error::Error;
use crate::store::Stores;

/// Extensions of files that the planner reads.
const EXTENSIONS: [&str; 5] = [".csv", ".json", ".ndjson", ".parquet", ".arrow"];

/// The names in a statement that are locations of files rather than names of tables.
pub(in crate::engine) fn named_files(statement: &Statement) -> PlanResult<Vec<String>> {
    let (references, _) = resolve_table_references(statement, true)?;
    let made = made_by(statement);
    let names = references.into_iter().filter_map(|reference| match reference {
        TableReference::Bare { table } => Some(table.to_string()),
        _ => None,
    });
    Ok(names.filter(|name| is_location(name) && made.as_ref() != Some(name)).collect())
}

/// The name of the table or view that a statement makes or changes: it is never a file's.
fn made_by(statement: &Statement) -> Option<String> {
    let name = match statement {
        Statement::CreateExternalTable(table) => &table.name,
        Statement::Statement(sql) => match sql.as_ref() {
            Sql::CreateTable(table) => &table.name,
            Sql::CreateView(view) => &view.name,
            Sql::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => name,
                _ => return None,
            },
            Sql::Update(update) => target(&update.table)?,
            Sql::Delete(delete) => match &delete.from {
                FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables) => target(tables.first()?)?,
            },
            _ => return None,
        },
        _ => return None,
    };
    let part = name.0.last()?.as_ident()?;
    Some(part.value.clone())
}

fn target(table: &TableWithJoins) -> Option<&ObjectName> {
    match &table.relation {
        TableFactor::Table { name, .. } => Some(name),
        _ => None,
    }
}

fn is_location(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains('/') || EXTENSIONS.iter().any(|extension| lower.ends_with(extension))
}

/// The session in which these files are tables.
///
/// # Errors
/// One of them may not be read, does not exist, or has a form that the planner does not read.
pub(in crate::engine) async fn with_files(
    state: SessionState,
    files: Vec<String>,
    access: Access,
    reach: &Reach,
    stores: &Stores,
) -> PlanResult<SessionState> {
    let mut tables = Files::new();
    for file in files {
        let named = reach.permitted("SELECT", &file, Deed::Read, access)?;
        reach.open(stores, &named).await.map_err(external)?;
        let unreadable = |error: DataFusionError| match error.find_root() {
            // A refusal says all that there is to say.
            DataFusionError::External(_) | DataFusionError::ObjectStore(_) => error,
            // Its own text asks the user to report a bug of DataFusion.
            DataFusionError::Internal(_) => external(Error::statement(format!("there is no file `{file}`"))),
            root => external(
                Error::statement(format!("`{file}` can not be read as a table"))
                    .because(root.message().into_owned())
                    .hint("its name has to end in `.csv`, `.json`, `.parquet` or `.arrow`, a folder's in `/`"),
            ),
        };
        let config = ListingTableConfig::new(named.url).infer_options(&state).await.map_err(unreadable)?;
        let table = ListingTable::try_new(config.infer_schema(&state).await.map_err(unreadable)?)?;
        tables.insert(file, Arc::new(table));
    }
    let catalogs = with_tables(&state, tables)?;
    Ok(SessionStateBuilder::new_from_existing(state).with_catalog_list(catalogs).build())
}

/// The catalogs of the session, in which the schema of names without one has these tables as well.
fn with_tables(state: &SessionState, files: Files) -> PlanResult<Arc<dyn CatalogProviderList>> {
    let defaults = &state.config_options().catalog;
    let inner = state.catalog_list();
    let catalogs = MemoryCatalogProviderList::new();
    for name in inner.catalog_names() {
        let Some(catalog) = inner.catalog(&name) else { continue };
        let default_schema = catalog.schema(&defaults.default_schema).filter(|_| name == defaults.default_catalog);
        let Some(default_schema) = default_schema else {
            catalogs.register_catalog(name, catalog);
            continue;
        };
        let schemas = MemoryCatalogProvider::new();
        for name in catalog.schema_names() {
            if let Some(schema) = catalog.schema(&name) {
                schemas.register_schema(&name, schema)?;
            }
        }
        let with_files = SchemaWithFiles { inner: default_schema, files: files.clone() };
        schemas.register_schema(&defaults.default_schema, Arc::new(with_files))?;
        catalogs.register_catalog(name, Arc::new(schemas));
    }
    Ok(Arc::new(catalogs))
}

type Files = BTreeMap<String, Arc<dyn TableProvider>>;

#[derive(Debug)]
struct SchemaWithFiles {
    inner: Arc<dyn SchemaProvider>,
    files: Files,
}

#[async_trait]
impl SchemaProvider for SchemaWithFiles {
    fn table_names(&self) -> Vec<String> {
        self.inner.table_names()
    }

    async fn table(&self, name: &str) -> PlanResult<Option<Arc<dyn TableProvider>>> {
        match self.files.get(name) {
            Some(file) => Ok(Some(Arc::clone(file))),
            None => self.inner.table(name).await,
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.files.contains_key(name) || self.inner.table_exist(name)
    }
}
