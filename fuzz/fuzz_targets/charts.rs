//! The target `charts`: charts of headings to columns and back. The check is in `src/checks/charts.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::charts::check(bytes));
