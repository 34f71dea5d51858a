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
#[path = "../../src/json/mod.rs"]
pub mod json;
// `key` names its neighbour by `super`; the rest of the folder needs more of pinq.
#[path = "../../src/landing/compression.rs"]
pub mod compression;
#[path = "../../src/landing/key.rs"]
pub mod key;
#[path = "../../src/json/number.rs"]
mod number;
#[path = "../../src/schedule/mod.rs"]
pub mod schedule;
#[path = "../../src/spelling.rs"]
mod spelling;
#[path = "../../src/timestamp.rs"]
pub mod timestamp;

pub mod checks;
mod hidden;
mod reference;
