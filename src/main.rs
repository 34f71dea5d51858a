//! The process boundary: arguments and environment in, exit code out. It must not decide anything.

use std::process::ExitCode;

use pinq::config::Environment;

fn main() -> ExitCode {
    let environment = match Environment::of_process() {
        Ok(environment) => environment,
        Err(error) => return pinq::cli::fail_early(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return pinq::cli::fail_early(&error.into()),
    };
    let code = runtime.block_on(pinq::cli::run(std::env::args_os().collect(), environment));
    // A reading of standard input or of a slow disk that is still under way must not hold the exit up.
    runtime.shutdown_background();
    ExitCode::from(code)
}
