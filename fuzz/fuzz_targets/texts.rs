//! The target `texts`: texts to numbers, moments and keys. The check is in `src/checks/texts.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::texts::check(bytes));
