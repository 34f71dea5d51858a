//! The cache of rows as nobody plans it: random landings and questions, processes that are killed, crowds of them.
//!
//! What one promise of the cache looks like stands beside its code; here it is only ever compared with the right
//! answer, and the state of its folder with what must hold at any time.

mod crowds;
pub(crate) mod dice;
mod folder;
mod joined;
mod kills;
mod landing;
mod questions;
mod random;
