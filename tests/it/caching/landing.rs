//! A landing that changes at random, on disk or in a bucket.
//!
//! Owns what is in its objects: records that are read, late, damaged or no records at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::dice::Dice;
use crate::s3::Bucket;

/// Objects beyond which some are deleted.
const MOST_OBJECTS: usize = 36;
/// A little more than what is read in one piece.
const LARGE_BYTES: usize = 4_300_000;

/// Where it is.
pub(super) enum Place {
    /// The folder that holds `topics`.
    Disk(PathBuf),
    /// The bucket.
    Bucket(Bucket),
}

/// What it holds.
pub(super) struct Landing {
    place: Place,
    objects: BTreeMap<String, Vec<u8>>,
    written: u64,
    offset: u64,
    /// Whether a key was made since that question that is not the last.
    is_between: bool,
    /// The key of an object that takes long to read, and goes soon.
    large: Option<String>,
}

/// A change of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// Objects came after all others.
    Added,
    AddedBetween,
    Replaced,
    ReplacedBySameSize,
    Deleted,
}

impl Change {
    /// Whether it is noticed where a listing is gone on with.
    pub(super) fn is_seen_by_going_on(self) -> bool {
        matches!(self, Change::Nothing | Change::Added)
    }
}

impl Landing {
    /// One object for each of the two tables.
    pub(super) fn new(place: Place, dice: &mut Dice) -> Landing {
        let mut landing =
            Landing { place, objects: BTreeMap::new(), written: 0, offset: 0, is_between: false, large: None };
        for topic in ["item", "user"] {
            let body = records(topic, 4, dice);
            landing.add(topic, &body, dice);
        }
        landing
    }

    /// Changes something.
    pub(super) fn change(&mut self, dice: &mut Dice) -> Change {
        if let Some(key) = self.large.take_if(|_| dice.one_in(3)) {
            self.remove(&key);
            return Change::Deleted;
        }
        if self.objects.len() > MOST_OBJECTS {
            for _ in 0..8 {
                let key = self.any(dice);
                self.remove(&key);
            }
            return Change::Deleted;
        }
        match dice.below(20) {
            0..6 => {
                let topic = dice.of(&["item", "item", "user"]);
                let count = dice.of(&[0, 1, 1, 2, 5, 30]);
                let body = records(topic, count, dice);
                self.add(topic, &body, dice);
                self.added()
            }
            6 => {
                for _ in 0..3 {
                    let body = records("item", 1, dice);
                    self.add("item", &body, dice);
                }
                self.added()
            }
            7..9 => {
                let body = self.objects[&self.any(dice)].clone();
                let topic = dice.of(&["item", "user"]);
                self.add_bytes(topic, body, dice);
                self.added()
            }
            9..11 => {
                let key = self.any(dice);
                let topic = if key.contains("demo.item") { "item" } else { "user" };
                let count = dice.below(6);
                let body = stored(&records(topic, count, dice), &key, dice);
                self.put(&key, body);
                Change::Replaced
            }
            11..14 => {
                let key = self.any(dice);
                let mut body = self.objects[&key].clone();
                if let Some(digit) = body.windows(5).position(|five| five.starts_with(b"\"n\":") && five[4] != b'9')
                    && body[digit + 4].is_ascii_digit()
                {
                    body[digit + 4] += 1;
                }
                self.put(&key, body);
                Change::ReplacedBySameSize
            }
            14..17 => {
                let key = self.any(dice);
                self.remove(&key);
                Change::Deleted
            }
            17 if dice.one_in(12) && self.large.is_none() => {
                let body = large(dice);
                self.large = Some(self.add("item", &body, dice));
                self.added()
            }
            _ => Change::Nothing,
        }
    }

    fn added(&mut self) -> Change {
        if std::mem::take(&mut self.is_between) { Change::AddedBetween } else { Change::Added }
    }

    fn any(&self, dice: &mut Dice) -> String {
        self.objects.keys().nth(dice.below(self.objects.len())).expect("an object").clone()
    }

    fn add(&mut self, topic: &str, body: &str, dice: &mut Dice) -> String {
        let key = self.key(topic, dice);
        let body = stored(body, &key, dice);
        self.put(&key, body);
        key
    }

    fn add_bytes(&mut self, topic: &str, body: Vec<u8>, dice: &mut Dice) {
        let key = self.key(topic, dice);
        self.put(&key, body);
    }

    /// Mostly the next one, as the sink writes them; now and then one that stands among others.
    fn key(&mut self, topic: &str, dice: &mut Dice) -> String {
        let partition = dice.below(3);
        self.offset += 100;
        let is_between = dice.one_in(8);
        self.is_between |= is_between;
        let offset = if is_between { self.offset / 2 + dice.below(50) as u64 } else { self.offset };
        let extension = if dice.one_in(3) { "json.gz" } else { "json" };
        format!("topics/demo.{topic}/partition={partition}/demo.{topic}+{partition}+{offset:010}.{extension}")
    }

    fn put(&mut self, key: &str, body: Vec<u8>) {
        self.written += 1;
        match &self.place {
            Place::Disk(folder) => {
                let path = folder.join(key);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                fs::write(&path, &body).expect("an object");
                let modified = UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_millis(self.written);
                File::options().write(true).open(&path).expect("an object").set_modified(modified).expect("a time");
            }
            Place::Bucket(bucket) => bucket.insert(key, body.clone()),
        }
        self.objects.insert(key.to_owned(), body);
    }

    /// Takes an object away, unless it is the last of its table, or gone already.
    fn remove(&mut self, key: &str) {
        let topic = key.split('/').nth(1).expect("a topic");
        let all = self.objects.keys().filter(|key| key.split('/').nth(1) == Some(topic)).count();
        if all < 2 || self.objects.remove(key).is_none() {
            return;
        }
        match &self.place {
            Place::Disk(folder) => fs::remove_file(folder.join(key)).expect("an object"),
            Place::Bucket(bucket) => assert!(bucket.remove(key)),
        }
    }
}

/// As the key's name says; now and then a compressed object is cut off.
fn stored(body: &str, key: &str, dice: &mut Dice) -> Vec<u8> {
    if !key.ends_with(".gz") {
        return body.as_bytes().to_vec();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).expect("memory");
    let mut bytes = encoder.finish().expect("memory");
    if key.contains("demo.item") && dice.one_in(8) {
        bytes.truncate(bytes.len() - 7 - dice.below(bytes.len() / 3));
    }
    bytes
}

fn records(topic: &str, count: usize, dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..count {
        record(topic, &mut text, dice);
    }
    text
}

fn record(topic: &str, text: &mut String, dice: &mut Dice) {
    let n = dice.below(60);
    let name = dice.of(&["ann", "bob", "zoë", "a longer name than most of them have", ""]);
    let written = match dice.below(24) {
        0 => writeln!(text, "null"),
        1 => writeln!(text, "{{\"n\":{n},\"late{}\":1,\"name\":\"{name}\"}}", dice.below(3)),
        2 if topic == "item" => writeln!(text, "{{\"n\":{n},\"name\":"),
        3 => writeln!(text, "{{\"n\":null,\"tag\":\"t{}\"}}", n % 3),
        4 if topic == "item" => writeln!(text, "{{\"n\":{n},\"price\":\"much\",\"tag\":\"x\"}}"),
        5 => writeln!(text, "{{}}\n"),
        _ => writeln!(
            text,
            "{{\"n\":{n},\"name\":\"{name}\",\"price\":{}.5,\"tag\":\"t{}\",\"inner\":{{\"a\":{n},\"b\":[\"x\"]}}}}",
            dice.below(9),
            n % 4
        ),
    };
    written.expect("memory");
}

fn large(dice: &mut Dice) -> String {
    let mut text = String::with_capacity(LARGE_BYTES + 10_000);
    let padding = "x".repeat(8_000);
    while text.len() < LARGE_BYTES {
        record("item", &mut text, dice);
        writeln!(text, "{{\"n\":{},\"name\":\"{padding}\"}}", dice.below(1_000)).expect("memory");
    }
    text
}
