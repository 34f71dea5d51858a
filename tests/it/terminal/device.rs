//! The binary on a pseudo-terminal: a test types, and looks at the screen.
//!
//! Owns the device, its threads and the process. A test never sleeps: it waits until the screen is as wanted, and fails
//! with the whole screen where it does not become so. It must not know what is asked.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::emulator::Emulator;
use super::keys::{CursorKeys, Key};
use super::screen::Screen;
use super::setup::Setup;
use crate::s3::ServerOptions;

/// How long the screen may take to become as wanted: for a debug build on a machine with other work.
const LIMIT: Duration = Duration::from_secs(20);

/// How often a process is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(5);

/// The binary on a terminal. Dropping it ends both.
pub(crate) struct Terminal {
    child: Child,
    /// Until it is closed.
    line: Option<Line>,
    shared: Arc<Shared>,
    /// Stays until the program has ended.
    _folder: Arc<TempDir>,
}

/// The end of the pseudo-terminal that an emulator holds.
struct Line {
    pty: Arc<Pty>,
    to_program: Sender<Vec<u8>>,
}

/// What the reading thread and the test both see.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    emulator: Emulator,
    /// Whether the device is still read.
    reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    GoesOn,
    /// The test hung up: what comes is not looked at any more.
    HungUp,
    /// No process holds the terminal any more.
    Ended,
}

impl Terminal {
    /// Starts pinq with these arguments on a terminal of that size.
    pub(crate) fn start<S: AsRef<OsStr>>(
        columns: u16,
        rows: u16,
        arguments: impl IntoIterator<Item = S>,
        setup: &Setup,
    ) -> Terminal {
        let mut words = vec![OsStr::new(env!("CARGO_BIN_EXE_pinq")).to_owned()];
        words.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        Terminal::start_program(columns, rows, words, setup)
    }

    /// Starts any program, such as a shell around pinq.
    pub(crate) fn start_program<S: AsRef<OsStr>>(
        columns: u16,
        rows: u16,
        words: impl IntoIterator<Item = S>,
        setup: &Setup,
    ) -> Terminal {
        let (pty, program_end) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("the size of a terminal can be set");
        let mut words = words.into_iter();
        let child = Command::new(words.next().expect("a program"))
            .args(words)
            .current_dir(setup.path("work"))
            .env_clear()
            .envs(setup.variables())
            .spawn(program_end)
            .expect("the program starts");
        let emulator = Emulator::new(columns, rows, setup.answering());
        let state = Mutex::new(State { emulator, reading: Reading::GoesOn });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let pty = Arc::new(pty);
        // Writing waits where a program does not read. That must hold up neither the test nor the reading.
        let (to_program, typed) = channel::<Vec<u8>>();
        let written = Arc::clone(&pty);
        std::thread::spawn(move || {
            while let Ok(bytes) = typed.recv() {
                if (&*written).write_all(&bytes).is_err() {
                    break;
                }
            }
        });
        let (read, replies, watched) = (Arc::clone(&pty), to_program.clone(), Arc::clone(&shared));
        std::thread::spawn(move || watched.read(&read, &replies));
        Terminal { child, line: Some(Line { pty, to_program }), shared, _folder: setup.folder() }
    }

    /// Types text, all at once.
    pub(crate) fn type_text(&self, text: &str) {
        self.send(text.as_bytes().to_vec());
    }

    /// Presses a key.
    pub(crate) fn press(&self, key: Key) {
        let application = self.state().emulator.application_cursor();
        self.send(key.bytes(if application { CursorKeys::Application } else { CursorKeys::Normal }));
    }

    /// Pastes text, as emulators do: newlines become Enter, and marks stand around it where the program asked for them.
    pub(crate) fn paste(&self, text: &str) {
        let text = text.replace('\n', "\r");
        let marked = self.state().emulator.screen().marks_pastes();
        self.send(if marked { format!("\u{1b}[200~{text}\u{1b}[201~") } else { text }.into_bytes());
    }

    /// Gives the terminal another size; the kernel tells the program.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        // Nothing may be drawn between the two, in either of which the new size would be unknown.
        let mut state = self.state();
        self.line().pty.resize(Size::new(rows, columns)).expect("the size of a terminal can be set");
        state.emulator.resize(columns, rows);
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a program that still runs");
    }

    /// Waits until the screen is as wanted; fails with what `what` says is missing, and the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, what: &str, wanted: impl Fn(&Screen<'_>) -> bool) {
        let deadline = Instant::now() + LIMIT;
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !wanted(&state.emulator.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.reading != Reading::GoesOn {
                let reading = state.reading;
                drop(state);
                panic!("{what} is not on the screen ({reading:?}, {:?}):\n{}", self.child.try_wait(), self.told());
            }
            let woken = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
            state = woken.0;
        }
    }

    /// Waits until a row of the screen holds the text.
    #[track_caller]
    pub(crate) fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("`{text}`"), |screen| screen.contains(text));
    }

    /// Looks at the screen as it is now.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Screen<'_>) -> R) -> R {
        look(&self.state().emulator.screen())
    }

    /// The rows of the screen, each with a newline.
    pub(crate) fn screen_text(&self) -> String {
        self.look(|screen| screen.text())
    }

    /// When the screen first was as wanted.
    pub(crate) fn when(&self, wanted: impl Fn(&Screen<'_>) -> bool) -> Option<Instant> {
        self.state().emulator.when(wanted)
    }

    /// Every byte that the program wrote.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.state().emulator.written()).into_owned()
    }

    /// Whether the program has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("the state of a child").is_none()
    }

    /// Waits until the program ends, and until all that it wrote is on the screen. A signal counts as in shells: 128
    /// and its number.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> i32 {
        let status = self.ended();
        let deadline = Instant::now() + LIMIT;
        let mut state = self.state();
        while state.reading == Reading::GoesOn {
            assert!(Instant::now() < deadline, "the program has ended, but its terminal is still held");
            state = self.shared.changed.wait_timeout(state, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        let secret = ServerOptions::default().secret_key;
        assert!(!self.written().contains(&secret), "the secret was printed:\n{}", self.told());
        status
    }

    /// Hangs up, as closing the window of an emulator does; the program has to end by itself.
    #[track_caller]
    pub(crate) fn close(&mut self) -> i32 {
        self.hang_up();
        self.ended()
    }

    fn ended(&mut self) -> i32 {
        let deadline = Instant::now() + LIMIT;
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                return code(status);
            }
            if Instant::now() > deadline {
                drop(state);
                panic!("the program still runs after {LIMIT:?}:\n{}", self.told());
            }
            state = self.shared.changed.wait_timeout(state, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn hang_up(&mut self) {
        let Some(line) = self.line.take() else { return };
        {
            let mut state = self.state();
            if state.reading == Reading::GoesOn {
                state.reading = Reading::HungUp;
            }
        }
        // The reading thread waits in the kernel and would hold the device open: a word from the other end wakes it.
        let Ok(name) = rustix::pty::ptsname(&*line.pty, Vec::new()) else { return };
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        if let Ok(other_end) = rustix::fs::open(name.as_c_str(), flags, Mode::empty()) {
            // Where it does not fit, there is something to read already.
            let _ = std::fs::File::from(other_end).write_all(b"\0");
        }
    }

    fn send(&self, bytes: Vec<u8>) {
        self.line().to_program.send(bytes).expect("a terminal whose program reads");
    }

    fn line(&self) -> &Line {
        self.line.as_ref().expect("a terminal that is not closed")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The screen and the end of what was written, for messages.
    fn told(&self) -> String {
        let state = self.state();
        let written = state.emulator.written();
        let end = &written[written.len().saturating_sub(600)..];
        format!("{}\nwritten last: {}", state.emulator.screen().framed(), end.escape_ascii())
    }
}

impl Shared {
    /// Reads until no process holds the terminal, or until the test hangs up.
    fn read(&self, pty: &Pty, replies: &Sender<Vec<u8>>) {
        let mut buffer = [0; 16 << 10];
        let mut read_of = |mut pty: &Pty| pty.read(&mut buffer).map(|bytes| buffer[..bytes].to_vec());
        loop {
            // Where a program writes its last words and ends while the kernel looks for more, the kernel may tell of the
            // end alone. Asked again, it has the words.
            let read = read_of(pty).or_else(|_| read_of(pty));
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.reading == Reading::HungUp {
                return;
            }
            match read {
                // A terminal that nobody holds gives an error on Linux, and an end elsewhere.
                Err(_) => state.reading = Reading::Ended,
                Ok(bytes) if bytes.is_empty() => state.reading = Reading::Ended,
                Ok(bytes) => {
                    let reply = state.emulator.draw(&bytes);
                    if !reply.is_empty() {
                        // Nobody listens where the test is over.
                        let _ = replies.send(reply);
                    }
                }
            }
            self.changed.notify_all();
            if state.reading == Reading::Ended {
                return;
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Of one that has ended neither says anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hang_up();
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("a code or a signal")
}
