//! The process boundary: arguments and environment in, exit code out. It must not decide anything.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use pinq::cli;
use pinq::config::Environment;
use tokio::sync::oneshot;

/// Of every thread that may plan or drop a statement. What the parser builds of a long sum or a long UNION is as deep as
/// it is long, and is cloned, visited and dropped by recursion. The space is reserved, and used only where it is needed.
const STACK_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    write_no_core_file();
    let environment = match Environment::of_process() {
        Ok(environment) => environment,
        Err(error) => return cli::fail_early(&error),
    };
    give_large_allocations_back(&environment);
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build()
    {
        Ok(runtime) => runtime,
        Err(error) => return cli::fail_early(&error.into()),
    };
    // Of its own, so that a signal is heard while every thread of the other computes.
    let watching = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(watching) => watching,
        Err(error) => return cli::fail_early(&error.into()),
    };
    let (sender, done) = oneshot::channel();
    let handle = runtime.handle().clone();
    let signals = cli::Signals::default();
    let obeyed = signals.clone();
    // On a thread of its own, so that a signal is obeyed even where a write to a pipe that nobody reads
    // keeps the work from noticing it.
    let work = std::thread::Builder::new().name("pinq".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        let work = AssertUnwindSafe(|| handle.block_on(cli::run(std::env::args_os().collect(), environment, &obeyed)));
        // A panic has said its place on standard error already; what is left is the exit code of a bug.
        let code = std::panic::catch_unwind(work).unwrap_or_else(|_| cli::panicked());
        // Nobody listens where the signal was obeyed without waiting for the work.
        let _ = sender.send(code);
    });
    if let Err(error) = work {
        return cli::fail_early(&error.into());
    }
    let code = watching.block_on(async {
        tokio::select! {
            code = done => code.unwrap_or_else(|_| cli::panicked()),
            code = signals.stopped_hard() => code,
        }
    });
    // A reading of standard input or of a slow disk that is still under way must not hold the exit up.
    runtime.shutdown_background();
    signals.give_terminal_back();
    ExitCode::from(code)
}

/// Credentials stand in the memory of this process: where it crashes, no file of that is written. A limit that can't be
/// set is no reason to answer nothing. What it is at most stays, so that a program that pinq starts can raise its own.
fn write_no_core_file() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Core);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}

/// Has the allocator of glibc give every allocation from a mebibyte on back to the system as soon as it is freed. By
/// itself it keeps what is smaller than the largest one that was freed before, up to 32 MB, so that a process that
/// counts 256 MB comes to hold twice as much. The function that sets this is unsafe to call, but a variable that is
/// read before `main` sets it, too: so the program begins once more, with that.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    expect(unused_variables, reason = "glibc alone has that variable")
)]
fn give_large_allocations_back(environment: &Environment) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::env;
        use std::os::unix::process::CommandExt as _;
        use std::process::Command;

        const VARIABLE: &str = "MALLOC_MMAP_THRESHOLD_";
        const BYTES: &str = "1048576";
        // Whoever set any of these knows better.
        if [VARIABLE, "GLIBC_TUNABLES"].iter().any(|name| environment.get(name).is_some()) {
            return;
        }
        let Ok(program) = env::current_exe() else { return };
        let mut arguments = env::args_os();
        let mut again = Command::new(program);
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        // This comes back only where it fails, which is no reason to answer nothing.
        let _ = again.args(arguments).env(VARIABLE, BYTES).exec();
    }
}
