//! The records of a landing: read, without repeats and strays, and cleaned.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::cleaning::{count, instant, text};

/// The cleaned records of the three topics.
pub struct Landing {
    /// Of the pin topic.
    pub posts: Vec<Post>,
    /// Of the geo topic.
    pub places: Vec<Place>,
    /// Of the user topic.
    pub users: Vec<User>,
}

/// What the questions ask of a pin record.
pub struct Post {
    pub ind: i64,
    pub category: Option<String>,
    pub poster_name: Option<String>,
    pub follower_count: Option<i64>,
}

/// What the questions ask of a geo record.
pub struct Place {
    pub ind: i64,
    pub country: Option<String>,
    pub timestamp: Option<NaiveDateTime>,
}

/// What the questions ask of a user record.
pub struct User {
    pub ind: i64,
    pub user_name: Option<String>,
    pub age: Option<i64>,
    pub date_joined: Option<NaiveDateTime>,
}

impl Landing {
    /// Reads every object below a `topics` folder.
    pub fn read(topics: &Path) -> Self {
        let posts = distinct_records(topics, "pin").into_iter().filter_map(|record| {
            let ind = record["index"].as_i64()?;
            Some(Post {
                ind,
                category: text(&record["category"]),
                poster_name: text(&record["poster_name"]),
                follower_count: count(&record["follower_count"]),
            })
        });
        let posts = posts.collect();
        let places = distinct_records(topics, "geo").into_iter().filter_map(|record| {
            let ind = record["ind"].as_i64()?;
            Some(Place { ind, country: text(&record["country"]), timestamp: instant(&record["timestamp"]) })
        });
        let places = places.collect();
        let users = distinct_records(topics, "user").into_iter().filter_map(|record| {
            let ind = record["ind"].as_i64()?;
            let names = [text(&record["first_name"]), text(&record["last_name"])];
            let known: Vec<String> = names.into_iter().flatten().collect();
            Some(User {
                ind,
                user_name: (!known.is_empty()).then(|| known.join(" ")),
                age: record["age"].as_i64(),
                date_joined: instant(&record["date_joined"]),
            })
        });
        Landing { posts, places, users: users.collect() }
    }
}

/// The records of the topic whose name ends in `kind`, each once.
fn distinct_records(topics: &Path, kind: &str) -> Vec<Value> {
    let mut seen = HashSet::new();
    let mut records = Vec::new();
    for object in objects(topics) {
        let key = object.strip_prefix(topics).expect("an object of the folder");
        let topic = key.components().next().expect("a topic").as_os_str().to_string_lossy().into_owned();
        if topic.rsplit('.').next() != Some(kind) {
            continue;
        }
        for line in lines(&object) {
            let record: Value = serde_json::from_str(&line).expect("a record of JSON");
            // The keys of a parsed record are sorted, so its text is the same for the same values.
            if seen.insert(record.to_string()) {
                records.push(record);
            }
        }
    }
    assert!(!records.is_empty(), "no records of `{kind}` below `{}`", topics.display());
    records
}

/// The lines of one object, decompressed where its name says so.
pub fn lines(object: &Path) -> Vec<String> {
    let file = File::open(object).expect("an object that opens");
    let bytes: Box<dyn Read> = match object.extension().is_some_and(|extension| extension == "gz") {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    BufReader::new(bytes).lines().map(|line| line.expect("a line of text")).collect()
}

/// Every file below a folder, in the order of their paths.
pub fn objects(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let path = entry.expect("an entry of the folder").path();
        match path.is_dir() {
            true => found.extend(objects(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
