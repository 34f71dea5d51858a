//! Pages of keys as no service should send them: names twice, in no order, or without an end.
//!
//! It owns the change of the document's text. Which page is changed is not its to decide.

use bytes::Bytes;

use super::faults::FaultKind;
use super::listing::START_AGAIN;

/// The document with the fault in it; as it is where the fault is not one of listings.
pub(super) fn spoil(fault: FaultKind, body: &Bytes, dice: u64) -> Bytes {
    let Ok(text) = std::str::from_utf8(body) else { return body.clone() };
    let spoilt = match fault {
        FaultKind::ListRepeat => repeated(text, dice),
        FaultKind::ListReorder => reordered(text, dice),
        FaultKind::ListLoop => {
            let token = format!("<NextContinuationToken>{START_AGAIN}</NextContinuationToken>");
            continued(text, &token)
        }
        FaultKind::ListLost => continued(text, ""),
        _ => return body.clone(),
    };
    Bytes::from(spoilt)
}

/// Each element of that name, with what stands before the first and after the last.
fn elements<'a>(text: &'a str, name: &str) -> Option<(&'a str, Vec<&'a str>, &'a str)> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let start = text.find(&open)?;
    let end = text.rfind(&close)? + close.len();
    let inner = text.get(start..end)?;
    Some((text.get(..start)?, inner.split_inclusive(close.as_str()).collect(), text.get(end..)?))
}

fn change(text: &str, work: impl Fn(Vec<&str>) -> Vec<&str>) -> String {
    let mut changed = text.to_owned();
    for name in ["Contents", "CommonPrefixes"] {
        let Some((before, found, after)) = elements(&changed, name) else { continue };
        changed = [before, &work(found).concat(), after].concat();
    }
    changed
}

/// Some of the names a second time, at once or later.
fn repeated(text: &str, dice: u64) -> String {
    change(text, |found| {
        let mut dice = dice;
        let mut all = Vec::with_capacity(found.len() * 2);
        let mut later = Vec::new();
        for element in found {
            dice = next(dice);
            all.push(element);
            match dice % 3 {
                0 => all.push(element),
                1 => later.push(element),
                _ => {}
            }
        }
        all.extend(later);
        all
    })
}

fn reordered(text: &str, dice: u64) -> String {
    change(text, |mut found| {
        let mut dice = dice;
        for last in (1..found.len()).rev() {
            dice = next(dice);
            let other = usize::try_from(dice).unwrap_or_default() % (last + 1);
            found.swap(last, other);
        }
        found
    })
}

/// A page that is not the last one, whose token is `token`.
fn continued(text: &str, token: &str) -> String {
    let mut text = text.replace("<IsTruncated>false<", "<IsTruncated>true<");
    if let Some((before, _, after)) = elements(&text, "NextContinuationToken") {
        text = [before, after].concat();
    }
    text.replace("</ListBucketResult>", &format!("{token}</ListBucketResult>"))
}

fn next(dice: u64) -> u64 {
    let mixed = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 31)
}
