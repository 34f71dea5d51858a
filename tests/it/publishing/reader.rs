//! Somebody who reads a report's destination at any moment, and knows nothing of pinq but its documents.
//!
//! Owns what a whole run is: every file that its `run.json` lists is there with its size.

use pinq::location::Location;
use pinq::publication::RunName;
use pinq::store::{Store, Stores};
use serde_json::Value;

use super::place::QUESTIONS;

/// The reader.
pub(super) struct Reader {
    store: Store,
    /// What `latest.json` named last.
    latest: Option<RunName>,
    /// Documents that led somewhere before. The page comes after the document for programs.
    followed: Vec<&'static str>,
}

/// How often a reader looks again where what it followed has been removed meanwhile.
const TRIES: usize = 50;

impl Reader {
    pub(super) async fn new(stores: &Stores, destination: &str) -> Reader {
        let location = Location::parse(destination, "/nowhere".as_ref()).expect("a location").join("daily/");
        Reader { store: stores.open(&location).await.expect("a store"), latest: None, followed: Vec::new() }
    }

    /// Looks at everything once.
    pub(super) async fn look(&mut self) {
        self.follow_latest().await;
        self.follow("latest/index.html", |text| {
            let (_, after) = text.split_once("url=../").expect("a redirect");
            after.split_once("/index.html").expect("a page").0.to_owned()
        })
        .await;
        for name in self.folders().await {
            self.is_whole_or_none(&name).await;
        }
    }

    /// Goes where `latest.json` leads.
    pub(super) async fn follow_latest(&mut self) {
        self.follow("latest.json", |text| {
            serde_json::from_str::<Value>(text).expect("JSON")["run"].as_str().expect("a name").to_owned()
        })
        .await;
    }

    /// What `latest.json` named last.
    pub(super) fn latest(&self) -> Option<RunName> {
        self.latest
    }

    /// The names of the runs' folders.
    pub(super) async fn folders(&self) -> Vec<String> {
        // A folder on disk that is not there yet.
        let Ok(children) = self.store.children().await else { return Vec::new() };
        children.folders.into_iter().filter(|name| RunName::parse(name).is_some()).collect()
    }

    /// Who follows latest finds a whole run, or finds latest elsewhere when it looks again.
    async fn follow(&mut self, document: &'static str, run_of: impl Fn(&str) -> String) {
        let mut missed = None;
        for _ in 0..TRIES {
            let Some(text) = self.text(document).await else {
                assert!(!self.followed.contains(&document), "`{document}` is gone");
                return;
            };
            let run = run_of(&text);
            assert_ne!(missed.as_ref(), Some(&run), "`{document}` leads to what is no whole run");
            let name = RunName::parse(&run).expect("the name of a run");
            if document == "latest.json" {
                assert!(self.latest.is_none_or(|before| before <= name), "latest moved back to {name}");
                self.latest = Some(name);
            }
            if self.is_whole_or_none(&run).await {
                if !self.followed.contains(&document) {
                    self.followed.push(document);
                }
                return;
            }
            missed = Some(run);
        }
        panic!("`{document}` never led to a run");
    }

    /// Whether the folder is a run. One that has a record and lacks a file is neither, unless it was removed since.
    async fn is_whole_or_none(&self, run: &str) -> bool {
        let key = format!("{run}/run.json");
        let Some(text) = self.text(&key).await else { return false };
        let record: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{key}: {error}: {text}"));
        let mut files = Vec::new();
        if record["outcome"] == "complete" {
            files.push(("index.html".to_owned(), None));
            assert_eq!(record["questions"].as_array().map(Vec::len), Some(QUESTIONS.len()));
        }
        for question in record["questions"].as_array().expect("questions") {
            for file in question["files"].as_array().expect("files") {
                let size = file["bytes"].as_u64().expect("a size");
                files.push((file["name"].as_str().expect("a name").to_owned(), Some(size)));
                files.push((format!(".rows/{}.arrow", question["name"].as_str().expect("a name")), Some(size / 2)));
            }
        }
        for (file, size) in files {
            let found = self.store.get_small(&format!("{run}/{file}"), u64::MAX).await.expect("a file or none");
            match found {
                Some(found) if size.is_none_or(|size| found.bytes.len() as u64 == size) => {}
                found => {
                    let found = found.map(|found| found.bytes.len());
                    assert_eq!(self.text(&key).await, None, "{run} has {found:?} of {size:?} bytes of {file}");
                    return false;
                }
            }
        }
        true
    }

    async fn text(&self, key: &str) -> Option<String> {
        let object = self.store.get_small(key, u64::MAX).await.expect("a document or none")?;
        Some(String::from_utf8(object.bytes.to_vec()).expect("text"))
    }
}
