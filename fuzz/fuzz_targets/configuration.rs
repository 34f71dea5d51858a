//! The target `configuration`: the text of a `pinq.toml` to a configuration, or an error within the text. The check is in `src/checks/configuration.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pinq_fuzz::checks::configuration::check(bytes));
