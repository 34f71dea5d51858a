//! The target `number`: texts to exact numbers. The check is in `src/checks/number.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::number::check(bytes));
