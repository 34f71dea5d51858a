//! Objects on their way to the decoders: read ahead, gathered or cut, decompressed, within a budget of bytes.
//!
//! Owns what happens between the choice of the objects and a decoder that takes a pack. It must not decide which
//! objects are read (`objects` does), and parse nothing but the ends of lines.

mod ahead;
mod budget;
mod cached;
mod feed;
mod inflate;
mod large;
mod pack;
mod parts;
mod wanted;

pub(super) use ahead::Volume;
pub(super) use budget::{PART_BYTES, Permit};
pub(super) use feed::{Feed, Limits};
pub(super) use inflate::{InflatedParts, Inflater, ObjectLimit};
pub(super) use pack::{Load, Pack, Piece, Start};
pub(super) use parts::{Cutter, count_line_ends};
pub(super) use wanted::{Positions, Rows, Wanted};
