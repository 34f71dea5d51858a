//! Carrying every key through a client that accepts only some.
//!
//! The S3 client parses each listed key as a path without empty names, `.` or `..`, and without a
//! last slash: one such key would fail the whole page, and a folder marker would lose its slash. So
//! names like these get a mark in the listing's text before the client sees it, and lose it again
//! after. Owns that mark. A marked key can be listed and named, though the client can not fetch it.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;

/// A character of the private use area, which XML allows and the client leaves alone.
const MARK: char = '\u{e000}';

/// A listing's XML with odd keys and prefixes marked.
pub fn protect_listing(body: Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(&body) else { return body };
    let mut changed = String::new();
    let mut copied = 0;
    let mut from = 0;
    // Both `<Key>` and `<Prefix>` hold names; the latter of a folder ends in the delimiter.
    while let Some(open) = text.get(from..).and_then(|rest| memmem::find(rest.as_bytes(), b"<")) {
        let tag_start = from.saturating_add(open);
        let rest = &text[tag_start..];
        let (element, is_folder) = match () {
            () if rest.starts_with("<Key>") => ("<Key>", false),
            () if rest.starts_with("<Prefix>") => ("<Prefix>", true),
            () => {
                from = tag_start.saturating_add(1);
                continue;
            }
        };
        let start = tag_start.saturating_add(element.len());
        let Some(length) = memmem::find(&text.as_bytes()[start..], b"<") else { break };
        let end = start.saturating_add(length);
        if let Cow::Owned(marked) = mark(&text[start..end], is_folder) {
            changed.push_str(&text[copied..start]);
            changed.push_str(&marked);
            copied = end;
        }
        from = end;
    }
    if copied == 0 {
        return body;
    }
    changed.push_str(&text[copied..]);
    Bytes::from(changed)
}

/// Whether a listing's XML says that there is more, and not where it begins. Names can't hold a `<`.
pub fn is_lost(body: &[u8]) -> bool {
    memmem::find(body, b"<IsTruncated>true</IsTruncated>").is_some()
        && memmem::find(body, b"<NextContinuationToken>").is_none()
}

/// The key as it is stored, from one that came through the client.
pub fn restore(key: &str) -> Cow<'_, str> {
    if !key.contains(MARK) {
        return Cow::Borrowed(key);
    }
    let names = key.split('/').map(|name| name.strip_prefix(MARK).unwrap_or(name));
    Cow::Owned(names.collect::<Vec<_>>().join("/"))
}

fn mark(key: &str, is_folder: bool) -> Cow<'_, str> {
    // The prefix of the whole bucket is empty, and is no name.
    let (names, end) = match key.strip_suffix('/').filter(|_| is_folder) {
        Some(names) => (names, "/"),
        None if is_folder && key.is_empty() => return Cow::Borrowed(key),
        None => (key, ""),
    };
    let is_odd = |name: &str| matches!(name, "" | "." | "..") || name.starts_with(MARK);
    if !names.split('/').any(is_odd) {
        return Cow::Borrowed(key);
    }
    let marked: Vec<_> = names
        .split('/')
        .map(|name| if is_odd(name) { Cow::Owned(format!("{MARK}{name}")) } else { Cow::Borrowed(name) })
        .collect();
    Cow::Owned(marked.join("/") + end)
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;

    #[test]
    fn odd_keys_survive_the_client() {
        for key in ["a//b", "/a", "a/", "a/./b", "a/../b", "..", "//", "\u{e000}a", "a/\u{e000}\u{e000}", "é/ /+%2B"] {
            let marked = mark(key, false);
            let through = Path::parse(&marked).unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_eq!(restore(through.as_ref()), key);
        }
        for folder in ["a/", "a//", "/", "a/../", "é+/"] {
            let marked = mark(folder, true);
            let through = Path::parse(&marked).unwrap_or_else(|error| panic!("{folder}: {error}"));
            assert_eq!(format!("{}/", restore(through.as_ref())), folder);
        }
    }

    #[test]
    fn plain_listings_are_not_copied() {
        let body = Bytes::from_static(
            b"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Prefix></Prefix><Contents><Key>a/b+0.json</Key></Contents></ListBucketResult>",
        );
        assert_eq!(protect_listing(body.clone()).as_ptr(), body.as_ptr());
    }

    #[test]
    fn marks_only_names() {
        let body = "<R><Prefix>a/</Prefix><Contents><Key>a/</Key><ETag>x//</ETag></Contents><Contents><Key>a/b</Key>\
                    </Contents><CommonPrefixes><Prefix>a//</Prefix></CommonPrefixes></R>";
        let marked = protect_listing(Bytes::from(body));
        let expected =
            body.replace("<Key>a/</Key>", "<Key>a/\u{e000}</Key>").replace("<Prefix>a//", "<Prefix>a/\u{e000}/");
        assert_eq!(std::str::from_utf8(&marked).unwrap(), expected);
    }
}
