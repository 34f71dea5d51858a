//! The target `infer`: a sample to columns that hold it. The check is in `src/checks/infer.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::infer::check(bytes));
