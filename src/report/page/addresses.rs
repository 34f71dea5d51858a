//! Links of a page: names of files as addresses, and names of questions as anchors.
//!
//! Owns how a name becomes a part of a link. It must not know what is linked.

use std::collections::HashSet;
use std::fmt::Write;

/// A name within the run's folder as a relative address: what is not plain in one is written `%20`, so that no name
/// is taken for a scheme, a query or another host.
pub(super) fn address(name: &str) -> String {
    let mut address = String::with_capacity(name.len());
    for byte in name.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => address.push(byte.into()),
            // Writing to a String cannot fail.
            byte => drop(write!(address, "%{byte:02X}")),
        }
    }
    address
}

/// The anchors of a page, each one once.
#[derive(Default)]
pub(super) struct Anchors {
    used: HashSet<String>,
}

impl Anchors {
    /// The anchor of a question, which stays the same from run to run.
    pub(super) fn next(&mut self, name: &str) -> String {
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let anchor: String = "q-".chars().chain(name.chars().map(plain)).collect();
        let mut unique = anchor.clone();
        let mut number = 2_usize;
        while !self.used.insert(unique.clone()) {
            unique = format!("{anchor}-{number}");
            number = number.saturating_add(1);
        }
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_more_than_a_path() {
        assert_eq!(address("07_users.csv"), "07_users.csv");
        assert_eq!(address("a b#?.csv"), "a%20b%23%3F.csv");
        assert_eq!(address("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(address("//elsewhere/ż"), "elsewhere/%C5%BC");
    }

    #[test]
    fn anchors_are_told_apart() {
        let mut anchors = Anchors::default();
        assert_eq!(["a.2", "a 2", "a-2"].map(|name| anchors.next(name)), ["q-a-2", "q-a-2-2", "q-a-2-3"]);
    }
}
