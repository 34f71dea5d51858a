//! The target `timestamp`: texts to timestamps and dates. The check is in `src/checks/timestamp.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::timestamp::check(bytes));
