//! The target `framing`: bytes to records, none lost. The check is in `src/checks/framing.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::framing::check(bytes));
