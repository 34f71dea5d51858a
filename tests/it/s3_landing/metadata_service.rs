//! Loopback stand-ins for the services that hand out credentials.

use std::io;
use std::net::TcpListener as BlockingListener;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::s3::ServerOptions;

/// A port at which connections are taken by the system and nobody answers, as of a firewall that drops.
pub(crate) struct Silent(BlockingListener);

/// A container's credentials service; dropping it stops it.
pub(crate) struct Container {
    pub(crate) address: String,
    serving: JoinHandle<()>,
}

impl Silent {
    pub(crate) fn new() -> Silent {
        let listener = BlockingListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        Silent(listener)
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }

    /// Whether somebody has connected since the last time.
    pub(crate) fn was_asked(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => panic!("the port can not be asked: {error}"),
        }
    }
}

impl Container {
    /// Answers every request that carries `authorization` with the keys of a server of these options.
    pub(crate) async fn start(options: &ServerOptions, authorization: &'static str) -> Container {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/credentials", listener.local_addr().expect("an address"));
        let (key, secret) = (&options.access_key, &options.secret_key);
        let keys = format!(
            r#"{{"AccessKeyId":"{key}","SecretAccessKey":"{secret}","Token":"token","Expiration":"2099-01-01T00:00:00Z"}}"#
        );
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.is_ok_and(|read| read > 0)
                {
                }
                let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
                let status = match request.contains(&format!("authorization: {authorization}")) {
                    true => "200 OK",
                    false => "401 Unauthorized",
                };
                let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close");
                let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{keys}", keys.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Container { address, serving }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
