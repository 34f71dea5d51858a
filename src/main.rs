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
    tune_allocator(&environment);
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

/// What the allocator of glibc is told, beside how many arenas there may be. Memory in huge pages, of which an arena takes
/// four at once and gives back what is more than eight: a page at a time, on every core, faults cost a quarter of a run.
/// Every allocation from a mebibyte on goes back to the system as soon as it is freed: by itself glibc keeps what is
/// smaller than the largest one that was freed before, up to 32 MB, so that a process that counts 256 MB comes to hold
/// twice as much.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TUNABLES: &str = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1048576:glibc.malloc.top_pad=8388608:\
                        glibc.malloc.trim_threshold=16777216:glibc.malloc.arena_max=";

/// Tells the allocator of glibc how to get and to give back memory. The function that does so is unsafe to call, but
/// variables that are read before `main` do so, too: so the program begins once more, with those.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    expect(unused_variables, reason = "glibc alone has those variables")
)]
fn tune_allocator(environment: &Environment) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::env;
        use std::os::unix::process::CommandExt as _;
        use std::process::Command;
        use std::thread::available_parallelism;

        const VARIABLE: &str = "GLIBC_TUNABLES";
        // Whoever set any of these knows better.
        let others = ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_TRIM_THRESHOLD_"];
        if others.iter().chain([&VARIABLE]).any(|name| environment.get(name).is_some()) {
            return;
        }
        let Ok(program) = env::current_exe() else { return };
        let mut arguments = env::args_os();
        let mut again = Command::new(program);
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        // An arena for each thread that computes, and one for those that wait for disks.
        let arenas = available_parallelism().map_or(1, usize::from).saturating_add(1);
        // This comes back only where it fails, which is no reason to answer nothing.
        let _ = again.args(arguments).env(VARIABLE, format!("{TUNABLES}{arenas}")).exec();
    }
}
