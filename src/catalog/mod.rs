//! The one door through which tables and views are registered.
//!
//! Owns the names that SQL can say: `raw.NAME` for the records of a table, `landed.NAME` for these
//! and where each came from, and NAME for the view of that name or else for `raw.NAME`. Nothing is
//! listed or read before a statement names it.

mod landed;
mod tables;
mod views;

use std::sync::{Arc, Weak};

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::execution::SessionState;
use parking_lot::RwLock;

pub use tables::Tables;
pub use views::{ViewDefinition, Views};

use crate::error::{Error, Result};
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
}

impl Catalog {
    /// A catalog of these tables and views.
    pub fn new(tables: Tables, definitions: Vec<ViewDefinition>) -> Result<Catalog> {
        let tables = Arc::new(tables);
        let views = Arc::new(Views::new(definitions, Arc::clone(&tables))?);
        Ok(Catalog { tables, views })
    }

    /// The catalog as DataFusion takes it.
    pub fn provider(&self) -> Result<Arc<dyn CatalogProvider>> {
        let provider = MemoryCatalogProvider::new();
        let raw = landed::LandedSchema::new(Arc::clone(&self.tables), Shape::Records);
        let landed = landed::LandedSchema::new(Arc::clone(&self.tables), Shape::RecordsAndOrigin);
        let registered = provider
            .register_schema("raw", Arc::new(raw))
            .and_then(|_| provider.register_schema("landed", Arc::new(landed)))
            .and_then(|_| provider.register_schema(DEFAULT_SCHEMA, Arc::clone(&self.views) as _));
        registered.map_err(|error| Error::bug("the schemas could not be registered").because(error))?;
        Ok(Arc::new(provider))
    }

    /// Gives the views the session in which they are planned.
    pub fn attach(&self, session: Weak<RwLock<SessionState>>) {
        self.views.attach(session);
    }
}
