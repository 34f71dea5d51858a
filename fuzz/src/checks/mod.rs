//! One function for each fuzz target: any bytes in, a panic where pinq breaks a promise.

pub mod charts;
mod columns;
pub mod configuration;
pub mod decode;
pub mod frames;
pub mod framing;
pub mod infer;
pub mod keys;
mod number;
pub mod schedule;
pub mod statements;
pub mod texts;
mod timestamp;
mod values;
mod ways;
