//! Progress of long work: objects, bytes and their rate on one line of the terminal.
//!
//! Owns the drawing, by indicatif. It must not decide whether there is a terminal: `Ui` does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::human;

/// Redraws a second at most.
const REDRAWS: u8 = 10;

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

    /// Shows the totals so far: objects and bytes read, records decoded.
    pub fn update(&self, objects: u64, bytes: u64, records: u64) {
        let bar = &self.guard.bar;
        if bar.is_hidden() {
            return;
        }
        let seconds = bar.elapsed().as_secs_f64();
        bar.set_position(objects);
        bar.set_message(describe(objects, bytes, records, seconds));
    }

    /// Tells how many objects there are, once the listing knows it.
    pub fn expect(&self, objects: u64) {
        self.guard.bar.set_length(objects);
        self.guard.bar.set_style(style(Some(objects)));
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
    pub(super) fn start(&self, objects: Option<u64>) -> Progress {
        self.start_on(objects, ProgressDrawTarget::stderr_with_hz(REDRAWS))
    }

    pub(super) fn start_on(&self, objects: Option<u64>, target: ProgressDrawTarget) -> Progress {
        let bar = ProgressBar::with_draw_target(objects, target).with_style(style(objects));
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = current.replace(bar.clone()) {
            before.finish_and_clear();
        }
        Progress::of(bar)
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

fn style(objects: Option<u64>) -> ProgressStyle {
    let template = match objects {
        Some(_) => "{spinner} {percent:>3}% {msg}",
        None => "{spinner} {msg}",
    };
    // The templates are constants that the tests draw; the default style is what is left otherwise.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn describe(objects: u64, bytes: u64, records: u64, seconds: f64) -> String {
    let mut text = human::counted(objects, "object", "objects");
    text.push_str(&format!(", {}, {}", human::bytes(bytes), human::counted(records, "record", "records")));
    if seconds > 0.5 {
        // Rates are for people: a float holds what they can read.
        let rate = |amount: u64| (amount as f64 / seconds) as u64;
        text.push_str(&format!(", {} objects/s, {}/s", human::count(rate(objects)), human::bytes(rate(bytes))));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use indicatif::TermLike;

    use super::*;

    #[test]
    fn describes_totals_and_rates() {
        assert_eq!(describe(1, 574, 1, 0.1), "1 object, 574 B, 1 record");
        let text = describe(60_000, 34_440_000, 60_000, 10.0);
        assert_eq!(text, "60,000 objects, 34 MB, 60,000 records, 6,000 objects/s, 3.4 MB/s");
    }

    #[test]
    fn hidden_progress_does_nothing() {
        let progress = Progress::hidden();
        progress.update(1, 2, 3);
        progress.finish();
        assert!(progress.guard.bar.is_hidden());
    }

    #[test]
    fn is_cleared_while_others_print_and_at_the_end() {
        let screen = Screen::default();
        let slot = Slot::default();
        let progress = slot.start_on(Some(10), ProgressDrawTarget::term_like(Box::new(screen.clone())));
        progress.update(5, 1000, 5);
        progress.guard.bar.force_draw();
        assert!(screen.shown().contains("50% 5 objects, 1.0 KB, 5 records"), "{}", screen.shown());
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
