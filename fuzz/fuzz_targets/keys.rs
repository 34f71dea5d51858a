//! The target `keys`: keys of objects to what they say, and topics to tables. The check is in `src/checks/keys.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::keys::check(bytes));
