//! For tests: an engine over the sample landing.

use super::Engine;
use crate::config::{Config, Environment, Overrides};
use crate::sql;

/// An engine of its own, with no cache.
pub fn engine() -> Engine {
    engine_over(concat!(env!("CARGO_MANIFEST_DIR"), "/data-samples/topics/"))
}

/// The same, over another landing.
pub fn engine_over(landing: &str) -> Engine {
    let environment = Environment::empty(env!("CARGO_MANIFEST_DIR"));
    let overrides = Overrides { landing: Some(landing.to_owned()), ..Overrides::default() };
    let config = Config::load(&overrides, &environment, &sql::parse_type).unwrap();
    Engine::open(&config, &environment).unwrap()
}
