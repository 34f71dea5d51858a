//! For tests: an engine over the sample landing.

use super::Engine;
use crate::config::{Config, Environment, Overrides};
use crate::sql;

/// An engine of its own, with no cache.
pub fn engine() -> Engine {
    let root = env!("CARGO_MANIFEST_DIR");
    let environment = Environment::empty(root);
    let landing = Some(format!("{root}/data-samples/topics/"));
    let overrides = Overrides { landing, ..Overrides::default() };
    let config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
    Engine::open(&config, &environment).unwrap()
}
