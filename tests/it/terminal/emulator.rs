//! The terminal emulator behind a test's terminal: draws what programs write, and answers what they ask.
//!
//! Owns the screen's state and the record of what was written when. It must not touch the pseudo-terminal: it takes
//! bytes and gives bytes, so that a record can be played again.

use std::num::NonZeroU16;
use std::time::Instant;

use super::screen::Screen;
use super::setup::Answering;

/// Rows above the screen that are kept.
const SCROLLBACK: usize = 5_000;

/// The state of a terminal.
pub(super) struct Emulator {
    parser: vt100::Parser<Replies>,
    size: (u16, u16),
    happened: Vec<(Instant, Event)>,
}

enum Event {
    Written(Vec<u8>),
    Resized { columns: u16, rows: u16 },
}

/// What the terminal has to say to the program.
struct Replies {
    answering: Answering,
    waiting: Vec<u8>,
}

impl Emulator {
    pub(super) fn new(columns: u16, rows: u16, answering: Answering) -> Emulator {
        let replies = Replies { answering, waiting: Vec::new() };
        let parser = vt100::Parser::new_with_callbacks(some(rows), some(columns), SCROLLBACK, replies);
        Emulator { parser, size: (columns, rows), happened: Vec::new() }
    }

    /// Draws what a program wrote; gives what the terminal answers.
    pub(super) fn draw(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.happened.push((Instant::now(), Event::Written(bytes.to_vec())));
        self.parser.process(bytes);
        std::mem::take(&mut self.parser.callbacks_mut().waiting)
    }

    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.happened.push((Instant::now(), Event::Resized { columns, rows }));
        self.parser.set_size(some(rows), some(columns));
    }

    pub(super) fn screen(&self) -> Screen<'_> {
        Screen::new(self.parser.screen())
    }

    /// Whether the arrow keys send the codes for applications.
    pub(super) fn application_cursor(&self) -> bool {
        self.parser.screen().application_cursor()
    }

    /// When the screen first was as wanted, seen after each part that was written.
    pub(super) fn when(&self, wanted: impl Fn(&Screen<'_>) -> bool) -> Option<Instant> {
        let (columns, rows) = self.size;
        let mut again = Emulator::new(columns, rows, Answering::Never);
        self.happened.iter().find_map(|(at, event)| {
            match event {
                Event::Written(bytes) => again.parser.process(bytes),
                Event::Resized { columns, rows } => again.parser.set_size(some(*rows), some(*columns)),
            }
            wanted(&again.screen()).then_some(*at)
        })
    }

    /// Every byte that was written.
    pub(super) fn written(&self) -> Vec<u8> {
        let bytes = |(_, event): &(Instant, Event)| match event {
            Event::Written(bytes) => bytes.clone(),
            Event::Resized { .. } => Vec::new(),
        };
        self.happened.iter().flat_map(bytes).collect()
    }
}

impl vt100::Callbacks for Replies {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        if self.answering == Answering::Never {
            return;
        }
        match (first, parameters, last) {
            // Where is the cursor?
            (None, [[6]], 'n') => {
                let (row, column) = screen.cursor_position();
                // Behind a full row it stands on the last column, as the user sees it.
                let column = column.min(screen.size().1.get() - 1);
                self.waiting.extend(format!("\u{1b}[{};{}R", row + 1, column + 1).into_bytes());
            }
            // Is all well?
            (None, [[5]], 'n') => self.waiting.extend(b"\x1b[0n"),
            // What are you? A VT220 with colours. Whoever asks for the keyboard protocol of kitty before this one takes
            // an answer to this one alone for a no, which is what xterm says.
            (None, [] | [[] | [0]], 'c') => self.waiting.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }
}

fn some(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a terminal has rows and columns")
}

#[test]
fn questions_are_answered_where_they_are_asked() {
    let mut emulator = Emulator::new(10, 3, Answering::AtOnce);
    assert_eq!(emulator.draw(b"ab\r\ncde\x1b[6n!"), b"\x1b[2;4R");
    assert_eq!(emulator.draw(b"\x1b[?u\x1b[c"), b"\x1b[?62;22c");
    assert_eq!(emulator.draw(b"\r0123456789\x1b[6n"), b"\x1b[2;10R");
    assert_eq!(emulator.screen().text(), "ab\n0123456789\n");
    assert_eq!(Emulator::new(10, 3, Answering::Never).draw(b"\x1b[6n"), b"");
}

#[test]
fn a_record_tells_what_came_first() {
    let mut emulator = Emulator::new(10, 2, Answering::AtOnce);
    for text in ["one\r\n", "two\r\n", "\x1b[1mthree"] {
        emulator.draw(text.as_bytes());
    }
    let when = |text: &str| emulator.when(|screen| screen.contains(text));
    assert!(when("one") < when("two") && when("two") < when("three") && when("three").is_some());
    assert_eq!(when("four"), None);
    assert_eq!(emulator.screen().everything(), "one\ntwo\nthree\n");
    assert!(emulator.screen().style_of("three").bold && !emulator.screen().style_of("two").bold);
}
