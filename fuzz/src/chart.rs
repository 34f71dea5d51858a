//! The grammar of charts out of pinq's `chart`, without what draws.

#[path = "../../src/chart/spec.rs"]
mod spec;

pub use spec::{ChartKind, ChartSpec};
