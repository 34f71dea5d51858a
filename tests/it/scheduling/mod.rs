//! `pinq report start` as an operator meets it: the binary, its log, signals, and what stands at the destination.
//!
//! A missed time is caught up with at the start: that is how a run is seen at once. What a year brings is simulated by
//! the scheduler's own tests.

mod daemon;
mod life;
mod signals;
