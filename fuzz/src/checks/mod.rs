//! One function for each fuzz target: any bytes in, a panic where pinq breaks a promise.

mod columns;
pub mod decode;
pub mod framing;
pub mod infer;
mod landing_key;
mod number;
pub mod schedule;
pub mod texts;
mod timestamp;
mod values;
mod ways;
