//! The categories of the posts, for every benchmark that makes some.
//!
//! It must hold nothing else: it is compiled into several packages.

/// Each as often as any other.
pub const CATEGORIES: [&str; 13] = [
    "art",
    "beauty",
    "christmas",
    "diy-and-crafts",
    "education",
    "event-planning",
    "finance",
    "home-decor",
    "mens-fashion",
    "quotes",
    "tattoos",
    "travel",
    "vehicles",
];
