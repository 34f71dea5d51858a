//! The scheduler against a world that is made up: a destination, hosts that come and go, and a clock that is moved.
//!
//! The cases are in `plan` (the rules alone), `orders` (stops and reloads) and `year` (a year at random).

mod orders;
mod plan;
mod world;
mod year;
