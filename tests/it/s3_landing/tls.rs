//! TLS before a server: certificates that this machine trusts, and ones that it must not.
//!
//! Owns the certificates, which are for tests alone: their authority's key was thrown away. It must not know what is asked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::program::{Pinq, ROOT};
use crate::s3::S3Server;

fn file(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/it/s3_landing/certificates").join(name)
}

/// `https://localhost:<port>`, which passes on to the server until the test's runtime ends, and shows that certificate.
pub(crate) async fn before(server: &S3Server, certificate: &str) -> String {
    let behind: SocketAddr = server.endpoint().replace("http://", "").parse().expect("an address");
    let certificate = CertificateDer::from_pem_file(file(certificate)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust the certificate hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut behind = TcpStream::connect(behind).await.expect("the server behind");
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
            });
        }
    });
    format!("https://localhost:{port}")
}

/// Trusts the authority of the tests and nobody else.
pub(crate) fn trusting(pinq: Pinq) -> Pinq {
    pinq.env("SSL_CERT_FILE", file("authority.pem"))
}
