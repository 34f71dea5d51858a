//! Progress of long work on one line of the terminal: objects, bytes, records, their rate, and the time that is left.
//!
//! Owns the drawing, by indicatif, and what of it fits. It must not decide whether there is a terminal: `Ui` does.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::human;
use super::narrow::Narrowed;

/// Redraws a second at most.
const REDRAWS: u8 = 10;
/// Before that, a rate says nothing.
const FIRST_RATE: f64 = 0.5;
/// Before that, the time that is left is a guess.
const FIRST_GUESS: f64 = 1.0;
/// What the spinner takes of a line, and what is left free at its end.
const BESIDE: usize = 5;

/// What was done up to now, in all or since work began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Objects that were read, or whose rows came from the cache.
    pub objects: u64,
    /// How many there are to read, where that is known.
    pub expected: Option<u64>,
    /// Bytes of those that were read, as stored.
    pub bytes: u64,
    /// Records of all of them.
    pub records: u64,
}

/// A handle to update what is shown; cheap to clone and to call often. Dropping the last one clears it.
#[derive(Clone)]
pub struct Progress {
    guard: Arc<Guard>,
}

/// Clears the line once nobody updates it any more.
struct Guard {
    bar: ProgressBar,
}

/// The one place on the terminal where progress is drawn.
#[derive(Clone, Default)]
pub(super) struct Slot {
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Progress {
    pub(super) fn hidden() -> Self {
        Progress::of(ProgressBar::hidden())
    }

    fn of(bar: ProgressBar) -> Self {
        Progress { guard: Arc::new(Guard { bar }) }
    }

    /// Shows what was done since this progress began.
    pub fn update(&self, work: &Work) {
        let bar = &self.guard.bar;
        if bar.is_hidden() || bar.is_finished() {
            return;
        }
        let terminal = terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
        bar.set_message(describe(work, bar.elapsed().as_secs_f64(), terminal.unwrap_or(80)));
    }

    /// Takes it off the screen; later updates do nothing.
    pub fn finish(&self) {
        self.guard.bar.finish_and_clear();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Slot {
    pub(super) fn start(&self) -> Progress {
        // Hidden on a terminal that can't be drawn on, such as a dumb one.
        let usual = ProgressDrawTarget::stderr_with_hz(REDRAWS);
        let narrowed = || ProgressDrawTarget::term_like_with_hz(Box::new(Narrowed::stderr()), REDRAWS);
        self.start_on(if usual.is_hidden() { usual } else { narrowed() })
    }

    pub(super) fn start_on(&self, target: ProgressDrawTarget) -> Progress {
        let bar = ProgressBar::with_draw_target(None, target).with_style(style());
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = current.replace(bar.clone()) {
            before.finish_and_clear();
        }
        Progress::of(bar)
    }

    /// Takes what is drawn off the screen for good, because the screen is another program's now.
    pub(super) fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    /// Does `work` with the line cleared, then draws it again if it still runs.
    pub(super) fn suspend<R>(&self, work: impl FnOnce() -> R) -> R {
        let current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref().filter(|bar| !bar.is_finished()) {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }
}

fn style() -> ProgressStyle {
    // The template is a constant that the tests draw; the default style is what is left otherwise.
    ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// What is most telling of the work, as much as fits on one line of a terminal so many columns wide.
fn describe(work: &Work, seconds: f64, terminal: usize) -> String {
    let Work { objects, expected, bytes, records } = *work;
    // Rates are for people: a float holds what they can read.
    let rate = |amount: u64| (amount as f64 / seconds) as u64;
    let done = match expected {
        Some(expected) => format!("{} of {}", human::count(objects), human::counted(expected, "object", "objects")),
        None => human::counted(objects, "object", "objects"),
    };
    let share = expected.map(|expected| format!("{}%", objects.saturating_mul(100) / expected.max(1)));
    let left = expected.and_then(|expected| time_left(objects, expected, seconds));
    let has_rate = seconds > FIRST_RATE;
    // As they are read, each with its rank: what does not fit is left out from the highest rank on.
    let parts = [
        (0, share),
        (1, Some(done)),
        (3, Some(human::bytes(bytes))),
        (4, Some(human::counted(records, "record", "records"))),
        (5, has_rate.then(|| format!("{} objects/s", human::count(rate(objects))))),
        (6, has_rate.then(|| format!("{}/s", human::bytes(rate(bytes))))),
        (2, left.map(|left| format!("{} left", human::duration(left)))),
    ];
    let line = |most: usize| {
        let shown = parts.iter().filter(|(rank, _)| *rank <= most).filter_map(|(_, part)| part.as_deref());
        shown.collect::<Vec<_>>().join(", ")
    };
    let room = terminal.saturating_sub(BESIDE);
    let whole = (1..parts.len()).rev().map(line).find(|line| line.len() <= room);
    whole.unwrap_or_else(|| line(1).chars().take(room).collect())
}

/// How long the rest takes if it goes on as before, in whole seconds.
fn time_left(objects: u64, expected: u64, seconds: f64) -> Option<Duration> {
    if objects == 0 || objects >= expected || seconds < FIRST_GUESS {
        return None;
    }
    let left = seconds / objects as f64 * (expected - objects) as f64;
    Duration::try_from_secs_f64(left.ceil()).ok()
}

#[cfg(test)]
mod tests {
    use std::io;

    use indicatif::TermLike;

    use super::*;

    const HALF: Work = Work { objects: 18_000, expected: Some(40_000), bytes: 34_440_000, records: 60_000 };

    #[test]
    fn describes_totals_and_rates() {
        let one = Work { objects: 1, expected: None, bytes: 574, records: 1 };
        assert_eq!(describe(&one, 0.1, 80), "1 object, 574 B, 1 record");
        assert_eq!(describe(&HALF, 0.1, 80), "45%, 18,000 of 40,000 objects, 34 MB, 60,000 records");
        let text = describe(&HALF, 10.0, 200);
        let expected = "45%, 18,000 of 40,000 objects, 34 MB, 60,000 records, 1,800 objects/s, 3.4 MB/s, 13.0 s left";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_fits_is_what_tells_most() {
        let shown = [200, 92, 80, 60, 50, 42, 32].map(|terminal| describe(&HALF, 10.0, terminal));
        let expected = [
            "45%, 18,000 of 40,000 objects, 34 MB, 60,000 records, 1,800 objects/s, 3.4 MB/s, 13.0 s left",
            "45%, 18,000 of 40,000 objects, 34 MB, 60,000 records, 1,800 objects/s, 13.0 s left",
            "45%, 18,000 of 40,000 objects, 34 MB, 60,000 records, 13.0 s left",
            "45%, 18,000 of 40,000 objects, 34 MB, 13.0 s left",
            "45%, 18,000 of 40,000 objects, 13.0 s left",
            "45%, 18,000 of 40,000 objects",
            "45%, 18,000 of 40,000 objec",
        ];
        assert_eq!(shown, expected);
        for terminal in 0..120 {
            assert!(describe(&HALF, 1e9, terminal).len() <= terminal.saturating_sub(BESIDE));
        }
    }

    #[test]
    fn time_is_left_while_there_is_something_to_do() {
        assert_eq!(time_left(0, 10, 5.0), None);
        assert_eq!(time_left(10, 10, 5.0), None);
        assert_eq!(time_left(5, 10, 5.0), Some(Duration::from_secs(5)));
        assert_eq!(time_left(1, u64::MAX, 1e9), Duration::try_from_secs_f64(1e9 * u64::MAX as f64).ok());
    }

    #[test]
    fn hidden_progress_does_nothing() {
        let progress = Progress::hidden();
        progress.update(&HALF);
        progress.finish();
        assert!(progress.guard.bar.is_hidden());
    }

    #[test]
    fn is_cleared_while_others_print_and_at_the_end() {
        let screen = Screen::default();
        let slot = Slot::default();
        let progress = slot.start_on(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        progress.update(&Work { objects: 5, expected: Some(10), bytes: 1000, records: 5 });
        progress.guard.bar.force_draw();
        assert!(screen.shown().contains("50%, 5 of 10 objects, 1.0 KB, 5 records"), "{}", screen.shown());
        slot.suspend(|| assert_eq!(screen.shown(), ""));
        progress.finish();
        assert_eq!(screen.shown(), "");
        slot.suspend(|| ());
    }

    /// One line of a terminal.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn shown(&self) -> String {
            self.0.lock().unwrap().trim().to_owned()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
