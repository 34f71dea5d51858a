//! The target `schedule`: cron fields to the times that they mean. The check is in `src/checks/schedule.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::schedule::check(bytes));
