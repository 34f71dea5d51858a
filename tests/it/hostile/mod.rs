//! Landings that somebody made to do harm: each ends in the right answer or a clear error, in bounded memory and time.
//!
//! What is printed of hostile text is shown by the sessions `tests/cli/hostile*.md`; what any bytes may do by the fuzz
//! targets.

mod bombs;
mod folders;
mod keys;
mod landing;
mod records;
