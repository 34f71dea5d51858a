//! A terminal on which a line of progress leaves room at its end.
//!
//! Progress fills its line, and what the terminal echoes of a key (`^C`) would go on in the next one: the clearing
//! would then miss the line. Owns nothing but that room; all else is the terminal's.

use std::io;

use console::Term;
use indicatif::TermLike;

/// What the echo of a key takes, and the last column, in which some terminals break the line.
const ROOM: u16 = 3;

/// Standard error with some columns less.
#[derive(Debug)]
pub struct Narrowed {
    terminal: Term,
}

impl Narrowed {
    /// Standard error.
    pub fn stderr() -> Self {
        Narrowed { terminal: Term::stderr() }
    }
}

impl TermLike for Narrowed {
    fn width(&self) -> u16 {
        TermLike::width(&self.terminal).saturating_sub(ROOM).max(1)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.terminal)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.terminal.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}
