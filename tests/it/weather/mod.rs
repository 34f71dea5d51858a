//! Bad weather: whatever the service does, an answer is the fair-weather answer or an error that says what was wrong.
//!
//! `faults` tests the server's own grammar, `landing` makes the bucket, `station` runs questions and judges what comes,
//! `ranges` has large objects, `matrix` has each fault alone, `mixes` random ones by seed, `programs` whole processes. What a run under one fault
//! must say exactly stands in `causes`, and what was found wrong once in `regressions`.
//!
//! `PINQ_SEEDS` asks for more seeds than the tests take by themselves, `PINQ_SEED` for other ones.

mod causes;
mod faults;
mod landing;
mod listings;
mod matrix;
mod mixes;
mod programs;
mod ranges;
mod regressions;
mod station;
