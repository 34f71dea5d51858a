//! The runtime of network and disk work, apart from the one that runs queries.
//!
//! Its threads only move bytes; a decoder that keeps every query thread busy must not keep a socket
//! waiting.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

const THREADS: usize = 2;

/// The runtime; its tasks end when it is dropped, wherever that happens.
pub struct IoRuntime {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl IoRuntime {
    /// Starts the threads.
    pub fn start() -> Result<IoRuntime> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("pinq-io")
            .enable_all()
            .build()
            .map_err(|error| Error::statement("the I/O threads could not be started").because(error))?;
        let handle = runtime.handle().clone();
        Ok(IoRuntime { runtime: Some(runtime), handle })
    }

    /// Where tasks are spawned.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for IoRuntime {
    fn drop(&mut self) {
        // A runtime may not wait for its threads where another one runs; its tasks hold nothing to save.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
