//! What a person sees: messages on standard error by their role, progress, and the handle of
//! standard output.
//!
//! Owns colour, quiet and the order of things on the terminal: progress is cleared before anything
//! else prints. It must not read the environment (options are values), and standard output gets
//! nothing but data.

mod excerpt;
mod footer;
pub mod human;
pub mod logs;
mod narrow;
mod pager;
mod programs;
mod progress;
mod screen_lines;
mod terminal_state;
mod typed_ahead;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Kind};
use crate::printable;

pub use footer::{Footer, FooterRows, Sources};
pub use pager::{Ended, PagedSink, Pager, ScreenSize};
pub use programs::{HasTerminal, Programs};
pub use progress::{Progress, Work};
pub use terminal_state::{TerminalState, while_ours};
pub use typed_ahead::TypedAhead;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Loudness {
    /// Everything.
    #[default]
    Normal,
    /// Warnings and errors only.
    Quiet,
}

/// Whether roles are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// ANSI colours.
    Always,
}

/// What standard error leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ErrorStream {
    /// A file, a pipe or nothing.
    #[default]
    Redirected,
    /// A terminal: progress may be drawn there.
    Terminal,
}

/// How a [`Ui`] behaves. The default is the plainest: no colour, no progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UiOptions {
    /// Whether status, hints and summaries are shown.
    pub loudness: Loudness,
    /// Whether they are coloured.
    pub colour: Colour,
    /// Whether progress can be drawn.
    pub stderr: ErrorStream,
    /// The width of the terminal that standard output leads to, if it does.
    pub width: Option<usize>,
    /// Its height in lines.
    pub height: Option<usize>,
}

/// The one way to the terminal. Shared by reference; every method takes `&self`.
pub struct Ui {
    options: UiOptions,
    stderr: Mutex<Box<dyn Write + Send>>,
    progress: progress::Slot,
    /// Warnings that are not repeated.
    told: Mutex<BTreeSet<String>>,
    programs: Programs,
}

impl Colour {
    /// Colour on a terminal, unless `NO_COLOR` has a value or `TERM` is `dumb`.
    pub fn decide(stderr: ErrorStream, no_color: Option<&str>, term: Option<&str>) -> Colour {
        let refused = no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb");
        if stderr == ErrorStream::Terminal && !refused { Colour::Always } else { Colour::Never }
    }
}

impl Ui {
    /// A UI on the process's standard error.
    pub fn new(options: UiOptions) -> Self {
        Ui::with_stderr(options, Box::new(io::stderr()))
    }

    /// A UI that writes its messages to `stderr`, for tests and embedders.
    pub fn with_stderr(options: UiOptions, stderr: Box<dyn Write + Send>) -> Self {
        Ui {
            options,
            stderr: Mutex::new(stderr),
            progress: progress::Slot::default(),
            told: Mutex::default(),
            programs: Programs::default(),
        }
    }

    /// The same, with the programs that have the terminal noted in `programs`.
    #[must_use]
    pub fn noting(self, programs: Programs) -> Self {
        Ui { programs, ..self }
    }

    /// Where programs are noted that have the terminal.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// How it was made.
    pub fn options(&self) -> &UiOptions {
        &self.options
    }

    /// What is going on. Silent when quiet.
    pub fn status(&self, message: &str) {
        self.normal("", "", message);
    }

    /// What to do next. Silent when quiet.
    pub fn hint(&self, message: &str) {
        self.normal("36", "hint: ", message);
    }

    /// The last words of a command: what it did, how much, how long. Silent when quiet.
    pub fn summary(&self, message: &str) {
        self.normal("2", "", message);
    }

    /// Something that the answer may suffer from; shown even when quiet.
    pub fn warning(&self, message: &str) {
        self.write(&format!("{}{}", self.paint("1;33", "warning: "), printable::lines(message)));
    }

    /// A warning, unless it was given before.
    fn tell_once(&self, message: &str) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to_owned()) {
            self.warning(message);
        }
    }

    /// Something that failed, in one line; shown even when quiet. An [`Error`] has its own method.
    pub fn error(&self, message: &str) {
        self.write(&format!("{}{}", self.paint("1;31", "error: "), printable::lines(message)));
    }

    /// An error with its causes and hints. A closed pipe says nothing: there is nobody to tell. What was answered has been
    /// told.
    pub fn print_error(&self, error: &Error) {
        if matches!(error.kind(), Kind::ClosedPipe | Kind::Answered) {
            return;
        }
        let rendered = printable::lines(&error.render()).into_owned();
        let rendered = self.error_width().map_or_else(|| rendered.clone(), |width| excerpt::fitted(&rendered, width));
        let mut text = String::new();
        for (number, line) in rendered.lines().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            match (number, line.strip_prefix("error: "), line.strip_prefix("hint: ")) {
                (0, Some(rest), _) => text.push_str(&format!("{}{rest}", self.paint("1;31", "error: "))),
                (_, _, Some(rest)) => text.push_str(&format!("{}{rest}", self.paint("36", "hint: "))),
                _ => text.push_str(line),
            }
        }
        self.write(&text);
    }

    /// The width of the terminal that messages go to, if they do.
    fn error_width(&self) -> Option<usize> {
        let is_terminal = self.options.stderr == ErrorStream::Terminal;
        let size = is_terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        size.map(|(width, _)| usize::from(width.0))
    }

    /// Begins a line with `prompt`, after one that was given up.
    pub fn prompt_again(&self, prompt: &str) {
        let mut stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let _unheard = write!(stderr, "\n{prompt}").and_then(|()| stderr.flush());
    }

    /// Standard output, buffered; for data only. Progress steps aside for each write. A reader that
    /// went away is an `io::Error` that becomes `Kind::ClosedPipe`. Flush it before dropping it:
    /// what fails while dropping is lost.
    pub fn stdout(&self) -> Box<dyn Write + Send> {
        let behind = Stdout { stdout: io::stdout(), progress: self.progress.clone() };
        Box::new(BufWriter::with_capacity(64 << 10, behind))
    }

    /// Progress of work. Drawn on a terminal only, and not when quiet; elsewhere it does nothing. One at a time: a new
    /// one replaces the one before.
    pub fn progress(&self) -> Progress {
        if self.options.stderr == ErrorStream::Redirected || self.options.loudness == Loudness::Quiet {
            return Progress::hidden();
        }
        self.progress.start()
    }

    fn normal(&self, code: &str, role: &str, message: &str) {
        if self.options.loudness == Loudness::Quiet {
            return;
        }
        let message = printable::lines(message);
        if role.is_empty() {
            self.write(&self.paint(code, &message));
        } else {
            self.write(&format!("{}{message}", self.paint(code, role)));
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.options.colour {
            Colour::Always if !code.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }

    fn write(&self, text: &str) {
        self.progress.suspend(|| {
            let mut stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
            // Standard error is the last resort: where it fails, nobody can be told.
            let _unheard = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
        });
    }
}

/// Standard output behind its buffer: takes progress off the screen while it writes.
struct Stdout {
    stdout: io::Stdout,
    progress: progress::Slot,
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.suspend(|| self.stdout.write(bytes)).map_err(unwritten)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.progress.suspend(|| self.stdout.flush()).map_err(unwritten)
    }
}

/// What failed and where; a reader that went away is told by its kind alone.
fn unwritten(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => error,
        kind => io::Error::new(kind, Error::statement("standard output could not be written").because(error)),
    }
}
