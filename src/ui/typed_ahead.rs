//! Keys that are typed while nobody reads them.
//!
//! Owns the while: the keys wait for the next line as they were typed, and are not echoed into what is drawn.

use super::terminal_state::TerminalState;

/// Keeps what is typed until it is dropped.
pub struct TypedAhead {
    before: TerminalState,
}

impl TypedAhead {
    /// From now on. Where there is no terminal, nothing changes.
    pub fn keep() -> TypedAhead {
        let before = TerminalState::read();
        before.keep_keys();
        TypedAhead { before }
    }
}

impl Drop for TypedAhead {
    fn drop(&mut self) {
        // The next line finds out that it can't be put right.
        let _untold = self.before.put_back();
    }
}
