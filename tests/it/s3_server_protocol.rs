//! What the S3 server of the tests writes on the wire, where the program's client does not show it.
//!
//! Requests are plain text without a signature, to a bucket that allows it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::s3::{Anonymous, Bucket, S3Server, ServerOptions};

async fn start(bucket: &Bucket) -> S3Server {
    let options = ServerOptions { anonymous: Anonymous::Allowed, ..ServerOptions::default() };
    S3Server::start(bucket.clone(), options).await.expect("a free port")
}

/// Sends one request and returns head and body of the answer as they came.
async fn ask(server: &S3Server, line: &str, headers: &[&str]) -> (String, String) {
    let address = server.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!("{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_ascii_lowercase(), body.to_owned())
}

/// The texts between `<name>` and `</name>`, in order.
fn elements<'a>(document: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    document.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|(text, _)| text).collect()
}

#[tokio::test]
async fn tells_the_region_of_the_bucket() {
    let server = start(&Bucket::memory()).await;
    let (head, body) = ask(&server, "HEAD /landing", &[]).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("x-amz-bucket-region: eu-west-1"), "{head}");
    assert_eq!(body, "");
    let (_, body) = ask(&server, "GET /landing?location", &[]).await;
    assert!(body.contains(">eu-west-1</LocationConstraint>"), "{body}");
    let (head, _) = ask(&server, "HEAD /absent", &[]).await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    let counts = server.counts();
    assert_eq!((counts.heads, counts.others, counts.errors), (2, 1, 1));
}

#[tokio::test]
async fn version_1_pages_by_marker_and_encodes_names_where_asked() {
    let bucket = Bucket::memory();
    for key in ["a/1", "a/2", "b c+d", "c/1", "d"] {
        bucket.insert(key, "x");
    }
    let server = start(&bucket).await;
    let (_, page) = ask(&server, "GET /landing?delimiter=/&max-keys=2&encoding-type=url", &[]).await;
    assert_eq!(elements(&page, "Key"), ["b+c%2Bd"]);
    assert_eq!(elements(&page, "Prefix"), ["", "a/"]);
    assert_eq!(elements(&page, "NextMarker"), ["b+c%2Bd"]);
    assert_eq!(elements(&page, "IsTruncated"), ["true"]);
    let (_, page) = ask(&server, "GET /landing?delimiter=/&max-keys=2&marker=b+c%2Bd", &[]).await;
    assert_eq!((elements(&page, "Key"), elements(&page, "Prefix")), (vec!["d"], vec!["", "c/"]));
    assert_eq!(elements(&page, "IsTruncated"), ["false"]);
    let (_, page) = ask(&server, "GET /landing?max-keys=1&marker=a/1", &[]).await;
    assert_eq!((elements(&page, "Key"), elements(&page, "NextMarker")), (vec!["a/2"], vec![]));
}

#[tokio::test]
async fn version_2_resumes_by_an_opaque_token_after_a_common_prefix() {
    let bucket = Bucket::memory();
    for key in ["a/1", "a/\u{10ffff}\u{10ffff}", "a/2", "b", "é", "z"] {
        bucket.insert(key, "x");
    }
    let server = start(&bucket).await;
    let (_, page) = ask(&server, "GET /landing?list-type=2&delimiter=/&max-keys=1", &[]).await;
    assert_eq!((elements(&page, "Key"), elements(&page, "Prefix")), (vec![], vec!["", "a/"]));
    assert_eq!(elements(&page, "KeyCount"), ["1"]);
    let token = elements(&page, "NextContinuationToken")[0].replace('+', "%2B");
    let (_, page) =
        ask(&server, &format!("GET /landing?list-type=2&delimiter=/&continuation-token={token}"), &[]).await;
    assert_eq!(elements(&page, "Key"), ["b", "z", "é"]);
    assert_eq!(elements(&page, "Prefix"), [""]);
    let (head, page) = ask(&server, "GET /landing?list-type=2&continuation-token=no", &[]).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert_eq!(elements(&page, "Code"), ["InvalidArgument"]);
    let (_, page) = ask(&server, "GET /landing?list-type=2&max-keys=0", &[]).await;
    assert_eq!((elements(&page, "Key"), elements(&page, "IsTruncated")), (vec![], vec!["false"]));
}

#[tokio::test]
async fn a_304_has_no_body_and_an_error_has_a_request_id() {
    let bucket = Bucket::memory();
    bucket.insert("a", "one");
    let server = start(&bucket).await;
    let (head, body) = ask(&server, "GET /landing/a", &["if-none-match: \"f97c5d29941bfb1b2fdab0874906ab82\""]).await;
    assert!(head.starts_with("http/1.1 304") && head.contains("etag: \"f97c5d29941bfb1b2fdab0874906ab82\""), "{head}");
    assert_eq!(body, "");
    let (head, body) = ask(&server, "GET /landing/b", &[]).await;
    assert!(head.starts_with("http/1.1 404") && head.contains("x-amz-request-id: "), "{head}");
    assert_eq!(elements(&body, "Code"), ["NoSuchKey"]);
    let (head, body) = ask(&server, "GET /landing/a", &["range: bytes=-2"]).await;
    assert!(head.starts_with("http/1.1 206") && head.contains("content-range: bytes 1-2/3"), "{head}");
    assert_eq!(body, "ne");
    bucket.insert("empty", "");
    let (head, _) = ask(&server, "GET /landing/empty", &["range: bytes=0-"]).await;
    assert!(head.starts_with("http/1.1 416"), "{head}");
}

#[tokio::test]
async fn a_folder_refuses_keys_that_would_leave_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("inner")).expect("a folder");
    std::fs::write(folder.path().join("secret"), "x").expect("a file");
    let bucket = Bucket::folder(folder.path().join("inner")).expect("a bucket");
    let server = start(&bucket).await;
    let (head, _) = ask(&server, "GET /landing/..%2Fsecret", &[]).await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    let (head, body) = ask(&server, "PUT /landing/..%2Fout", &["content-length: 0"]).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert_eq!(elements(&body, "Code"), ["InvalidArgument"]);
    assert!(!folder.path().join("out").exists());
}
