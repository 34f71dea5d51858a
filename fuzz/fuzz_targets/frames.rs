//! The target `frames`: gzip and zstd to the bytes that were compressed, however they are cut. The check is in `src/checks/frames.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::frames::check(bytes));
