//! Paths as arguments: how one is quoted, and which ones a beginning can become.
//!
//! Owns what completion offers of a folder. It must not read files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::repl::session::Places;

/// Entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Paths that are offered.
const MOST_OFFERED: usize = 200;

/// Which files are offered beside folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    Everything,
    /// Those of SQL, where there are any.
    Scripts,
}

/// Something that a beginning can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedPath {
    /// The path as it would be typed, without quotes; a folder ends with `/`.
    pub path: String,
    /// Whether it is one to go on from.
    pub is_folder: bool,
}

/// The paths that begin with `typed`: entries of one folder, hidden ones only where a dot was typed.
pub fn offered(typed: &str, places: &Places, wanted: Wanted) -> Vec<OfferedPath> {
    let (folder, beginning) = match typed.rfind('/').and_then(|slash| typed.split_at_checked(slash + 1)) {
        Some((folder, beginning)) => (folder, beginning),
        None => ("", typed),
    };
    let entries = fs::read_dir(places.path(folder)).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let mut found: Vec<OfferedPath> = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        // What can't be typed is not offered.
        let Some(name) = name.to_str().filter(|name| !name.chars().any(char::is_control)) else { continue };
        if !name.starts_with(beginning) || (name.starts_with('.') && !beginning.starts_with('.')) {
            continue;
        }
        let is_folder = entry.path().is_dir();
        let end = if is_folder { "/" } else { "" };
        found.push(OfferedPath { path: format!("{folder}{name}{end}"), is_folder });
    }
    let is_script = |offered: &OfferedPath| offered.path.ends_with(".sql");
    if wanted == Wanted::Scripts && found.iter().any(is_script) {
        found.retain(|offered| offered.is_folder || is_script(offered));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.truncate(MOST_OFFERED);
    found
}

/// A word that `Call` reads as `word`. `Open` lets the user go on inside the quotes.
pub fn quoted(word: &str, end: QuoteEnd, was_quoted: bool) -> String {
    let needs_quotes = was_quoted || word.chars().any(|one| one.is_whitespace() || matches!(one, '\'' | ';'));
    if !needs_quotes {
        return word.to_owned();
    }
    let end = match end {
        QuoteEnd::Closed => "'",
        QuoteEnd::Open => "",
    };
    format!("'{}{end}", word.replace('\'', "''"))
}

/// Whether a quoted word is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteEnd {
    /// It is.
    Closed,
    /// More of it follows.
    Open,
}

impl Places {
    /// A path that a command names: below the working folder, or below the home with `~/`.
    pub fn path(&self, named: &str) -> PathBuf {
        match (named.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.working_folder.join(Path::new(named)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &Path) -> Places {
        Places { working_folder: folder.to_path_buf(), home: Some(folder.join("home")), questions: folder.join("q") }
    }

    fn paths(typed: &str, folder: &Path, wanted: Wanted) -> Vec<String> {
        offered(typed, &places(folder), wanted).into_iter().map(|offered| offered.path).collect()
    }

    #[test]
    fn a_folder_s_entries() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for name in ["home/deep", "some folder", ".hidden"] {
            fs::create_dir_all(at.join(name)).unwrap();
        }
        for name in ["a.sql", "ab.csv", ".secret", "some folder/x.sql", "home/mine.sql", "bad\u{1b}name"] {
            fs::write(at.join(name), "").unwrap();
        }
        assert_eq!(paths("", at, Wanted::Everything), ["a.sql", "ab.csv", "home/", "some folder/"]);
        assert_eq!(paths("", at, Wanted::Scripts), ["a.sql", "home/", "some folder/"]);
        assert_eq!(paths("a", at, Wanted::Everything), ["a.sql", "ab.csv"]);
        assert_eq!(paths("ab", at, Wanted::Scripts), ["ab.csv"], "a script may have any name");
        assert_eq!(paths("A", at, Wanted::Everything), Vec::<String>::new(), "the case counts");
        assert_eq!(paths(".", at, Wanted::Everything), [".hidden/", ".secret"]);
        assert_eq!(paths("some folder/", at, Wanted::Everything), ["some folder/x.sql"]);
        assert_eq!(paths("~/", at, Wanted::Everything), ["~/deep/", "~/mine.sql"]);
        let absolute = format!("{}/home/m", at.display());
        assert_eq!(paths(&absolute, at, Wanted::Everything), [format!("{}/home/mine.sql", at.display())]);
        assert_eq!(paths("nowhere/", at, Wanted::Everything), Vec::<String>::new());
    }

    #[test]
    fn a_great_folder_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST_OFFERED + 50 {
            fs::write(folder.path().join(format!("f{number}")), "").unwrap();
        }
        assert_eq!(paths("f", folder.path(), Wanted::Everything).len(), MOST_OFFERED);
    }

    #[test]
    fn words_are_quoted_where_they_need_it() {
        assert_eq!(quoted("a.sql", QuoteEnd::Closed, false), "a.sql");
        assert_eq!(quoted("a.sql", QuoteEnd::Closed, true), "'a.sql'");
        assert_eq!(quoted("a b", QuoteEnd::Closed, false), "'a b'");
        assert_eq!(quoted("a b/", QuoteEnd::Open, false), "'a b/");
        assert_eq!(quoted("it's", QuoteEnd::Closed, false), "'it''s'");
    }
}
