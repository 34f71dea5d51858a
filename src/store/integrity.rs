//! Whether the bytes of an object are those that were stored, as far as the service lets anyone tell.
//!
//! Owns the checksums of answers, what an ETag may be worth, and the judgement of bytes by both. It must not send
//! requests. TLS leaves nothing of this to do but for the service's own mistakes; plain http has a sum of 16 bits only.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest as CrcDigest};
use md5::{Digest as _, Md5};
use object_store::client::HttpResponse;

use crate::config::Verification;

/// More bytes than these are summed on a thread that may be busy for a while.
const AT_ONCE: usize = 256 << 10;

/// Up to so many bytes an MD5 costs next to nothing beside the request. Of more it would cost as much as decoding them.
const SMALL: u64 = 64 << 10;

/// What is compared for the requests of one bucket.
#[derive(Debug)]
pub struct Integrity {
    verification: Verification,
    is_plain_http: bool,
    /// Whether ETags of the form `<md5>` and `<md5 of md5>-1` are what they look like.
    whole: Worth,
    one_part: Worth,
}

/// What the answer to a request for a whole object said of it. It travels with the request through the client, which
/// passes no headers on.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Vouchers>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Vouchers {
    checksum: Option<Checksum>,
    is_encrypted: bool,
}

/// A checksum of a whole object.
#[derive(Clone, Debug, PartialEq)]
struct Checksum {
    algorithm: CrcAlgorithm,
    base64: String,
}

/// What the bytes of an object turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// What was stored, or nothing tells otherwise.
    Sound,
    /// Not what the service says they are: what it is that differs, and the bytes' own sum.
    Differing { what: &'static str, sum: String },
}

/// A sum over the bytes of an object as they come, in their order.
#[derive(Clone)]
pub struct Seal {
    sum: Sum,
    expected: String,
    /// Of an ETag alone: where it is noted whether such are sums at all.
    form: Option<Form>,
}

#[derive(Clone)]
enum Sum {
    Crc(CrcAlgorithm, Box<CrcDigest>),
    Md5(Box<Md5>),
}

/// What an ETag looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The MD5 of the object.
    Whole,
    /// The MD5 of the MD5 of its only part, as the sink uploads objects.
    OnePart,
}

/// Whether ETags of a form have been found to be sums.
#[derive(Debug, Default)]
struct Worth(AtomicU8);

const UNKNOWN: u8 = 0;
const SUMS: u8 = 1;
const OTHERS: u8 = 2;

const CHECKSUMS: [(&str, CrcAlgorithm); 3] = [
    ("x-amz-checksum-crc64nvme", CrcAlgorithm::Crc64Nvme),
    ("x-amz-checksum-crc32c", CrcAlgorithm::Crc32Iscsi),
    ("x-amz-checksum-crc32", CrcAlgorithm::Crc32IsoHdlc),
];

impl Integrity {
    /// What is compared as the configuration says, over http with or without TLS.
    pub fn new(verification: Verification, is_plain_http: bool) -> Integrity {
        Integrity { verification, is_plain_http, whole: Worth::default(), one_part: Worth::default() }
    }

    /// Whether the service is asked for checksums.
    pub fn asks_for_checksums(&self) -> bool {
        self.verification != Verification::Off
    }

    /// Whether what the service does not send by itself is worth a request or a slow sum.
    pub fn is_thorough(&self) -> bool {
        match self.verification {
            Verification::Automatic => self.is_plain_http,
            Verification::Always => true,
            Verification::Off => false,
        }
    }

    /// Judges a whole object.
    pub async fn judge(&self, bytes: &Bytes, etag: Option<&str>, told: &Told) -> Judgement {
        let Some(mut seal) = self.seal(etag, told, bytes.len() as u64) else { return Judgement::Sound };
        seal.add(bytes).await;
        self.finish(seal)
    }

    /// A sum of an object of so many bytes, to be compared with what was told, and else with the ETag; none where there
    /// is nothing to compare, or nothing cheap.
    pub fn seal(&self, etag: Option<&str>, told: &Told, size: u64) -> Option<Seal> {
        if self.verification == Verification::Off {
            return None;
        }
        let told = told.lock().clone();
        if let Some(Checksum { algorithm, base64 }) = told.checksum {
            let sum = Sum::Crc(algorithm, Box::new(CrcDigest::new(algorithm)));
            return Some(Seal { sum, expected: base64, form: None });
        }
        let (form, digits) = form(etag?)?;
        let is_cheap = size <= SMALL || self.verification == Verification::Always;
        let is_worth = self.is_thorough() && is_cheap && !told.is_encrypted && self.worth(form).get() != OTHERS;
        is_worth.then(|| Seal { sum: Sum::Md5(Box::default()), expected: digits, form: Some(form) })
    }

    /// Compares, once all bytes were added.
    pub fn finish(&self, seal: Seal) -> Judgement {
        let Seal { sum, expected, form } = seal;
        let (what, sum) = match sum {
            Sum::Crc(algorithm, digest) => ("checksum", in_base64(algorithm, digest.finalize())),
            Sum::Md5(digest) => ("MD5", hex(&sum_of_form(digest.finalize().into(), form))),
        };
        if sum != expected {
            return Judgement::Differing { what, sum };
        }
        if let Some(form) = form {
            self.worth(form).set(SUMS);
        }
        Judgement::Sound
    }

    /// Whether bytes that came twice with the same sum are to be believed against an ETag: where no ETag of its form
    /// has ever been a sum, these are none.
    pub fn disbelieves(&self, etag: Option<&str>, told: &Told) -> bool {
        let Some((form, _)) = etag.and_then(form).filter(|_| told.lock().checksum.is_none()) else { return false };
        let worth = self.worth(form);
        worth.doubt();
        worth.get() == OTHERS
    }

    /// Whether it is not known yet what ETags such as this one are worth.
    pub fn is_unsure(&self, etag: Option<&str>) -> bool {
        etag.and_then(form).is_some_and(|(form, _)| self.worth(form).get() == UNKNOWN)
    }

    fn worth(&self, form: Form) -> &Worth {
        match form {
            Form::Whole => &self.whole,
            Form::OnePart => &self.one_part,
        }
    }
}

impl Told {
    /// Keeps what the answer says of the object; a part of it has nothing that vouches for it.
    pub fn remember(&self, response: &HttpResponse) {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let mut told = self.lock();
        if response.status().as_u16() != 200 {
            return;
        }
        let is_composite = header("x-amz-checksum-type").is_some_and(|kind| kind.eq_ignore_ascii_case("COMPOSITE"));
        let sums = CHECKSUMS.iter().filter_map(|(name, algorithm)| {
            let base64 = header(name).filter(|sum| !is_composite && !sum.contains('-'))?;
            Some(Checksum { algorithm: *algorithm, base64: base64.to_owned() })
        });
        let by_key = header("x-amz-server-side-encryption").is_some_and(|kind| kind.starts_with("aws:"));
        let is_encrypted = by_key || header("x-amz-server-side-encryption-customer-algorithm").is_some();
        *told = Vouchers { checksum: { sums }.next(), is_encrypted };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vouchers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seal {
    /// The sum of what was added up to now.
    pub fn so_far(&self) -> String {
        match &self.sum {
            Sum::Crc(algorithm, digest) => in_base64(*algorithm, digest.finalize()),
            Sum::Md5(digest) => hex(&digest.clone().finalize()),
        }
    }

    /// Adds bytes.
    pub async fn add(&mut self, bytes: &Bytes) {
        let is_slow = matches!(self.sum, Sum::Md5(_)) && bytes.len() > AT_ONCE;
        if !is_slow {
            self.sum.add(bytes);
            return;
        }
        let (mut sum, bytes) = (std::mem::replace(&mut self.sum, Sum::Md5(Box::default())), bytes.clone());
        let summed = tokio::task::spawn_blocking(move || {
            sum.add(&bytes);
            sum
        });
        // A sum that is lost differs in the end; a runtime that stops needs no answer.
        if let Ok(sum) = summed.await {
            self.sum = sum;
        }
    }
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        match self {
            Sum::Crc(_, digest) => digest.update(bytes),
            Sum::Md5(digest) => digest.update(bytes),
        }
    }
}

impl Worth {
    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    /// No sums, unless one was found to be one, be it at this moment.
    fn doubt(&self) {
        let _known = self.0.compare_exchange(UNKNOWN, OTHERS, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn set(&self, worth: u8) {
        self.0.store(worth, Ordering::Relaxed);
    }
}

/// What the ETag looks like, and its digits.
fn form(etag: &str) -> Option<(Form, String)> {
    let text = etag.trim_matches('"');
    let (form, digits) = match text.strip_suffix("-1") {
        Some(digits) => (Form::OnePart, digits),
        None => (Form::Whole, text),
    };
    let is_sum = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| (form, digits.to_ascii_lowercase()))
}

fn sum_of_form(md5: [u8; 16], form: Option<Form>) -> [u8; 16] {
    match form {
        Some(Form::OnePart) => Md5::digest(md5).into(),
        Some(Form::Whole) | None => md5,
    }
}

fn in_base64(algorithm: CrcAlgorithm, sum: u64) -> String {
    let bytes = sum.to_be_bytes();
    match algorithm {
        CrcAlgorithm::Crc64Nvme => STANDARD.encode(bytes),
        _ => STANDARD.encode(bytes.get(4..).unwrap_or_default()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use object_store::client::HttpResponseBody;

    use super::*;

    const BODY: &[u8] = b"123456789";
    const MD5: &str = "\"25f9e794323b453885f5181f1b624d0b\"";

    fn judge(integrity: &Integrity, body: &'static [u8], etag: &str, told: &Told) -> bool {
        let judgement = integrity.judge(&Bytes::from_static(body), Some(etag), told).now_or_never().unwrap();
        judgement == Judgement::Sound
    }

    fn told(headers: &[(&'static str, &str)]) -> Told {
        let mut response = HttpResponse::new(HttpResponseBody::from(Bytes::new()));
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        let told = Told::default();
        told.remember(&response);
        told
    }

    #[test]
    fn checksums_are_compared_whatever_they_are() {
        let integrity = Integrity::new(Verification::Automatic, false);
        // The check values of the catalogue of CRCs, for these nine digits.
        for (name, sum) in [
            ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
            ("x-amz-checksum-crc32c", "4waSgw=="),
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ] {
            assert!(judge(&integrity, BODY, "", &told(&[(name, sum)])), "{name}");
            assert!(!judge(&integrity, b"123456788", "", &told(&[(name, sum)])), "{name}");
        }
    }

    #[test]
    fn a_sum_of_sums_says_nothing_of_the_whole() {
        let integrity = Integrity::new(Verification::Automatic, false);
        assert!(judge(&integrity, BODY, "", &told(&[("x-amz-checksum-crc32c", "AAAAAA==-3")])));
        let composite = [("x-amz-checksum-crc32c", "AAAAAA=="), ("x-amz-checksum-type", "COMPOSITE")];
        assert!(judge(&integrity, BODY, "", &told(&composite)));
    }

    #[test]
    fn etags_are_compared_over_plain_http_and_where_it_is_asked_for() {
        let plain = || Integrity::new(Verification::Automatic, true);
        let one_part = "\"dc1bf12a87fa8d6a03b1f0b2f6b83a0a-1\"";
        assert!(judge(&plain(), BODY, MD5, &Told::default()));
        assert!(!judge(&plain(), b"123456788", MD5, &Told::default()));
        assert!(!judge(&plain(), BODY, one_part, &Told::default()));
        assert!(judge(
            &plain(),
            BODY,
            &format!("\"{}-1\"", hex(&sum_of_form(Md5::digest(BODY).into(), Some(Form::OnePart)))),
            &Told::default()
        ));
        assert!(judge(&Integrity::new(Verification::Automatic, false), b"x", MD5, &Told::default()));
        assert!(!judge(&Integrity::new(Verification::Always, false), b"x", MD5, &Told::default()));
        assert!(judge(&Integrity::new(Verification::Off, true), b"x", MD5, &Told::default()));
        let encrypted = told(&[("x-amz-server-side-encryption", "aws:kms")]);
        assert!(judge(&plain(), b"x", MD5, &encrypted), "no sum of what is read");
        for other in ["\"abc\"", "\"25f9e794323b453885f5181f1b624d0b-7\"", "W/\"x\""] {
            assert!(judge(&plain(), b"x", other, &Told::default()), "{other}");
        }
    }

    #[test]
    fn an_md5_of_much_is_for_those_who_ask_for_it() {
        let seal = |verification, size| Integrity::new(verification, true).seal(Some(MD5), &Told::default(), size);
        assert!(seal(Verification::Automatic, SMALL).is_some());
        assert!(seal(Verification::Automatic, SMALL + 1).is_none());
        assert!(seal(Verification::Always, 1 << 40).is_some());
    }

    #[test]
    fn etags_that_are_no_sums_are_known_by_bytes_that_stay_the_same() {
        let integrity = Integrity::new(Verification::Automatic, true);
        let nothing = Told::default();
        assert!(!judge(&integrity, b"x", MD5, &nothing));
        assert!(integrity.disbelieves(Some(MD5), &nothing));
        assert!(judge(&integrity, b"y", MD5, &nothing), "they are not compared any more");
        let integrity = Integrity::new(Verification::Automatic, true);
        assert!(judge(&integrity, BODY, MD5, &nothing));
        assert!(!integrity.disbelieves(Some(MD5), &nothing), "one was a sum");
    }
}
