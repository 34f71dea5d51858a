//! Secrets that are found again wherever they stand, in each form in which one could stand there.

/// The secrets of one test, each unlike anything else.
pub(super) struct Secrets {
    /// The key of the server.
    pub(super) key: String,
    /// The session's token.
    pub(super) token: String,
    /// A key that the server refuses.
    pub(super) wrong: String,
    /// A key in a profile's file.
    pub(super) profile: String,
    /// In the path of the webhook's address.
    pub(super) path: String,
    /// Behind it.
    pub(super) query: String,
    /// In the address of an endpoint.
    pub(super) password: String,
}

impl Secrets {
    pub(super) fn new() -> Secrets {
        Secrets {
            key: "kEyOf/tHe+sErVeR/0a1b2c3d4e5f6a7b8c9d0".to_owned(),
            token: "tOkEn/oF+tHe/sEsSiOn/1b2c3d4e5f==".to_owned(),
            wrong: "wRoNg/kEy+2c3d4e5f6a7b8c9d0a1b2c3d4e".to_owned(),
            profile: "pRoFiLe/kEy+3d4e5f6a7b8c9d0a1b2c3d4".to_owned(),
            path: "hOoK-pAtH-4e5f6a7b8c9d0a1b".to_owned(),
            query: "qUeRy-tOkEn-5f6a7b8c9d0a1b2c".to_owned(),
            password: "pAsSwOrD-6a7b8c9d0a1b2c3d".to_owned(),
        }
    }

    fn all(&self) -> [(&'static str, &str); 7] {
        [
            ("the key", &self.key),
            ("the token", &self.token),
            ("the wrong key", &self.wrong),
            ("the profile's key", &self.profile),
            ("the webhook's path", &self.path),
            ("the webhook's query", &self.query),
            ("the endpoint's password", &self.password),
        ]
    }

    /// The names of the secrets that stand in these bytes, with the form in which they do.
    pub(super) fn found_in(&self, bytes: &[u8]) -> impl Iterator<Item = String> {
        let mut found = Vec::new();
        for (name, secret) in self.all() {
            for (form, needle) in forms(secret) {
                if bytes.windows(needle.len()).any(|part| part == needle.as_bytes()) {
                    found.push(format!("{name} ({form})"));
                }
            }
        }
        found.into_iter()
    }
}

fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let percent = |upper: bool| -> String {
        let one = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
            byte if upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        };
        secret.bytes().map(one).collect()
    };
    let mut forms = vec![
        ("plain", secret.to_owned()),
        ("percent-encoded", percent(true)),
        ("percent-encoded in lower case", percent(false)),
        ("JSON with escaped slashes", secret.replace('/', "\\/")),
        ("hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ];
    for before in 0..3 {
        forms.push(("base64", base64(secret, before, b"+/")));
        forms.push(("base64 of URLs", base64(secret, before, b"-_")));
    }
    forms
}

/// The characters of a base64 text that the secret alone decides, where so many bytes stand before it.
fn base64(secret: &str, before: usize, last: &[u8; 2]) -> String {
    let mut alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').collect();
    alphabet.extend(last);
    let bits: Vec<u8> = secret.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    // A character that holds bits of the bytes before is not the secret's.
    let skipped = (6 - before * 8 % 6) % 6;
    let sextets = bits[skipped..].chunks_exact(6);
    let characters = sextets.map(|bits| alphabet[bits.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit))]);
    characters.map(char::from).collect()
}

#[test]
fn every_form_is_found() {
    let secrets = Secrets::new();
    // As any encoder writes them: `aHVudGVyMg==` of `hunter2`, `Omh1bnRlcjI=` of `:hunter2`, `bWVodW50ZXIy` of `mehunter2`.
    assert_eq!(base64("hunter2", 0, b"+/"), "aHVudGVyM");
    assert_eq!(base64("hunter2", 1, b"+/"), "h1bnRlcj");
    assert_eq!(base64("hunter2", 2, b"+/"), "odW50ZXIy");
    assert_eq!(secrets.found_in(b"nothing here").count(), 0);
    assert_eq!(secrets.found_in(secrets.path.as_bytes()).next().as_deref(), Some("the webhook's path (plain)"));
    let percent = b"x=kEyOf%2FtHe%2BsErVeR%2F0a1b2c3d4e5f6a7b8c9d0&y";
    assert_eq!(secrets.found_in(percent).collect::<Vec<_>>(), ["the key (percent-encoded)"]);
}
