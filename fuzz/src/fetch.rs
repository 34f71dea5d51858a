//! What decompresses objects and cuts them, out of pinq's `scan::fetch`, without what fetches.

#[path = "../../src/scan/fetch/inflate.rs"]
pub mod inflate;
#[path = "../../src/scan/fetch/pack.rs"]
pub mod pack;
#[path = "../../src/scan/fetch/parts.rs"]
pub mod parts;
#[path = "../../src/scan/fetch/wanted.rs"]
pub mod wanted;

/// Stands in for the budget of bytes in flight.
pub mod budget {
    /// So small that an input has many parts.
    pub const PART_BYTES: usize = 256;

    /// A share of nothing.
    pub type Permit = std::sync::Arc<()>;
}
