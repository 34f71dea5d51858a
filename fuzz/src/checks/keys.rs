//! Keys of objects: any text is read or refused, and what a sink wrote is read as it meant it.

use crate::landing::LandingKey;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/// Any text as a key, and a key made as the sink makes it.
pub fn check(bytes: &[u8]) {
    if let Ok(key) = std::str::from_utf8(bytes) {
        match LandingKey::parse(key) {
            Ok(read) => {
                assert!(read.topic.as_ref().is_none_or(|topic| !topic.is_empty() && key.contains(topic.as_str())));
                assert!(read.folders.iter().all(|folder| !folder.name.is_empty()));
            }
            Err(reason) => assert!(!reason.to_string().is_empty()),
        }
    }
    let Some((numbers, topic)) = bytes.split_first_chunk::<12>() else { return };
    let [a, b, c, d, offset @ ..] = *numbers;
    check_sink(i32::from_be_bytes([a & 0x7f, b, c, d]), u64::from_be_bytes(offset), topic);
}

fn check_sink(partition: i32, offset: u64, topic: &[u8]) {
    let letters = topic.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    // A topic that begins so may be hidden, or another tool's book.
    let topic: String = letters.skip_while(|letter| matches!(letter, '.' | '_')).collect();
    if topic.is_empty() {
        return;
    }
    for folders in [format!("{topic}/partition={partition}/"), format!("partition={partition}/"), String::new()] {
        for extension in ["json", "json.gz", "jsonl.zst"] {
            let key = format!("{folders}{topic}+{partition}+{offset:010}.{extension}");
            let read = LandingKey::parse(&key).unwrap_or_else(|reason| panic!("`{key}` is refused: {reason}"));
            let expected = (Some(topic.as_str()), Some(partition), Some(offset));
            assert_eq!((read.topic.as_deref(), read.partition, read.start_offset), expected, "`{key}`");
        }
    }
}
