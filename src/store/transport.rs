//! Why no answer of S3 arrived: names, connections, TLS, time, and services that are something else.
//!
//! Owns the sentences and hints for what goes wrong before S3 has said anything. It reads the words of the libraries,
//! which have no types for most of this. It must not judge what S3 itself answers (`explain` does).

use std::error::Error as StdError;

use crate::error::Error;

/// The words for bytes that are no HTTP, from a service that spoke it before.
pub const GARBLED: &str = "bytes came that belong to no answer";

/// What went wrong on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The host's name has no address.
    Name,
    /// Nothing listens there, or nothing on the way leads there.
    Connection,
    /// No answer came in time.
    Time,
    /// The certificate is one that this machine does not trust; why.
    Certificate(String),
    /// TLS was spoken where plain http is, or the other way round.
    WrongScheme(Scheme),
    /// Something answered that is no S3.
    NotS3,
    /// The connection broke off.
    Broken,
    /// Something else.
    Other,
}

/// The signs of a connection that broke off.
const BROKEN: [&str; 5] =
    ["connection closed before message", "unexpected EOF", "onnection reset", "end of file before", GARBLED];

/// What is spoken at the port, against what the endpoint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The endpoint says `https`, and plain http is spoken there.
    PlainThere,
    /// The endpoint says `http`, and TLS is spoken there.
    TlsThere,
}

impl Fault {
    /// Whether it may lie in what stands between here and the service.
    pub fn is_of_the_way(&self) -> bool {
        match self {
            Fault::Name | Fault::Connection | Fault::Time | Fault::Certificate(_) | Fault::NotS3 | Fault::Broken => {
                true
            }
            Fault::WrongScheme(_) | Fault::Other => false,
        }
    }
}

/// The fault that an error tells of, with the innermost words about it.
pub fn fault(error: &dyn StdError) -> (Fault, String) {
    let chain = chain(error);
    let innermost = chain.last().cloned().unwrap_or_default();
    let has = |signs: &[&str]| chain.iter().any(|said| signs.iter().any(|sign| said.contains(sign)));
    // Certificates are told of at several levels, the innermost of which is the plainest.
    let about_certificate = |said: &&String| said.contains("invalid peer certificate");
    if let Some(said) = chain.iter().rev().find(about_certificate) {
        let why = said.rsplit("invalid peer certificate: ").next().unwrap_or_default().to_owned();
        return (Fault::Certificate(why), innermost);
    }
    let fault = match () {
        () if has(&["timed out", "deadline has elapsed"]) => return (Fault::Time, "operation timed out".to_owned()),
        () if has(&["dns error", "failed to lookup address"]) => Fault::Name,
        () if has(&["InvalidContentType", "corrupt message"]) => Fault::WrongScheme(Scheme::PlainThere),
        () if has(&["invalid HTTP version"]) => Fault::WrongScheme(Scheme::TlsThere),
        () if is_not_s3(&chain) => Fault::NotS3,
        () if has(&BROKEN) => Fault::Broken,
        () if has(&["error sending request", "tcp connect error", "client error (Connect)"]) => Fault::Connection,
        () => Fault::Other,
    };
    (fault, innermost)
}

/// Whether what came was no HTTP: where a service has spoken it before, bytes that belong to none of its answers.
pub fn is_garbled(error: &dyn StdError) -> bool {
    chain(error).iter().any(|said| said.contains("invalid HTTP "))
}

/// What an error says, and each of its causes.
fn chain(error: &dyn StdError) -> Vec<String> {
    let mut said = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        said.push(inner.to_string());
        cause = inner.source();
    }
    said
}

/// What is said of a fault. `about` begins the message with what was being done; `endpoint` is the service's name.
pub fn explained(fault: &Fault, cause: String, endpoint: &str, about: &dyn Fn(String) -> Error) -> Error {
    let secure = || endpoint.replacen("http://", "https://", 1);
    let plain = || endpoint.replacen("https://", "http://", 1);
    match fault {
        Fault::Time => about(format!("no answer from {endpoint} in time"))
            .because(cause)
            .hint("raise `request_timeout` or `connect_timeout` in `[storage]`, or check the network"),
        Fault::Name => about(format!("no connection to {endpoint}: its name has no address"))
            .because(cause)
            .hint("check `endpoint` in `[storage]` and `AWS_ENDPOINT_URL` for typing mistakes, and the network's DNS"),
        Fault::Connection => about(format!("no connection to {endpoint}"))
            .because(cause)
            .hint("check `endpoint` in `[storage]`, `AWS_ENDPOINT_URL`, and the network"),
        Fault::Certificate(why) => certificate(why, cause, endpoint, about),
        Fault::WrongScheme(Scheme::PlainThere) => {
            about(format!("{endpoint} speaks plain http at that port, not https")).because(cause).hint(format!(
                "write `endpoint = \"{}\"`; beyond this machine that needs `allow_http = true` in `[storage]`",
                plain()
            ))
        }
        Fault::WrongScheme(Scheme::TlsThere) => about(format!("{endpoint} does not speak plain http at that port"))
            .because(cause)
            .hint(format!("write `endpoint = \"{}\"` if it speaks https there", secure())),
        Fault::NotS3 => about(format!("what answers at {endpoint} is not S3"))
            .hint("check `endpoint` in `[storage]` and `AWS_ENDPOINT_URL`: a console or a web site often has another port")
            .hint("an endpoint is named without the bucket: `https://HOST:PORT`"),
        Fault::Broken => about(format!("the connection to {endpoint} broke off"))
            .because(cause)
            .hint("check that `endpoint` says `https://` where it speaks TLS, and try again"),
        Fault::Other => about(format!("the request to {endpoint} failed")).because(cause),
    }
}

/// Whether a body or its reading shows that something else than S3 answered.
pub fn is_web_page(text: &str) -> bool {
    let start: String = text.chars().take(4_000).collect::<String>().to_ascii_lowercase();
    start.contains("<!doctype html") || start.contains("<html")
}

fn is_not_s3(chain: &[String]) -> bool {
    // What the client says of a listing that is no listing.
    let signs = ["nvalid list response", "error following redirect", "too many redirects"];
    chain.iter().any(|said| is_web_page(said) || signs.iter().any(|sign| said.contains(sign)))
}

fn certificate(why: &str, cause: String, endpoint: &str, about: &dyn Fn(String) -> Error) -> Error {
    let (what, hint) = match why {
        why if why.contains("UnknownIssuer") => (
            "is signed by nobody whom this machine trusts",
            "add its authority to the system's certificates, or name a file of them in `SSL_CERT_FILE`",
        ),
        why if why.contains("CaUsedAsEndEntity") => (
            "is an authority's own, used as a server's",
            "give the server a certificate that the authority has signed, and name the authority's file in `SSL_CERT_FILE`",
        ),
        why if why.contains("not valid for name") => (
            "is for another name",
            "write the `endpoint` as the certificate has it, or set `path_style = true` in `[storage]`",
        ),
        why if why.contains("certificate expired") => {
            ("has expired", "have it renewed, and check this machine's clock")
        }
        why if why.contains("not valid yet") => ("is not valid yet", "check this machine's clock"),
        _ => ("can not be trusted", "add its authority to the system's certificates, or check the `endpoint`"),
    };
    about(format!("the TLS certificate of {endpoint} {what}")).because(cause).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &'static str) -> Fault {
        fault(&*Box::<dyn StdError>::from(text)).0
    }

    #[test]
    fn faults_are_told_apart_by_the_words_of_the_libraries() {
        assert_eq!(judged("dns error: failed to lookup address information: Name or service not known"), Fault::Name);
        assert_eq!(judged("tcp connect error: Connection refused (os error 111)"), Fault::Connection);
        assert_eq!(judged("operation timed out"), Fault::Time);
        assert_eq!(
            judged("received corrupt message of type InvalidContentType"),
            Fault::WrongScheme(Scheme::PlainThere)
        );
        assert_eq!(judged("invalid HTTP version parsed"), Fault::WrongScheme(Scheme::TlsThere));
        assert_eq!(judged("Got invalid list response: missing field"), Fault::NotS3);
        assert_eq!(judged("status code: 404 Not Found: <!DOCTYPE HTML><html>"), Fault::NotS3);
        assert_eq!(judged("connection closed before message completed"), Fault::Broken);
        assert_eq!(judged(GARBLED), Fault::Broken);
        assert_eq!(judged("the moon"), Fault::Other);
        for said in ["invalid HTTP version parsed", "invalid HTTP status-code parsed", "invalid HTTP header parsed"] {
            assert!(is_garbled(&*Box::<dyn StdError>::from(said)), "{said}");
        }
    }

    #[test]
    fn certificates_say_what_is_wrong_with_them() {
        let about = |message: String| Error::statement(message);
        for (said, expected) in [
            ("invalid peer certificate: UnknownIssuer", "nobody whom this machine trusts"),
            ("invalid peer certificate: certificate not valid for name \"x\"; certificate is only", "another name"),
            ("invalid peer certificate: certificate expired: verification time 1 (UNIX)", "has expired"),
            ("invalid peer certificate: certificate not valid yet: verification time 1 (UNIX)", "not valid yet"),
        ] {
            let (fault, cause) = fault(&*Box::<dyn StdError>::from(said));
            let error = explained(&fault, cause, "https://x.example", &about);
            assert!(error.message().contains(expected) && error.hints().len() == 1, "{}", error.render());
        }
    }
}
