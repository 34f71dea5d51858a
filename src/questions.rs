//! Files of SQL by name: one file, the `.sql` files of a folder, or those that fit a pattern.
//!
//! Owns which files a name stands for, their order, and what is wrong with one that can't be read. It must not look
//! into the SQL.

mod pattern;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A text of SQL from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionFile {
    /// The file's name without folder and extension.
    pub name: String,
    /// As it was named, for messages.
    pub origin: String,
    /// What it holds.
    pub text: String,
}

/// The file at `path`, or the `.sql` files of the folder there, in the order of their names. `shown` is what messages
/// call it.
///
/// # Errors
/// Of `Kind::Usage`: nothing is there, a folder holds no `.sql` file, or what is there is no text.
pub fn read(shown: &str, path: &Path) -> Result<Vec<QuestionFile>> {
    if !path.is_dir() {
        return Ok(vec![read_file(shown, path)?]);
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(shown, error))? {
        let path = entry.map_err(|error| unreadable(shown, error))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") && path.is_file() {
            names.push(path);
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("the folder `{shown}` holds no `.sql` file")));
    }
    names.sort();
    let file = |path: PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        read_file(&format!("{}/{name}", shown.trim_end_matches('/')), &path)
    };
    names.into_iter().map(file).collect()
}

/// The files that each of `patterns` stands for, in this order; those of a pattern in the order of their paths. A file
/// that several of them name is read once. Messages call files by their paths below `folder`, where they lie there.
///
/// # Errors
/// Those of [`read`], and a pattern that no file fits.
pub fn read_patterns(patterns: &[PathBuf], folder: &Path) -> Result<Vec<QuestionFile>> {
    let mut files: Vec<QuestionFile> = Vec::new();
    for pattern in patterns {
        let shown = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let found = if pattern::is_pattern(pattern) {
            let paths = pattern::fitting(pattern).map_err(|error| unreadable(&shown(pattern), error))?;
            let paths: Vec<PathBuf> = paths.into_iter().filter(|path| path.is_file()).collect();
            if paths.is_empty() {
                return Err(Error::usage(format!("no file fits `{}`", shown(pattern))).hint(HINT));
            }
            let read = paths.iter().map(|path| read_file(&shown(path), path));
            read.collect::<Result<Vec<_>>>()?
        } else {
            read(&shown(pattern), pattern)?
        };
        for file in found {
            if !files.iter().any(|known| known.origin == file.origin) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// What a pattern may be made of.
const HINT: &str = "in a pattern `*` stands for any part of a name and `?` for one character";

fn read_file(shown: &str, path: &Path) -> Result<QuestionFile> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(shown, error))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(QuestionFile { name, origin: shown.to_owned(), text: text(bytes, shown)? })
}

/// The bytes of a file as text.
///
/// # Errors
/// They are not UTF-8.
pub fn text(bytes: Vec<u8>, shown: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| Error::usage(format!("`{shown}` is not UTF-8 text")).because(error))
}

/// Why `shown` can't be read.
pub fn unreadable(shown: &str, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Error::usage(format!("there is no file `{shown}`"));
    }
    Error::usage(format!("`{shown}` could not be read")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("q/b.sql", "2"), ("q/a.sql", "1"), ("q/deep/c.sql", "3"), ("q/a.txt", ""), ("x.sql", "4")]
        {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(patterns: &[&str]) -> Result<Vec<String>> {
        let folder = folder();
        let patterns: Vec<PathBuf> = patterns.iter().map(|pattern| folder.path().join(pattern)).collect();
        let files = read_patterns(&patterns, folder.path())?;
        Ok(files.into_iter().map(|file| format!("{}={}", file.origin, file.text)).collect())
    }

    #[test]
    fn files_of_a_pattern_come_by_name_and_once() {
        assert_eq!(names(&["q/*.sql", "x.sql", "q/a.sql"]).unwrap(), ["q/a.sql=1", "q/b.sql=2", "x.sql=4"]);
        assert_eq!(names(&["q"]).unwrap(), ["q/a.sql=1", "q/b.sql=2"]);
        assert_eq!(names(&["?.sql"]).unwrap(), ["x.sql=4"]);
    }

    #[test]
    fn what_stands_for_no_file_is_an_error() {
        assert_eq!(names(&["q/*.md"]).unwrap_err().message(), "no file fits `q/*.md`");
        assert_eq!(names(&["y.sql"]).unwrap_err().message(), "there is no file `y.sql`");
        assert_eq!(names(&["nowhere/*.sql"]).unwrap_err().message(), "no file fits `nowhere/*.sql`");
    }
}
