//! `cargo run --example landing -- OUT --posts N ...` makes a landing of the three topics, as the S3 sink lays it out.
//!
//! Owns the process boundary only; what is made, and how, is in `generator`, which the tests use as well.

mod generator;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use generator::{Arguments, generate};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (line, code) = match generate(&arguments) {
        Ok(made) => (made.to_string(), ExitCode::SUCCESS),
        Err(error) => (format!("error: {error}"), ExitCode::FAILURE),
    };
    // Nothing useful is left to do where even standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
    code
}
