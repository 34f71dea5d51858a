//! Carrying every key through a client that accepts only some.
//!
//! The S3 client parses each listed key as a path without empty names, `.` or `..`, and without a
//! last slash or control characters: one such key would fail the whole page, and a folder marker would lose its slash. So
//! names like these get a mark in the listing's text before the client sees it, and lose it again
//! after. Owns that mark. A marked key can be listed and named, though the client can not fetch it.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;

/// A character of the private use area, which XML allows and the client leaves alone.
const MARK: char = '\u{e000}';

/// Stands before a character that stands for a control character, or for itself.
const CONTROL: char = '\u{e001}';

/// The first of the characters that stand for control characters, in their order.
const FIRST_CONTROL: u32 = 0xe100;

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
    let names = key.split('/').map(|name| match name.strip_prefix(MARK) {
        Some(marked) => with_controls(marked),
        None => name.to_owned(),
    });
    Cow::Owned(names.collect::<Vec<_>>().join("/"))
}

/// Whether the client refuses the character in a key, or its reader of XML takes it for the end of a line.
fn is_control(character: &char) -> bool {
    character.is_ascii_control() || matches!(character, '\u{85}' | '\u{2028}')
}

/// Those characters in an order of their own.
fn control_of_number(number: u32) -> Option<char> {
    match number {
        0..=31 => char::from_u32(number),
        32 => Some('\u{7f}'),
        33 => Some('\u{85}'),
        34 => Some('\u{2028}'),
        _ => None,
    }
}

/// The character of the private use area that stands for one of them.
fn stand_in(control: char) -> Option<char> {
    let mut numbered = (0..).map_while(|number| Some((number, control_of_number(number)?)));
    let (number, _) = numbered.find(|(_, one)| *one == control)?;
    char::from_u32(FIRST_CONTROL.checked_add(number)?)
}

/// Whether the name has a control character, as it is or as XML writes it: `&#27;`, `&#x1B;`.
fn has_control(name: &str) -> bool {
    let mut rest = name;
    while let Some(found) = rest.find(|c: char| is_control(&c) || c == '&') {
        let here = rest.get(found..).unwrap_or_default();
        if control(here).is_some() {
            return true;
        }
        rest = here.get(here.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    false
}

/// The control character that the text begins with, and how many bytes it takes.
fn control(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if is_control(&first) {
        return Some((first, first.len_utf8()));
    }
    let end = text.strip_prefix("&#")?.find(';')?.checked_add(2)?;
    let number = text.get(2..end)?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    let character = char::from_u32(code).filter(is_control)?;
    Some((character, end.checked_add(1)?))
}

fn without_controls(name: &str) -> String {
    let (mut plain, mut rest) = (String::new(), name);
    while let Some(first) = rest.chars().next() {
        let (stands_for, length) = match control(rest) {
            Some((character, length)) => (stand_in(character), length),
            None => (None, first.len_utf8()),
        };
        if stands_for.is_some() || first == CONTROL {
            plain.push(CONTROL);
        }
        plain.push(stands_for.unwrap_or(first));
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

fn with_controls(name: &str) -> String {
    let mut characters = name.chars();
    let mut restored = String::new();
    while let Some(character) = characters.next() {
        restored.push(match character {
            CONTROL => characters.next().map_or(CONTROL, |next| {
                (0..).map_while(control_of_number).find(|one| stand_in(*one) == Some(next)).unwrap_or(next)
            }),
            other => other,
        });
    }
    restored
}

fn mark(key: &str, is_folder: bool) -> Cow<'_, str> {
    // The prefix of the whole bucket is empty, and is no name.
    let (names, end) = match key.strip_suffix('/').filter(|_| is_folder) {
        Some(names) => (names, "/"),
        None if is_folder && key.is_empty() => return Cow::Borrowed(key),
        None => (key, ""),
    };
    let is_odd = |name: &str| {
        matches!(name, "" | "." | "..") || name.starts_with(MARK) || name.contains(CONTROL) || has_control(name)
    };
    if !names.split('/').any(is_odd) {
        return Cow::Borrowed(key);
    }
    let marked: Vec<_> =
        names
            .split('/')
            .map(|name| {
                if is_odd(name) { Cow::Owned(format!("{MARK}{}", without_controls(name))) } else { Cow::Borrowed(name) }
            })
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
    fn control_characters_survive_the_client_as_text_and_as_references() {
        for key in [
            "a\u{1}b",
            "a/\u{1b}[31m/\n",
            "\u{7f}",
            "\u{e001}\r",
            "\u{e001}",
            "\u{e001}\u{e11b}/\t",
            "a\u{85}\u{2028}",
            "&amp;#27;",
        ] {
            let through = Path::parse(mark(key, false)).unwrap_or_else(|error| panic!("{key:?}: {error}"));
            assert_eq!(restore(through.as_ref()), key);
        }
        for (written, key) in
            [("a&#27;b", "a\u{1b}b"), ("&#x1B;&amp;&#xd;&#65;", "\u{1b}&amp;\r&#65;"), ("&#10;/&", "\n/&")]
        {
            let through = Path::parse(mark(written, false)).unwrap_or_else(|error| panic!("{key:?}: {error}"));
            assert_eq!(restore(through.as_ref()), key);
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
