//! What the keys of a keyboard send.
//!
//! Owns the bytes, as xterm sends them. It must not know what a program makes of them.

/// A key that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Tab,
    Enter,
    Escape,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    /// Ctrl with a letter.
    Ctrl(char),
    /// Alt, or Meta, with a letter.
    Alt(char),
    /// Alt with Enter.
    AltEnter,
}

/// Which of two codes the arrow keys send: programs choose it by `CSI ? 1 h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CursorKeys {
    Normal,
    Application,
}

impl Key {
    /// What the terminal sends for it.
    pub(crate) fn bytes(self, cursor_keys: CursorKeys) -> Vec<u8> {
        let arrow = |letter: &str| match cursor_keys {
            CursorKeys::Normal => format!("\u{1b}[{letter}"),
            CursorKeys::Application => format!("\u{1b}O{letter}"),
        };
        let text = match self {
            Key::Tab => "\t".to_owned(),
            Key::Enter => "\r".to_owned(),
            Key::Escape => "\u{1b}".to_owned(),
            Key::Backspace => "\u{7f}".to_owned(),
            Key::Delete => "\u{1b}[3~".to_owned(),
            Key::Up => arrow("A"),
            Key::Down => arrow("B"),
            Key::Right => arrow("C"),
            Key::Left => arrow("D"),
            Key::Home => arrow("H"),
            Key::End => arrow("F"),
            Key::Ctrl(letter) => return vec![control(letter)],
            Key::Alt(letter) => format!("\u{1b}{letter}"),
            Key::AltEnter => "\u{1b}\r".to_owned(),
        };
        text.into_bytes()
    }
}

fn control(letter: char) -> u8 {
    assert!(letter.is_ascii_alphabetic() || "@[\\]^_".contains(letter), "`{letter}` has no control code");
    u8::try_from(letter.to_ascii_uppercase()).expect("an ASCII letter") & 0x1f
}

#[test]
fn keys_send_what_xterm_sends() {
    let sent = |key: Key| Key::bytes(key, CursorKeys::Normal);
    assert_eq!(sent(Key::Ctrl('c')), [3]);
    assert_eq!(sent(Key::Ctrl('R')), [18]);
    assert_eq!(sent(Key::Up), b"\x1b[A");
    assert_eq!(sent(Key::Alt('b')), b"\x1bb");
    assert_eq!(Key::Up.bytes(CursorKeys::Application), b"\x1bOA");
}
