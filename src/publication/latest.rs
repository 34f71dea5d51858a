//! Which run is the latest: `latest.json` for programs, `latest/index.html` for people.
//!
//! Owns both documents, and that they move forward only.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::name::RunName;
use super::writing::{self, LARGEST_DOCUMENT, RUN_FILE};
use super::{Publications, RunRecord};
use crate::error::{Error, Result};
use crate::store::{Condition, Store};

/// For programs.
pub const LATEST_FILE: &str = "latest.json";
/// For people.
pub const LATEST_PAGE: &str = "latest/index.html";
/// The page of a run, within its folder.
pub const PAGE_FILE: &str = "index.html";
/// How often a write that met another one is tried again.
const TRIES: usize = 100;

/// `latest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Latest {
    run: String,
    scheduled_for: DateTime<Utc>,
    finished: DateTime<Utc>,
    /// The run's folder, as seen from this document.
    path: String,
}

/// Whether a run has a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// `index.html`.
    Written,
    /// Its formats have none.
    None,
}

impl Publications {
    /// Makes a complete run, which stands already, the latest one unless a later one is.
    pub(super) async fn move_latest(&self, name: RunName, record: &RunRecord, page: Page) -> Result<()> {
        let run = name.to_string();
        let path = format!("{run}/");
        let latest = Latest { run, scheduled_for: record.scheduled_for, finished: record.finished, path };
        let document = serde_json::to_vec_pretty(&latest)
            .map_err(|error| Error::bug(format!("`{LATEST_FILE}` can not be written as JSON")).because(error))?;
        forward(&self.store, LATEST_FILE, name, document.into(), run_of_document).await?;
        let file = match page {
            Page::Written => PAGE_FILE,
            // Whoever follows the page of earlier runs must not be led to one that is gone.
            Page::None if self.store.get_small(LATEST_PAGE, LARGEST_DOCUMENT).await?.is_some() => RUN_FILE,
            Page::None => return Ok(()),
        };
        let redirect = redirect(&self.title, name, file);
        forward(&self.store, LATEST_PAGE, name, redirect.into(), run_of_page).await
    }
}

/// The run that `latest.json` names, if there is one.
pub async fn named(store: &Store) -> Result<Option<RunName>> {
    let document = store.get_small(LATEST_FILE, LARGEST_DOCUMENT).await?;
    Ok(document.and_then(|document| run_of_document(&document.bytes)))
}

/// Writes the document unless it names `name` or a later run already. One that names none is overwritten.
async fn forward(
    store: &Store,
    key: &str,
    name: RunName,
    document: Bytes,
    run_of: fn(&[u8]) -> Option<RunName>,
) -> Result<()> {
    for _ in 0..TRIES {
        let stands = store.get_small(key, LARGEST_DOCUMENT).await?;
        if stands.as_ref().and_then(|stands| run_of(&stands.bytes)).is_some_and(|stands| stands >= name) {
            return Ok(());
        }
        let condition = stands.as_ref().map_or(Condition::Absent, |stands| Condition::Unchanged(&stands.version));
        if writing::put(store, key, document.clone(), condition).await?.is_some() {
            return Ok(());
        }
    }
    Err(Error::statement(format!("`{}` is written by others all the time", store.location().join(key))))
}

fn run_of_document(bytes: &[u8]) -> Option<RunName> {
    RunName::parse(&serde_json::from_slice::<Latest>(bytes).ok()?.run)
}

fn run_of_page(bytes: &[u8]) -> Option<RunName> {
    let (_, after) = std::str::from_utf8(bytes).ok()?.split_once("url=../")?;
    RunName::parse(after.split_once('/')?.0)
}

/// A page that leads to a file of a run.
fn redirect(title: &str, name: RunName, file: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url=../{name}/{file}\">\n<title>{title}</title>\n</head>\n\
         <body>\n<p><a href=\"../{name}/{file}\">The latest run of {title}</a></p>\n</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_run_and_a_title_is_text() {
        let name = RunName::parse("2026-11-23T06-00-00Z.2").unwrap();
        let page = redirect("<script>url=../x/", name, PAGE_FILE);
        assert!(page.contains("&lt;script&gt;url="), "{page}");
        assert_eq!(run_of_page(page.as_bytes()), Some(name));
        assert_eq!(run_of_page(b"something else"), None);
    }
}
