//! The integration tests, in one binary: each further one would link the whole engine again.

//!
//! A test module is a file or folder here. It must not depend on the machine: no network beyond
//! loopback, no variable of the caller's environment, nothing written outside a scratch folder.

#![cfg(test)]

#[path = "../../examples/s3-landing/server/mod.rs"]
mod s3;

mod caching;
mod cli;
mod console;
mod documented_schedules;
mod hostile;
mod limits;
mod publishing;
mod questions;
mod reach;
mod readme;
mod reference;
mod s3_landing;
mod s3_server;
mod s3_server_protocol;
mod samples;
mod scheduling;
mod secrets;
mod slt;
mod terminal;
mod tidy;
mod weather;
