//! The layers of the modules, as data: who stands where, and the few who may see a neighbour.
//!
//! Owns the tables that a new module is added to. It must not look at files.

/// The lowest layer is 0. A module may use those of lower layers; the table of ARCHITECTURE.md.
const LAYERS: [(u8, &[&str]); 10] = [
    (9, &["main", "lib"]),
    (8, &["cli"]),
    (7, &["report", "repl", "doctor"]),
    (6, &["engine"]),
    (5, &["catalog"]),
    (4, &["scan"]),
    (3, &["cache", "json", "destination", "publication"]),
    (2, &["store", "landing", "config"]),
    (
        1,
        &[
            "location",
            "sql",
            "schedule",
            "ui",
            "output",
            "chart",
            "functions",
            "column",
            "timestamp",
            "shipped",
            "questions",
            "printable",
            "spelling",
            "secret",
        ],
    ),
    (0, &["error"]),
];

/// Edges inside one layer: the first may use the second. `landing` is pure, so both may read keys
/// with it; `store` takes its settings from `config`.
const SIDEWAYS: [(&str, &str); 3] = [("store", "landing"), ("config", "landing"), ("store", "config")];

/// The leaves that every other leaf may use. One of them may use those before it, so that they
/// cannot form a cycle.
const SHARED_LEAVES: [&str; 5] = ["spelling", "printable", "timestamp", "location", "column"];

/// A crate that only some modules may name, and why.
pub(super) struct Fence {
    pub(super) crates: &'static [&'static str],
    pub(super) allowed: &'static [&'static str],
    pub(super) why: &'static str,
}

/// Crates that only some modules may name. A crate's name stands for those that extend it, too:
/// `datafusion` for `datafusion_common`.
pub(super) const FENCES: [Fence; 7] = [
    Fence {
        crates: &["datafusion"],
        allowed: &["engine", "catalog", "scan", "cache", "functions", "sql", "error"],
        why: "so that an upgrade of the planner touches a few modules",
    },
    Fence { crates: &["clap"], allowed: &["cli", "main"], why: "so that the library knows no command line" },
    Fence { crates: &["ratatui"], allowed: &["chart"], why: "so that nothing but charts is drawn cell by cell" },
    Fence { crates: &["plotters"], allowed: &["chart"], why: "so that a chart looks the same wherever it stands" },
    Fence {
        crates: &["minijinja", "reqwest"],
        allowed: &["report"],
        why: "so that only reports make pages and send them",
    },
    Fence { crates: &["croner"], allowed: &["schedule"], why: "so that one place knows what a schedule means" },
    Fence { crates: &["tracing"], allowed: &["report", "ui"], why: "so that only what runs by itself keeps a log" },
];

/// Modules that work on values alone, with no disk, network or runtime.
pub(super) const PURE: [&str; 8] =
    ["json", "landing", "location", "column", "timestamp", "printable", "schedule", "chart"];

/// What a pure module must not name: crates, and modules of `std`.
pub(super) const IMPURE: [&str; 7] =
    ["tokio", "object_store", "std::fs", "std::net", "std::process", "std::thread", "std::time::SystemTime"];

/// The one module that may be `unsafe`.
pub(super) const UNSAFE_ROOM: &str = "json";

/// The modules through which the environment enters.
pub(super) const ENVIRONMENT_DOORS: [&str; 3] = ["config", "store", "main"];

/// Names that say nothing about what a module owns.
pub(super) const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "misc", "shared_code", "toolbox"];

/// Why `from` may not use `to`, or `None` where it may.
pub(super) fn objection(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let (Some(above), Some(below)) = (layer(from), layer(to)) else {
        // A module that is missing from the table is told of once, by its own file.
        return None;
    };
    let beside = SIDEWAYS.contains(&(from, to)) || shared_leaf(from, to);
    if above > below || (above == below && beside) {
        return None;
    }
    let place = if above == below { "stands beside it" } else { "stands above it" };
    Some(format!("`{from}` (layer {above}) uses `{to}` (layer {below}), which {place}"))
}

/// The layer of a top-level module, or `None` where the table does not have it.
pub(super) fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(_, modules)| modules.contains(&module)).map(|(layer, _)| *layer)
}

fn shared_leaf(from: &str, to: &str) -> bool {
    let position = |name| SHARED_LEAVES.iter().position(|leaf| *leaf == name);
    match (position(from), position(to)) {
        (Some(from), Some(to)) => to < from,
        (None, Some(_)) => layer(from) == Some(1),
        (_, None) => false,
    }
}
