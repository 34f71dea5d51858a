//! The prompt as a person meets it. Each file beneath is one promise.
//!
//! Owns asking: to type a line, and to know when its answer is there. It must not know what is promised.

mod cancelling;
mod completing;
mod credentials;
mod editing;
mod history;
mod leaving;
mod looking;
mod paging;
mod pasting;
mod resizing;
mod starting;
mod streaming;

use super::device::Terminal;
use super::keys::Key;
use super::screen::Screen;
use super::setup::Setup;

/// What stands before the first line of a statement.
pub(super) const FIRST: &str = "pinq> ";
/// What stands before its other lines.
pub(super) const NEXT: &str = "  ..> ";
/// The widths at which people work: half a screen, a usual terminal, a wide one.
pub(super) const WIDTHS: [u16; 3] = [40, 80, 200];

impl Terminal {
    /// Opens the prompt and waits until it stands.
    #[track_caller]
    pub(super) fn prompt(columns: u16, setup: &Setup) -> Terminal {
        let mut terminal = Terminal::start(columns, 24, ["repl"], setup);
        terminal.wait_for_prompt();
        terminal
    }

    /// Waits until the cursor stands at a prompt at which nothing is typed.
    #[track_caller]
    pub(super) fn wait_for_prompt(&mut self) {
        self.wait_for("an empty prompt", stands_empty);
    }

    /// Types a line and waits until something of it stands there.
    #[track_caller]
    pub(super) fn type_line(&mut self, line: &str) {
        self.type_text(line);
        let end: String = line.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        self.wait_for(&format!("the echo of `{line}`"), |screen| !stands_empty(screen) && screen.ends_typed(&end));
    }

    /// Types a line that ends a statement, or a command, and waits until the next prompt stands.
    #[track_caller]
    pub(super) fn ask(&mut self, line: &str) {
        self.type_line(line);
        self.press(Key::Enter);
        self.wait_for_prompt();
    }

    /// Types a line that ends no statement, and waits until the next one can be typed.
    #[track_caller]
    pub(super) fn type_open_line(&mut self, line: &str) {
        self.type_line(line);
        self.press(Key::Enter);
        self.wait_for("the prompt of another line", |screen| screen.cursor_row() == NEXT.trim_end());
    }
}

impl Screen<'_> {
    /// Whether what is typed before the cursor ends so; it may be broken over rows anywhere.
    fn ends_typed(&self, end: &str) -> bool {
        let (row, column) = self.cursor();
        let rows = self.rows();
        let at_cursor: String = rows[usize::from(row)].chars().take(usize::from(column)).collect();
        let above = if row == 0 { "" } else { rows[usize::from(row) - 1].as_str() };
        let typed: String = format!("{above}{at_cursor}").split_whitespace().collect();
        typed.ends_with(&end.split_whitespace().collect::<String>())
    }
}

/// Whether the cursor stands at a prompt at which nothing is typed.
fn stands_empty(screen: &Screen<'_>) -> bool {
    screen.cursor_row() == FIRST.trim_end() && usize::from(screen.cursor().1) == FIRST.len()
}
