//! The target `decode`: bytes to rows, as serde_json reads them. The check is in `src/checks/decode.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::decode::check(bytes));
