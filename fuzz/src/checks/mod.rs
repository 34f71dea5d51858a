//! One function for each fuzz target: any bytes in, a panic where pinq breaks a promise.

pub mod decode;
pub mod framing;
pub mod infer;
pub mod landing_key;
pub mod number;
pub mod timestamp;
