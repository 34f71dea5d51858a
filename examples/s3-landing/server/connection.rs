//! A client's connection, which can be told to end badly.
//!
//! It owns what HTTP has no word for: a reset, and bytes that nobody announced. It must not know requests.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Bytes that nobody announced.
const UNANNOUNCED: &[u8] = b"{\"index\":1,\"ind\":1}\n";

/// How a connection is to end.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// By a reset.
    pub reset: AtomicBool,
    /// With bytes after the answer that is under way.
    pub surplus: AtomicBool,
    /// With bytes before the answer that is under way.
    pub stray: AtomicBool,
}

/// A connection and how it is to end.
pub(super) struct Connection {
    stream: TcpStream,
    wishes: Arc<Wishes>,
    /// Whether something was written since bytes were wished for.
    has_written: bool,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, wishes: Arc<Wishes>) -> Connection {
        Connection { stream, wishes, has_written: false }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.wishes.stray.swap(false, SeqCst) {
            // A client that waits for an answer has room for so little.
            let _ = self.stream.try_write(UNANNOUNCED);
        }
        if self.wishes.surplus.load(SeqCst) {
            self.has_written = true;
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.has_written && self.wishes.surplus.swap(false, SeqCst) {
            self.has_written = false;
            // A client that took all of the answer has room for so little.
            let _ = self.stream.try_write(UNANNOUNCED);
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wishes.reset.load(SeqCst) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.wishes.reset.load(SeqCst) {
            // Closing sends a reset then, in place of an end.
            let _ = self.stream.set_zero_linger();
        }
    }
}
