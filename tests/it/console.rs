//! Console sessions as tests: a file shows commands and what they print, and both have to agree.
//!
//! Owns the format and its runner. Blocks fenced with `console` hold steps: `$ ` starts a command,
//! `> ` goes on with it, `? N` tells its exit code where that is not 0, and the lines up to the next
//! command are its stdout and stderr as a terminal shows them. `[..]` stands for any text in a line,
//! a line `...` for any lines, `[ROOT]` for the scratch folder. Commands run in `sh`, since a reader
//! types them into a shell: globs and pipes work. A run with `PINQ_UPDATE=1` writes what came out
//! into the file instead.
//!
//! Every file gets a scratch copy of the project, a home and a temporary folder of its own, and an
//! environment that holds nothing of the caller's. It must not skip: an unknown command fails.
//! What runs keep for later ones would make what is printed depend on how long a session takes: files
//! that were just written are not kept. So pinq runs with `--no-cache`, unless the session names
//! `XDG_CACHE_HOME` or asks `pinq cache` or `pinq schema`, which reads no more than a sample.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use snapbox::cmd::Command;
use snapbox::filter::NormalizeToExpected;
use snapbox::{Data, Redactions};

/// How long one command may take; a debug build answers within seconds.
const TIMEOUT: Duration = Duration::from_secs(180);

/// What a scratch copy of the project holds.
const PROJECT: [&str; 3] = ["data-samples", "pinq.toml", "queries"];

/// A command and what it is said to print. Lines count from 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) exit_code: i32,
    pub(crate) output: String,
    /// The lines of the file between the command and the next one: exit code and output.
    pub(crate) lines: Range<usize>,
}

/// The steps of every `console` block of the text, in order.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut fence: Option<(&str, bool)> = None;
    let mut in_command = false;
    for (number, line) in text.lines().enumerate() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => {
                fence = Some((ticks, line[ticks.len()..].trim() == "console"));
                in_command = false;
            }
            Some((open, _)) if line.trim_end() == open => fence = None,
            Some((_, true)) => {
                if let Some(command) = line.strip_prefix("$ ") {
                    let lines = number + 1..number + 1;
                    steps.push(Step { command: command.to_owned(), exit_code: 0, output: String::new(), lines });
                    in_command = true;
                    continue;
                }
                let step = steps.last_mut().filter(|step| step.lines.end == number);
                let step = step.unwrap_or_else(|| panic!("line {}: a console block starts with `$ `", number + 1));
                if let (true, Some(more)) = (in_command, line.strip_prefix("> ")) {
                    step.command = format!("{}\n{more}", step.command);
                    step.lines = number + 1..number + 1;
                    continue;
                }
                step.lines.end = number + 1;
                match line.strip_prefix("? ") {
                    Some(code) if in_command => step.exit_code = code.trim().parse().expect("`? ` takes an exit code"),
                    _ => step.output.extend([line, "\n"]),
                }
                in_command = false;
            }
            _ => {}
        }
    }
    for step in &mut steps {
        // Blank lines before the next command are for the reader.
        while step.output == "\n" || step.output.ends_with("\n\n") {
            step.output.pop();
            step.lines.end -= 1;
        }
    }
    steps
}

/// What to do with a difference between the file and what was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Tell it.
    Compare,
    /// Write what was printed into the file.
    Rewrite,
}

/// What whoever runs the tests wishes: `PINQ_UPDATE=1` asks for new expectations.
#[expect(clippy::disallowed_methods, reason = "the wish of whoever runs the tests; no outcome depends on it otherwise")]
pub(crate) fn wish() -> Wish {
    if std::env::var_os("PINQ_UPDATE").is_some_and(|value| value == "1") { Wish::Rewrite } else { Wish::Compare }
}

/// Runs the session of one file; gives what differs, one text for each step that failed.
pub(crate) fn run(file: &Path) -> Vec<String> {
    run_session(file, wish())
}

fn run_session(file: &Path, wish: Wish) -> Vec<String> {
    let text = fs::read_to_string(file).expect("the session can be read");
    let steps = steps(&text);
    if steps.is_empty() {
        return vec![format!("{}: holds no console block with a command", file.display())];
    }
    let scratch = Scratch::new();
    let mut differences = Vec::new();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the last step on, so that the line numbers before it stay true.
    let outcomes: Vec<Step> = steps.iter().map(|step| scratch.run(step)).collect();
    for (expected, actual) in steps.iter().zip(&outcomes).rev() {
        if expected == actual {
            continue;
        }
        let place = format!("{}:{}", file.display(), expected.lines.start);
        let mut difference = format!("{place}: $ {}\n", expected.command);
        if expected.exit_code != actual.exit_code {
            let _ = writeln!(difference, "exit code {} instead of {}", actual.exit_code, expected.exit_code);
        }
        let _ = write!(difference, "--- expected\n{}--- printed\n{}---", expected.output, actual.output);
        differences.push(difference);
        let code = (actual.exit_code != 0).then(|| format!("? {}", actual.exit_code));
        lines.splice(expected.lines.clone(), code.into_iter().chain(actual.output.lines().map(str::to_owned)));
    }
    differences.reverse();
    if wish == Wish::Rewrite && !differences.is_empty() {
        fs::write(file, lines.join("\n") + "\n").expect("the session can be written");
        return Vec::new();
    }
    differences
}

/// The folders of one session: `project` to work in, `home`, `tmp`, and `bin` with the commands.
struct Scratch {
    root: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let scratch = Scratch { root: tempfile::tempdir().expect("a scratch folder") };
        for folder in ["project", "home", "tmp", "bin"] {
            fs::create_dir(scratch.path(folder)).expect("a scratch folder");
        }
        for name in PROJECT {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &scratch.path("project").join(name));
        }
        let pinq = Path::new(env!("CARGO_BIN_EXE_pinq"));
        let examples = pinq.parent().expect("a binary lies in a folder").join("examples");
        scratch.command("pinq", &PINQ.replace("PINQ", &pinq.display().to_string()));
        scratch.command("cargo", &CARGO.replace("EXAMPLES", &examples.display().to_string()));
        scratch
    }

    fn path(&self, folder: &str) -> PathBuf {
        self.root.path().join(folder)
    }

    fn command(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a command can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a command can be made executable");
    }

    /// What the step does, with its output brought to the form of the expected one where they agree.
    fn run(&self, step: &Step) -> Step {
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        let output = Command::new("/bin/sh")
            .args(["-c", &step.command])
            .current_dir(self.path("project"))
            .env_clear()
            .envs([("PATH", path.as_str()), ("TERM", "dumb"), ("COLUMNS", "120"), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
            .envs([("HOME", self.path("home")), ("TMPDIR", self.path("tmp"))])
            // Nothing here may wait for a metadata service that does not answer.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stderr_to_stdout()
            .timeout(TIMEOUT)
            .output()
            .expect("`sh` runs");
        let mut roots = Redactions::new();
        let root = self.root.path().canonicalize().expect("the scratch folder exists");
        roots.insert("[ROOT]", root.display().to_string()).expect("a placeholder");
        let printed = Data::text(String::from_utf8_lossy(&output.stdout));
        let expected = Data::text(step.output.clone());
        let normalized = NormalizeToExpected::new().redact_with(&roots).normalize(printed, &expected);
        let mut text = normalized.render().expect("text stays text");
        // A block cannot show whether the last newline is missing or repeated.
        text.truncate(text.trim_end_matches('\n').len());
        if !text.is_empty() {
            text.push('\n');
        }
        // A process without a code was ended by a signal, also where it ran out of time.
        let exit_code = output.status.code().unwrap_or(-1);
        Step { command: step.command.clone(), exit_code, output: text, lines: step.lines.clone() }
    }
}

/// Stands in for `pinq`: without the cache, unless the session is about it.
const PINQ: &str = r#"case "$XDG_CACHE_HOME:$1" in
    :|:cache|:schema|?*:*) ;;
    *) set -- --no-cache "$@" ;;
esac
exec 'PINQ' "$@""#;

/// Stands in for `cargo run`, which would build again: the binaries of this build, by the same words.
const CARGO: &str = r#"example=
[ "$1" = run ] && shift || { echo "no session may run \`cargo $1\`" >&2; exit 64; }
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case "$1" in
        --release|--locked|--quiet|-q) shift ;;
        --example) example=$2; shift 2 ;;
        *) echo "no session may pass \`$1\` to cargo" >&2; exit 64 ;;
    esac
done
[ $# -eq 0 ] || shift
[ -z "$example" ] || exec "EXAMPLES/$example" "$@"
exec pinq "$@""#;

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap_or_else(|error| panic!("`{}` can be copied: {error}", from.display()));
        // As old as it is: what was just written is not kept from run to run.
        let modified = fs::metadata(from).and_then(|known| known.modified()).expect("the time of a file");
        let copied = fs::File::options().write(true).open(to).expect("the copy can be opened");
        copied.set_modified(modified).expect("the time of a file can be set");
        return;
    }
    fs::create_dir(to).expect("a scratch folder");
    for entry in fs::read_dir(from).expect("the folder can be listed") {
        let name = entry.expect("the entry can be read").file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}

#[test]
fn blocks_are_cut_into_steps() {
    let text = "text\n```sh\n$ not this\n```\n````console\n$ a \\\n> b\n? 2\nout\n```\n\n$ c\n````\n$ nor this\n";
    let step = |command: &str, exit_code, output: &str, lines| Step {
        command: command.to_owned(),
        exit_code,
        output: output.to_owned(),
        lines,
    };
    assert_eq!(steps(text), [step("a \\\nb", 2, "out\n```\n", 7..10), step("c", 0, "", 12..12)]);
}

#[test]
fn a_session_fails_where_it_differs() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let run = |steps: &str| {
        let file = folder.path().join("session.md");
        fs::write(&file, format!("```console\n{steps}```\n")).expect("a session can be written");
        run_session(&file, Wish::Compare)
    };
    assert_eq!(run("$ echo one; echo two >&2\none\ntwo\n\n$ exit 3\n? 3\n$ pwd\n[ROOT]/project\n"), [""; 0]);
    assert_eq!(
        run("$ env -u PWD | cut -d= -f1 | sort | paste -sd' '\nAWS_EC2[..] COLUMNS HOME LC_ALL PATH TERM TMPDIR TZ\n"),
        [""; 0]
    );
    assert!(run("$ echo one\ntwo\n")[0].contains("session.md:2: $ echo one\n--- expected\ntwo\n--- printed\none\n"));
    assert!(run("$ exit 3\n")[0].contains("exit code 3 instead of 0"));
    assert!(run("$ no-such-command\n...\n")[0].contains("exit code 127 instead of 0"));
    assert!(run("$ cargo test\n...\n")[0].contains("exit code 64 instead of 0"));
    assert!(run("")[0].contains("holds no console block"));
}

#[test]
fn a_session_can_be_rewritten() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("session.md");
    let session =
        |first: &str, second: &str| format!("a\n```console\n$ echo x; exit 4\n{first}\n$ echo y\n{second}```\nb\n");
    fs::write(&file, session("? 1\nold\nold\n", "[..]\n")).expect("a session can be written");
    assert_eq!(run_session(&file, Wish::Rewrite), [""; 0]);
    assert_eq!(fs::read_to_string(&file).expect("the session is there"), session("? 4\nx\n", "[..]\n"));
    assert_eq!(run_session(&file, Wish::Compare), [""; 0]);
}

#[test]
#[should_panic(expected = "line 2: a console block starts with `$ `")]
fn output_without_a_command_fails() {
    steps("```console\noutput\n```\n");
}
