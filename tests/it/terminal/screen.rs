//! What stands on the screen of a test's terminal.
//!
//! Owns looking: rows, places of a text, how it is drawn, and what has scrolled away. Rows and columns count from 0. It
//! must not change anything.

use std::fmt::Write as _;

/// The screen at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Screen<'a> {
    screen: &'a vt100::Screen,
}

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) foreground: vt100::Color,
    pub(crate) background: vt100::Color,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) italic: bool,
    pub(crate) underlined: bool,
    pub(crate) inverse: bool,
}

impl Style {
    /// As text that no program coloured.
    pub(crate) const PLAIN: Style = Style {
        foreground: vt100::Color::Default,
        background: vt100::Color::Default,
        bold: false,
        dim: false,
        italic: false,
        underlined: false,
        inverse: false,
    };
}

impl<'a> Screen<'a> {
    pub(super) fn new(screen: &'a vt100::Screen) -> Screen<'a> {
        Screen { screen }
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.screen.size();
        (columns.get(), rows.get())
    }

    /// Every row, without the blanks at its end.
    pub(crate) fn rows(&self) -> Vec<String> {
        let (columns, _) = self.size();
        self.screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
    }

    /// One row, without the blanks at its end.
    pub(crate) fn row(&self, number: usize) -> String {
        self.rows().swap_remove(number)
    }

    /// The rows down to the last that holds anything, each with a newline.
    pub(crate) fn text(&self) -> String {
        lines(&self.rows())
    }

    /// What has scrolled away above the screen, and the screen.
    pub(crate) fn everything(&self) -> String {
        let mut screen = self.screen.clone();
        let mut rows = Vec::new();
        for above in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(above);
            rows.push(Screen::new(&screen).row(0));
        }
        rows.extend(self.rows());
        lines(&rows)
    }

    /// Whether a row holds the text.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.rows().iter().any(|row| row.contains(text))
    }

    /// How many times the text stands on the screen.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.rows().iter().map(|row| row.matches(text).count()).sum()
    }

    /// Row and column of the text, the lowest and rightmost where it stands several times.
    pub(crate) fn find(&self, text: &str) -> Option<(u16, u16)> {
        let (columns, rows) = self.size();
        (0..rows).rev().find_map(|row| {
            (0..columns)
                .rev()
                .find(|column| self.cells_from(row, *column).starts_with(text))
                .map(|column| (row, column))
        })
    }

    /// Row and column of the cursor.
    pub(crate) fn cursor(&self) -> (u16, u16) {
        self.screen.cursor_position()
    }

    /// The row of the cursor.
    pub(crate) fn cursor_row(&self) -> String {
        self.row(usize::from(self.cursor().0))
    }

    /// Whether the cursor is hidden.
    pub(crate) fn hides_cursor(&self) -> bool {
        self.screen.hide_cursor()
    }

    /// Whether pastes are marked as such.
    pub(crate) fn marks_pastes(&self) -> bool {
        self.screen.bracketed_paste()
    }

    /// How the cell is drawn.
    pub(crate) fn style(&self, row: u16, column: u16) -> Style {
        let cell = self.screen.cell(row, column).expect("a cell of the screen");
        Style {
            foreground: cell.fgcolor(),
            background: cell.bgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underlined: cell.underline(),
            inverse: cell.inverse(),
        }
    }

    /// How the first letter of the text is drawn, where it stands as [`Screen::find`] says.
    #[track_caller]
    pub(crate) fn style_of(&self, text: &str) -> Style {
        let Some((row, column)) = self.find(text) else { panic!("`{text}` is not on the screen:\n{}", self.framed()) };
        self.style(row, column)
    }

    /// Whether every cell that shows something is drawn plainly.
    pub(crate) fn is_plain(&self) -> bool {
        let (columns, rows) = self.size();
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let shown = |row, column| self.screen.cell(row, column).is_some_and(vt100::Cell::has_contents);
        cells.filter(|(row, column)| shown(*row, *column)).all(|(row, column)| self.style(row, column) == Style::PLAIN)
    }

    /// The screen with a frame, for messages.
    pub(crate) fn framed(&self) -> String {
        let (columns, _) = self.size();
        let edge = format!("+{}+", "-".repeat(usize::from(columns)));
        let mut text = format!("{edge}\n");
        for row in self.rows() {
            let _ = writeln!(text, "|{row}");
        }
        let (row, column) = self.cursor();
        let _ = write!(text, "{edge}\ncursor at row {row}, column {column}");
        text
    }

    /// The row from that cell on; cells without contents are blanks.
    fn cells_from(&self, row: u16, column: u16) -> String {
        let (columns, _) = self.size();
        let mut text = String::new();
        for cell in (column..columns).filter_map(|column| self.screen.cell(row, column)) {
            match cell.has_contents() {
                true => text.push_str(cell.contents()),
                false if cell.is_wide_continuation() => {}
                false => text.push(' '),
            }
        }
        text
    }
}

fn lines(rows: &[String]) -> String {
    let used = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    rows[..used].iter().flat_map(|row| [row.as_str(), "\n"]).collect()
}
