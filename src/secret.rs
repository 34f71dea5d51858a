//! A value that must reach nobody by accident: keys, tokens, addresses that let whoever knows them in.
//!
//! Owns that it shows nothing of itself, not even its length. Whoever needs the value says [`Secret::reveal`], which can
//! be searched for. There is no way to serialise one.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// What stands for a secret wherever one is shown.
const MASK: &str = "***";

/// A secret value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T = String>(T);

/// The text of a URL, whether or not it can be read, without what may be a password.
pub fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    match rest.rsplit_once('@') {
        Some((_, host)) if scheme.is_empty() => format!("{MASK}@{host}"),
        Some((_, host)) => format!("{scheme}://{MASK}@{host}"),
        None => url.to_owned(),
    }
}

impl<T> Secret<T> {
    /// The value, for nothing but the request or the client that needs it.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Secret(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_it_is_shown() {
        let secret = Secret::from("hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(format!("{:?}", (1, &secret)), "(1, ***)");
        assert_eq!(secret.reveal(), "hunter2");
        for (url, shown) in [
            ("https://me:hunter2@s3:1/x", "https://***@s3:1/x"),
            ("me:hunter2@s3", "***@s3"),
            ("https://a@hunter2@s3", "https://***@s3"),
            ("https://s3", "https://s3"),
        ] {
            assert_eq!(without_user(url), shown);
        }
    }
}
