//! Work that is waited for while its progress is shown.

use std::time::Duration;

use super::{Engine, EngineTotals};
use crate::error::Result;
use crate::ui::{Progress, Ui};

/// How often progress is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Progress of one statement.
pub struct Shown {
    /// Where it is drawn.
    pub bar: Progress,
    before: EngineTotals,
}

impl Shown {
    /// Progress from now on.
    pub fn of(ui: &Ui, engine: &Engine) -> Self {
        Shown { bar: ui.progress(), before: engine.totals() }
    }
}

/// Waits for `work` and redraws progress meanwhile.
///
/// # Errors
/// Those of `work`.
pub async fn ticking<T>(progress: &Shown, engine: &Engine, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = std::pin::pin!(work);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => progress.bar.update(&engine.totals().since(&progress.before).work()),
        }
    }
}
