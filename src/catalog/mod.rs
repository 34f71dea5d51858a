//! The one door through which tables and views are registered.
//!
//! Owns the names that SQL can say: `raw.NAME` for the records of a table, `landed.NAME` for these
//! and where each came from, NAME for the view of that name or else for `raw.NAME`, `pinq.rejects`
//! for the records that were skipped, and `pinq.runs` for the runs of reports. Nothing is listed or read before a statement
//! names it.

mod known;
mod landed;
mod own;
mod runs;
mod tables;
mod views;

use std::sync::{Arc, Weak};

use datafusion::catalog::{CatalogProvider, SchemaProvider};
use datafusion::execution::SessionState;
use futures::future::join_all;
use parking_lot::RwLock;

pub use known::{KnownColumns, KnownKind, KnownTable};
use landed::LandedSchema;
use own::{OWN_SCHEMA, OwnSchema};
pub use runs::Runs;
pub use tables::Tables;
pub use views::{ViewDefinition, Views};

use crate::error::Result;
use crate::scan::Shape;

/// The catalog's name; SQL seldom says it.
pub const CATALOG: &str = "pinq";
/// The schema in which unqualified names are looked up.
pub const DEFAULT_SCHEMA: &str = "public";

/// The tables and views of one engine.
#[derive(Debug)]
pub struct Catalog {
    /// The landed tables.
    pub tables: Arc<Tables>,
    /// The views.
    pub views: Arc<Views>,
    /// The runs of reports.
    runs: Runs,
}

impl Catalog {
    /// A catalog of these tables and views, and of the runs of reports.
    pub fn new(tables: Tables, definitions: Vec<ViewDefinition>, runs: Runs) -> Result<Catalog> {
        let tables = Arc::new(tables);
        let views = Arc::new(Views::new(definitions, Arc::clone(&tables))?);
        Ok(Catalog { tables, views, runs })
    }

    /// The catalog as DataFusion takes it.
    pub fn provider(&self) -> Arc<dyn CatalogProvider> {
        Arc::new(Schemas {
            raw: Arc::new(LandedSchema::new(Arc::clone(&self.tables), Shape::Records)),
            landed: Arc::new(LandedSchema::new(Arc::clone(&self.tables), Shape::RecordsAndOrigin)),
            views: Arc::clone(&self.views),
            own: Arc::new(self.own()),
        })
    }

    /// The schema of what pinq itself has to tell.
    fn own(&self) -> OwnSchema {
        OwnSchema::new(Arc::clone(self.tables.rejects()), self.runs.clone())
    }

    /// Lists the landed tables that these names stand for, side by side; the planner would list one after another.
    ///
    /// What can't be listed is left for the planner to say.
    pub async fn list_ahead(&self, names: impl IntoIterator<Item = String>) {
        let listings = self.views.landed(names).into_iter().map(|name| async move {
            if let Ok(Some(table)) = self.tables.table(&name).await {
                let _untold = table.list_ahead().await;
            }
        });
        join_all(listings).await;
    }

    /// Whether an unqualified name is one already, as far as is known without a listing.
    pub fn knows(&self, name: &str) -> bool {
        self.views.table_exist(name) || self.tables.known_names().iter().any(|known| known == name)
    }

    /// Gives the views the session in which they are planned.
    pub fn attach(&self, session: Weak<RwLock<SessionState>>) {
        self.views.attach(session);
    }
}

/// The four schemas, always in the same order.
#[derive(Debug)]
struct Schemas {
    raw: Arc<LandedSchema>,
    landed: Arc<LandedSchema>,
    views: Arc<Views>,
    own: Arc<OwnSchema>,
}

impl CatalogProvider for Schemas {
    fn schema_names(&self) -> Vec<String> {
        [DEFAULT_SCHEMA, "raw", "landed", OWN_SCHEMA].map(str::to_owned).to_vec()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        match name {
            DEFAULT_SCHEMA => Some(Arc::clone(&self.views) as _),
            "raw" => Some(Arc::clone(&self.raw) as _),
            OWN_SCHEMA => Some(Arc::clone(&self.own) as _),
            "landed" => Some(Arc::clone(&self.landed) as _),
            _ => None,
        }
    }
}
