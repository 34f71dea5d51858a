//! placeholder
use super::Engine;
use crate::error::Result;
/// V.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {}
impl Vocabulary {
    /// F.
    pub fn is_function(&self, _name: &str) -> bool {
        false
    }
    /// N.
    pub fn function_names(&self) -> Vec<String> {
        Vec::new()
    }
    /// T.
    pub fn table_names(&self) -> Vec<String> {
        Vec::new()
    }
}
impl Engine {
    /// V.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary::default()
    }
    /// L.
    pub async fn learn_names(&self) -> Result<()> {
        self.catalog.tables.all().await.map(drop)
    }
}
