//! The target `statements`: SQL to statements, whose places are the text. The check is in `src/checks/statements.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::statements::check(bytes));
