//! Does the memory limit suit the machine, and is there a place to spill to.

use crate::cache::Cache;
use crate::config::{Config, Environment};
use crate::ui::human;

use super::step::{Name, Status, Step};

/// Below the first a statement hardly starts; below the second a join over some million records spills or fails.
const TOO_LITTLE: u64 = 32 << 20;
const LITTLE: u64 = 256 << 20;
/// Beyond this share of the machine's memory, in percent, the system may end the process before pinq spills.
const MOST_PERCENT: u64 = 85;
/// Less room to spill than this is worth a word.
const LITTLE_ROOM: u64 = 1 << 30;

/// Judges the limit.
pub(super) fn step(config: &Config, environment: &Environment) -> Step {
    let limit = config.session.memory_limit;
    let shown = human::bytes(limit);
    let mut step = Step::ok(Name::Memory, format!("statements may hold {shown}"));
    match environment.memory() {
        Some(memory) if memory > 0 => {
            let percent = limit.saturating_mul(100) / memory;
            let of = human::bytes(memory);
            let percent_shown = if percent == 0 { "less than 1".to_owned() } else { percent.to_string() };
            step.what.push_str(&format!(", {percent_shown}% of the {of} that this machine or container has"));
            if percent > 100 {
                step.worsen(Status::Failed);
                step.hint("the system ends a process that takes more than there is: set `memory_limit = \"60%\"` in `[session]`");
            } else if percent > MOST_PERCENT {
                step.worsen(Status::Warning);
                step.hint("leave room for buffers beside it: set `memory_limit = \"60%\"` in `[session]`");
            }
        }
        _ => step.detail("how much memory the machine has could not be told"),
    }
    if limit < TOO_LITTLE {
        step.worsen(Status::Failed);
        step.hint("set `memory_limit` in `[session]` to `\"1GiB\"` or more: statements fail with less than a few hundred megabytes");
    } else if limit < LITTLE {
        step.worsen(Status::Warning);
        step.hint("set `memory_limit` in `[session]` to `\"1GiB\"` or more, or large statements spill or fail");
    }
    let (threads, processors) = (config.session.threads, environment.processors());
    step.detail(format!("{} on {}", counted(threads, "thread"), counted(processors, "processor")));
    if threads > processors.saturating_mul(4) {
        step.worsen(Status::Warning);
        step.hint(
            "leave `threads` in `[session]` out: more threads than processors share the same memory and gain nothing",
        );
    }
    if let Some(folder) = &config.session.spill_folder {
        if !folder.is_dir() || tempfile::Builder::new().prefix(".pinq-doctor-").tempfile_in(folder).is_err() {
            step.worsen(Status::Failed);
            step.detail(format!("`{}`, the `spill_folder`, can not be written", folder.display()));
            step.hint("set `spill_folder` in `[session]` to a folder that is there and yours, or leave it out");
        } else if let Some(free) = Cache::free_bytes(folder) {
            step.detail(format!("{} are free where it spills to, `{}`", human::bytes(free), folder.display()));
            if free < LITTLE_ROOM {
                step.worsen(Status::Warning);
                step.hint("make room there, or set `spill_folder` in `[session]` to another disk");
            }
        }
    }
    step
}

fn counted(number: usize, one: &str) -> String {
    human::counted(number as u64, one, &format!("{one}s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(limit: u64, memory: u64) -> Status {
        let environment = Environment::empty("/").with_machine(memory, 2);
        let mut config = Config::without_file(&environment);
        config.session.memory_limit = limit;
        step(&config, &environment).status
    }

    #[test]
    fn a_limit_is_held_against_the_machine() {
        let gib = 1 << 30;
        assert_eq!(status(6 * gib, 10 * gib), Status::Ok);
        assert_eq!(status(9 * gib, 10 * gib), Status::Warning);
        assert_eq!(status(11 * gib, 10 * gib), Status::Failed);
        assert_eq!(status(100 << 20, 10 * gib), Status::Warning);
        assert_eq!(status(1 << 20, 10 * gib), Status::Failed);
    }

    #[test]
    fn a_folder_to_spill_to_has_to_be_there() {
        let environment = Environment::empty("/").with_machine(4 << 30, 2);
        let mut config = Config::without_file(&environment);
        config.session.spill_folder = Some("/nonexistent/spill".into());
        assert_eq!(step(&config, &environment).status, Status::Failed);
    }
}
