//! An answer on the terminal, and in the user's pager once it is longer than the screen.
//!
//! Owns when the pager starts, its end, and the state of the terminal behind it. It must not read the environment: the
//! pager's command is a value. The pager belongs to the same process group as pinq, as with psql, so that Ctrl-C
//! reaches both: the pager stops reading ahead or ignores it, and pinq cancels the query only.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::screen_lines::ScreenLines;
use super::terminal_state::TerminalState;
use super::{HasTerminal, Programs, Ui, progress};
use crate::error::Result;

/// Rows wait so long for what tells whether they fit; then they are shown.
const PATIENCE: Duration = Duration::from_millis(300);
/// Lines of the screen that stay free below an answer: its last line, and the next prompt.
const BELOW: usize = 2;
/// A line that has not ended by then is too long for any screen.
const LONGEST_LINE: usize = 1 << 20;
/// What `less` is told where the user has not: quit if the answer fits, show colours, leave the answer on the screen;
/// and that it is UTF-8, whatever the locale.
const LESS_VARIABLES: [(&str, &str); 2] = [("LESS", "FRX"), ("LESSCHARSET", "utf-8")];

/// Where long answers go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pager {
    /// To the terminal like short ones.
    Off,
    /// Through a program.
    Command {
        /// What a shell runs.
        line: String,
        /// Variables of `less` that the user has not set, with their values.
        variables: Vec<(&'static str, &'static str)>,
    },
}

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenSize {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// Whether an answer went through the pager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It stands on the terminal.
    Printed,
    /// The user saw it in the pager, or as much of it as they wanted.
    Paged,
}

/// A sink for one answer. Clones are the same sink: give one to the encoder, and keep one for [`PagedSink::finish`].
///
/// Writing blocks while the user reads. Once the user has left the pager, it fails with `BrokenPipe`, which becomes
/// `Kind::ClosedPipe`.
#[derive(Clone)]
pub struct PagedSink {
    shared: Arc<Shared>,
}

struct Shared {
    answer: Mutex<Answer>,
    /// Told whenever the answer no longer waits.
    changed: Condvar,
}

struct Answer {
    state: State,
    /// All of it up to now, as long as the pager may have to begin with its first line.
    held: Vec<u8>,
    /// Bytes of `held` that stand on the terminal already.
    printed: usize,
    lines: ScreenLines,
    terminal: Box<dyn Write + Send>,
    progress: progress::Slot,
    pager: Pager,
    programs: Programs,
    /// What went wrong while nobody wrote.
    failure: Option<io::Error>,
    /// How long writing and ending waited for the pager, and so for the user.
    read_for: Duration,
    /// The pager's word, where it can't be run.
    missing: Option<String>,
}

enum State {
    /// Nothing is shown until it is known whether it fits, or patience ends.
    Waiting,
    /// What there is stands on the terminal; it may still grow too long.
    Growing,
    /// It stands on the terminal and goes on there.
    Printing,
    Paging {
        child: Child,
        input: Option<ChildStdin>,
        before: TerminalState,
        has_terminal: HasTerminal,
    },
    Over(Ended),
}

impl Pager {
    /// The user's pager: `command` as a shell reads it, with the variables that they have not set by themselves, and no
    /// pager on a terminal that calls itself dumb.
    pub fn of(command: &str, has_set: &dyn Fn(&str) -> bool, term: Option<&str>) -> Pager {
        if command.trim().is_empty() || term == Some("dumb") {
            return Pager::Off;
        }
        let variables = LESS_VARIABLES.into_iter().filter(|(name, _)| !has_set(name)).collect();
        Pager::Command { line: command.to_owned(), variables }
    }

    /// The word that a shell would look up, where that is plain; what it can't find is told.
    fn missing(&self) -> Option<String> {
        let Pager::Command { line, .. } = self else { return None };
        let word = line.split_whitespace().find(|word| !word.contains('='))?;
        if word.contains(['$', '`', '"', '\'', '(', '{', '|', ';', '&', '<', '>', '\\', '~', '!']) {
            return None;
        }
        let found = Command::new("sh")
            .args(["-c", "command -v -- \"$0\"", word])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        (!found.is_ok_and(|status| status.success())).then(|| word.to_owned())
    }

    fn start(&self) -> io::Result<Child> {
        let Pager::Command { line, variables } = self else { return Err(io::ErrorKind::NotFound.into()) };
        let mut command = Command::new("sh");
        // Ctrl-C is for the pager: the shell around it must neither die of it nor keep the pager from hearing it.
        command.args(["-c", &format!("trap : INT\n{line}")]).stdin(Stdio::piped());
        command.envs(variables.iter().copied()).spawn()
    }
}

impl Ui {
    /// How large the terminal is that standard output leads to, now: it may have changed since the last answer. `None`
    /// where it leads to none.
    pub fn screen_size(&self) -> Option<ScreenSize> {
        self.options.width?;
        let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
        Some(ScreenSize { width: usize::from(width.0), height: usize::from(height.0) })
    }

    /// A sink for an answer on a terminal of that size: it goes there while it fits, and to the pager from its first
    /// line on as soon as it does not. Where there is no terminal, it is [`Ui::stdout`].
    pub fn paged(&self, pager: &Pager, size: Option<ScreenSize>) -> PagedSink {
        let pager = if size.is_some() { pager.clone() } else { Pager::Off };
        let ScreenSize { width, height } = size.unwrap_or(ScreenSize { width: usize::MAX, height: usize::MAX });
        let lines = ScreenLines::new(width, height.saturating_sub(BELOW));
        PagedSink::new(pager, lines, self.stdout(), self.progress.clone(), self.programs.clone())
    }
}

impl PagedSink {
    fn new(
        pager: Pager,
        lines: ScreenLines,
        terminal: Box<dyn Write + Send>,
        progress: progress::Slot,
        programs: Programs,
    ) -> PagedSink {
        let state = if pager == Pager::Off { State::Printing } else { State::Waiting };
        let answer = Answer {
            state,
            held: Vec::new(),
            printed: 0,
            lines,
            terminal,
            progress,
            pager,
            programs,
            failure: None,
            read_for: Duration::ZERO,
            missing: None,
        };
        PagedSink { shared: Arc::new(Shared { answer: Mutex::new(answer), changed: Condvar::new() }) }
    }

    /// Shows what is left, waits until the user has left the pager, and puts the terminal right. Blocks as long as
    /// they read. Call it also after an error: what came before it is shown.
    pub fn finish(&self, ui: &Ui) -> Result<Ended> {
        let mut answer = self.shared.lock();
        let ended = answer.finish();
        self.shared.changed.notify_all();
        let missing = answer.missing.take();
        drop(answer);
        if let Some(word) = missing {
            ui.tell_once(&format!("the pager `{word}` was not found; set PINQ_PAGER or PAGER to another"));
        }
        Ok(ended?)
    }

    /// How long it waited for the user to read, which is no part of the time that a statement took.
    pub fn read_for(&self) -> Duration {
        self.shared.lock().read_for
    }

    /// Has the rows shown that wait for longer than patience lasts, though nothing more is written.
    fn watch(&self) {
        let shared = Arc::clone(&self.shared);
        let watching = thread::Builder::new().name("pinq-pager".to_owned()).spawn(move || {
            let answer = shared.lock();
            let waits = |answer: &mut Answer| matches!(answer.state, State::Waiting);
            let (mut answer, _) =
                shared.changed.wait_timeout_while(answer, PATIENCE, waits).unwrap_or_else(PoisonError::into_inner);
            if waits(&mut answer) {
                answer.state = State::Growing;
                if let Err(error) = answer.print() {
                    answer.failure = Some(error);
                }
            }
        });
        if watching.is_err() {
            // Without the watch nothing may wait.
            self.shared.lock().state = State::Growing;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for PagedSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut answer = self.shared.lock();
        if matches!(answer.state, State::Waiting) && answer.held.is_empty() {
            drop(answer);
            self.watch();
            answer = self.shared.lock();
        }
        answer.take(bytes)?;
        if !matches!(answer.state, State::Waiting) {
            self.shared.changed.notify_all();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut answer = self.shared.lock();
        match &mut answer.state {
            State::Waiting | State::Over(_) => Ok(()),
            State::Growing => answer.print(),
            State::Printing => answer.terminal.flush(),
            State::Paging { input, .. } => input.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

impl Answer {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        match &mut self.state {
            State::Waiting | State::Growing => {
                self.held.extend_from_slice(bytes);
                self.lines.add(bytes);
                if self.lines.are_too_many() || self.lines.unfinished() > LONGEST_LINE {
                    return self.page();
                }
                Ok(())
            }
            State::Printing => self.terminal.write_all(bytes),
            State::Paging { input: Some(input), .. } => {
                let began = Instant::now();
                let written = input.write_all(bytes);
                self.read_for = self.read_for.saturating_add(began.elapsed());
                written
            }
            State::Paging { input: None, .. } | State::Over(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Shows on the terminal what does not stand there yet.
    fn print(&mut self) -> io::Result<()> {
        let new = self.held.get(self.printed..).unwrap_or_default();
        self.terminal.write_all(new)?;
        self.terminal.flush()?;
        self.printed = self.held.len();
        self.lines.mark_shown();
        Ok(())
    }

    /// Starts the pager and gives it everything; prints it where there is none.
    fn page(&mut self) -> io::Result<()> {
        let before = TerminalState::read();
        before.lend();
        self.missing = self.pager.missing();
        let child = if self.missing.is_some() { Err(io::ErrorKind::NotFound.into()) } else { self.pager.start() };
        let Ok(mut child) = child else {
            self.print()?;
            self.held = Vec::new();
            self.state = State::Printing;
            return Ok(());
        };
        let has_terminal = self.programs.note(&child);
        self.progress.clear();
        if self.lines.shown() > 0 {
            // What stands on the terminal comes again in the pager, and stays there behind it.
            write!(self.terminal, "\u{1b}[{}A\r\u{1b}[J", self.lines.shown())?;
            self.terminal.flush()?;
        }
        let mut input = child.stdin.take();
        let held = std::mem::take(&mut self.held);
        let given = input.as_mut().map_or(Ok(()), |input| input.write_all(&held));
        self.state = State::Paging { child, input, before, has_terminal };
        given
    }

    fn finish(&mut self) -> io::Result<Ended> {
        let failure = self.failure.take();
        let ended = match std::mem::replace(&mut self.state, State::Over(Ended::Printed)) {
            State::Waiting | State::Growing => self.print().map(|()| Ended::Printed),
            State::Printing => self.terminal.flush().map(|()| Ended::Printed),
            State::Paging { mut child, input, before, has_terminal } => {
                drop(input);
                let began = Instant::now();
                let status = child.wait();
                self.read_for = self.read_for.saturating_add(began.elapsed());
                before.restore(&mut self.terminal, status.is_ok_and(|status| status.code().is_some()))?;
                drop(has_terminal);
                Ok(Ended::Paged)
            }
            State::Over(ended) => Ok(ended),
        }?;
        self.held = Vec::new();
        self.state = State::Over(ended);
        failure.map_or(Ok(ended), Err)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // Whoever gave up on the answer without a word still gets the terminal back.
        let _unheard = self.finish();
    }
}

#[cfg(test)]
#[path = "pager_tests.rs"]
mod tests;
