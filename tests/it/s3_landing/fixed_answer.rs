//! A service that is no S3: it answers whatever comes by the same bytes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A web page, as a console or a web site answers.
pub(crate) const WEB_PAGE: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 48\r\n\
    connection: close\r\n\r\n<!DOCTYPE html><html><body>Not found</body></html";

/// The alert of a port that speaks TLS.
pub(crate) const TLS_ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";

/// Listens on a free port until the test's runtime ends; `127.0.0.1:<port>`.
pub(crate) async fn serve(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                // One read is the request, which is short; a client that hangs up is its own business.
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            });
        }
    });
    address
}
