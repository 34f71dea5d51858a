//! What the fuzz targets check, over pinq's own modules compiled from their files.
//!
//! It owns the list of these modules. Each target is a function of `checks`, which panics where pinq is wrong, so that
//! an input can be tried without a fuzzer, too.

/// Stands in for the standard library's macro in pinq's modules, so that a check can hide the widest registers.
macro_rules! is_x86_feature_detected {
    ("avx512f") => {
        !crate::hidden::is_widest_hidden() && std::arch::is_x86_feature_detected!("avx512f")
    };
    ($feature:tt) => {
        std::arch::is_x86_feature_detected!($feature)
    };
}

#[path = "../../src/column.rs"]
pub mod column;
#[path = "../../src/config/mod.rs"]
pub mod config;
#[path = "../../src/error.rs"]
pub mod error;
#[path = "../../src/json/mod.rs"]
pub mod json;
#[path = "../../src/landing/mod.rs"]
pub mod landing;
#[path = "../../src/location.rs"]
mod location;
#[path = "../../src/json/number.rs"]
mod number;
#[path = "../../src/printable.rs"]
mod printable;
#[path = "../../src/schedule/mod.rs"]
pub mod schedule;
#[path = "../../src/secret.rs"]
mod secret;
#[path = "../../src/spelling.rs"]
mod spelling;
#[path = "../../src/sql/mod.rs"]
pub mod sql;
#[path = "../../src/timestamp.rs"]
pub mod timestamp;

pub mod chart;
pub mod checks;
mod engine;
pub mod fetch;
mod hidden;
mod output;
mod reference;

use engine::{cache, scan, store};
