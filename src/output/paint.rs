//! Colours of what people read on a terminal.
//!
//! Owns the few looks that answers have, and their escape sequences. It must not decide whether there are colours.

/// Whether looks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Off,
    On,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    /// The names of columns.
    Bold,
    /// What is not data: NULL, rulers.
    Dim,
    /// What is well, worth a look, or wrong.
    Good,
    Doubtful,
    Bad,
    /// The word before what to do.
    Hint,
}

impl Paint {
    /// Adds the text. Each piece ends its own look, so that a pager may show any line by itself.
    pub(super) fn push(self, drawing: &mut String, text: &str, look: Look) {
        let code = match (self, look) {
            (Paint::On, Look::Bold) => "1",
            (Paint::On, Look::Dim) => "2",
            (Paint::On, Look::Good) => "32",
            (Paint::On, Look::Doubtful) => "1;33",
            (Paint::On, Look::Bad) => "1;31",
            (Paint::On, Look::Hint) => "36",
            _ => "",
        };
        if code.is_empty() || text.is_empty() {
            drawing.push_str(text);
        } else {
            drawing.push_str("\u{1b}[");
            drawing.push_str(code);
            drawing.push('m');
            drawing.push_str(text);
            drawing.push_str("\u{1b}[0m");
        }
    }
}
