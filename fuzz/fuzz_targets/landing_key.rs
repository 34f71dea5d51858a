//! The target `landing_key`: keys to topics, partitions and offsets. The check is in `src/checks/landing_key.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::landing_key::check(bytes));
