//! Ctrl-C while a statement or a command is under way.
//!
//! Owns one listener for the whole of it: what is pressed while rows are written, between two waits, counts as well.

use std::future::Future;
use std::io;
use std::pin::Pin;

use futures::FutureExt;

use crate::error::{Error, Kind};

/// Ctrl-C from when this was made.
pub struct Interrupt {
    coming: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
}

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Self {
        let mut interrupt = Interrupt { coming: Some(Box::pin(tokio::signal::ctrl_c())) };
        // The listener is registered by its first poll.
        interrupt.was_heard();
        interrupt
    }

    /// Whether it was pressed.
    pub fn was_heard(&mut self) -> bool {
        if self.coming.as_mut().is_some_and(|coming| coming.now_or_never().is_some()) {
            self.coming = None;
        }
        self.coming.is_none()
    }

    /// Waits until it is pressed; returns at once if it was.
    pub async fn heard(&mut self) {
        if let Some(coming) = &mut self.coming {
            // That signals can't be received is as good a reason to stop.
            let _received = coming.await;
            self.coming = None;
        }
    }
}

/// What is told then.
pub fn cancelled() -> Error {
    Error::new(Kind::Interrupted, "the statement was cancelled")
}
