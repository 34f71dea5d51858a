//! When an answer goes to the pager, and what stands on the terminal then.

use std::fs;

use super::*;
use crate::error::{Error, Kind};

#[derive(Clone, Default)]
struct Terminal(Arc<Mutex<Vec<u8>>>);

impl Terminal {
    fn shown(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn paged(command: &str, terminal: &Terminal) -> PagedSink {
    let pager = Pager::of(command, &|_| false, None);
    PagedSink::new(
        pager,
        ScreenLines::new(10, 3),
        Box::new(terminal.clone()),
        progress::Slot::default(),
        Programs::default(),
    )
}

fn quiet() -> Ui {
    Ui::with_stderr(Default::default(), Box::new(io::sink()))
}

/// Waits until the terminal shows that.
fn wait_for(terminal: &Terminal, text: &str) {
    let started = Instant::now();
    while terminal.shown() != text {
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", terminal.shown());
        thread::yield_now();
    }
}

#[test]
fn what_fits_stays_on_the_terminal() {
    let terminal = Terminal::default();
    let mut sink = paged("false", &terminal);
    sink.write_all(b"a\nb\nc\n").unwrap();
    assert_eq!(terminal.shown(), "");
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Printed);
    assert_eq!(terminal.shown(), "a\nb\nc\n");
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Printed);
}

#[test]
fn what_does_not_fit_goes_to_the_pager_from_the_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paged");
    let terminal = Terminal::default();
    let mut sink = paged(&format!("cat > {}; sleep 0.1; echo $LESS $LESSCHARSET >> {0}", file.display()), &terminal);
    sink.write_all(b"a\nb\nc\n").unwrap();
    sink.write_all(b"a line that wraps\n").unwrap();
    sink.write_all(b"more\n").unwrap();
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Paged);
    assert!(sink.read_for() >= Duration::from_millis(50));
    assert_eq!(fs::read_to_string(file).unwrap(), "a\nb\nc\na line that wraps\nmore\nFRX utf-8\n");
    assert_eq!(terminal.shown(), "\u{1b}[?25h\u{1b}[0m");
}

#[test]
fn rows_do_not_wait_long_and_come_again_in_the_pager() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paged");
    let terminal = Terminal::default();
    let mut sink = paged(&format!("cat > {}", file.display()), &terminal);
    sink.write_all(b"a\nb\n").unwrap();
    sink.flush().unwrap();
    wait_for(&terminal, "a\nb\n");
    sink.write_all(b"c\n").unwrap();
    sink.flush().unwrap();
    assert_eq!(terminal.shown(), "a\nb\nc\n");
    sink.write_all(b"d\n").unwrap();
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Paged);
    assert!(terminal.shown().starts_with("a\nb\nc\n\u{1b}[3A\r\u{1b}[J"), "{:?}", terminal.shown());
    assert_eq!(fs::read_to_string(file).unwrap(), "a\nb\nc\nd\n");
}

#[test]
fn a_pager_that_is_left_closes_the_pipe() {
    let terminal = Terminal::default();
    let mut sink = paged("exit 0", &terminal);
    let line = [b'x'; 4096];
    let error = (0..10_000).find_map(|_| sink.write_all(&line).and_then(|()| sink.write_all(b"\n")).err()).unwrap();
    assert_eq!(Error::from(error).kind(), Kind::ClosedPipe);
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Paged);
    assert!(sink.write_all(b"x").is_err());
}

#[test]
fn without_its_pager_an_answer_is_printed_and_that_is_told_once() {
    let (terminal, stderr) = (Terminal::default(), Terminal::default());
    let ui = Ui::with_stderr(Default::default(), Box::new(stderr.clone()));
    for _ in 0..2 {
        let mut sink = paged("no-such-pager -x", &terminal);
        sink.write_all(b"1\n2\n3\n4\n5\n").unwrap();
        sink.write_all(b"6\n").unwrap();
        assert_eq!(sink.finish(&ui).unwrap(), Ended::Printed);
    }
    assert_eq!(terminal.shown(), "1\n2\n3\n4\n5\n6\n".repeat(2));
    assert_eq!(stderr.shown().matches("`no-such-pager` was not found").count(), 1, "{}", stderr.shown());
}

#[test]
fn a_killed_pager_leaves_the_terminal_right() {
    let terminal = Terminal::default();
    let mut sink = paged("kill -9 $$", &terminal);
    let _gone = sink.write_all(b"1\n2\n3\n4\n5\n");
    assert_eq!(sink.finish(&quiet()).unwrap(), Ended::Paged);
    assert_eq!(terminal.shown(), "\u{1b}[?1049l\u{1b}[?25h\u{1b}[0m\r");
}

#[test]
fn a_dropped_answer_is_shown() {
    let terminal = Terminal::default();
    paged("false", &terminal).write_all(b"a\n").unwrap();
    wait_for(&terminal, "a\n");
}

#[test]
fn pagers_are_chosen() {
    assert_eq!(Pager::of("less", &|_| false, Some("dumb")), Pager::Off);
    assert_eq!(Pager::of("  ", &|_| false, None), Pager::Off);
    let own = Pager::Command { line: "less -S".to_owned(), variables: vec![("LESSCHARSET", "utf-8")] };
    assert_eq!(Pager::of("less -S", &|name| name == "LESS", Some("xterm")), own);
    assert_eq!(Pager::of("PAGER_X=1 no-such-thing", &|_| false, None).missing().as_deref(), Some("no-such-thing"));
    assert_eq!(Pager::of("no-such-$THING", &|_| false, None).missing(), None);
}
