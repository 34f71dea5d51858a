//! What each role writes, quiet or not, coloured or not.

use std::sync::Arc;

use super::*;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn said(options: UiOptions, speak: impl FnOnce(&Ui)) -> String {
    let stderr = Shared::default();
    speak(&Ui::with_stderr(options, Box::new(stderr.clone())));
    let bytes = stderr.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn every_role(ui: &Ui) {
    ui.status("listing");
    ui.hint("try this");
    ui.summary("done");
    ui.warning("odd");
    ui.error("broken");
}

#[test]
fn roles_have_their_words() {
    let text = said(UiOptions::default(), every_role);
    assert_eq!(text, "listing\nhint: try this\ndone\nwarning: odd\nerror: broken\n");
}

#[test]
fn quiet_keeps_warnings_and_errors() {
    let quiet = UiOptions { loudness: Loudness::Quiet, ..UiOptions::default() };
    assert_eq!(said(quiet, every_role), "warning: odd\nerror: broken\n");
}

#[test]
fn colour_is_on_the_role_only() {
    let colour = UiOptions { colour: Colour::Always, ..UiOptions::default() };
    assert_eq!(said(colour, |ui| ui.warning("odd")), "\u{1b}[1;33mwarning: \u{1b}[0modd\n");
}

#[test]
fn errors_are_rendered_whole_and_made_safe() {
    let error = Error::statement("bad value `\u{1b}[2J`\n  1 | select").because(io::Error::other("why")).hint("next");
    let text = said(UiOptions::default(), |ui| ui.print_error(&error));
    assert_eq!(text, "error: bad value `\\u{1b}[2J`\n  1 | select\n  caused by: why\nhint: next\n");
    let pipe = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
    assert_eq!(said(UiOptions::default(), |ui| ui.print_error(&pipe)), "");
}

#[test]
fn colour_follows_the_terminal_and_the_environment() {
    let decide = Colour::decide;
    assert_eq!(decide(ErrorStream::Terminal, None, Some("xterm")), Colour::Always);
    assert_eq!(decide(ErrorStream::Terminal, Some(""), None), Colour::Always);
    assert_eq!(decide(ErrorStream::Terminal, Some("1"), None), Colour::Never);
    assert_eq!(decide(ErrorStream::Terminal, None, Some("dumb")), Colour::Never);
    assert_eq!(decide(ErrorStream::Redirected, None, None), Colour::Never);
}

#[test]
fn progress_is_hidden_off_a_terminal() {
    let text = said(UiOptions::default(), |ui| {
        let progress = ui.progress();
        progress.update(&Work { objects: 1, ..Work::default() });
        progress.finish();
    });
    assert_eq!(text, "");
}
