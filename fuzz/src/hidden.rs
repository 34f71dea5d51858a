//! What the processor pretends not to have, so that one machine runs the code of several.

use std::cell::Cell;

thread_local! {
    static WIDEST_HIDDEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether 64-byte registers are hidden.
pub fn is_widest_hidden() -> bool {
    WIDEST_HIDDEN.get()
}

/// What `make` returns where 64-byte registers are hidden from it.
pub fn without_widest<T>(make: impl FnOnce() -> T) -> T {
    WIDEST_HIDDEN.set(true);
    let made = make();
    WIDEST_HIDDEN.set(false);
    made
}
