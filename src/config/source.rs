//! Which configuration file is read, its text, and the place in it that an error is about.
//!
//! Owns finding the file and turning the TOML library's errors into pinq's. It must not know the
//! keys; `raw` does.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use crate::error::{Error, Result};
use crate::spelling::nearest;

/// The file that is looked for in the working folder and its parents.
pub const FILE_NAME: &str = "pinq.toml";

/// The variable that names a file; `--config` wins over it.
pub const FILE_VARIABLE: &str = "PINQ_CONFIG";

/// A configuration file's path and text.
pub struct SourceText {
    /// Absolute unless the working folder is not.
    pub path: PathBuf,
    /// The whole file.
    pub text: String,
}

impl SourceText {
    /// Reads the file that `--config`, `PINQ_CONFIG` or the search names; none where the search finds
    /// none. A file that was named must exist.
    pub fn find(explicit: Option<&Path>, environment: &Environment) -> Result<Option<SourceText>> {
        let named = match explicit {
            Some(path) => Some((environment.working_folder().join(path), "--config")),
            None => environment.get(FILE_VARIABLE).map(|path| (environment.resolve(path), FILE_VARIABLE)),
        };
        if let Some((path, origin)) = named {
            return match fs::read_to_string(&path) {
                Ok(text) => Ok(Some(SourceText { path, text })),
                Err(error) => {
                    Err(Error::usage(format!("`{}`, named by `{origin}`, can not be read", path.display()))
                        .because(error))
                }
            };
        }
        for folder in environment.working_folder().ancestors() {
            let path = folder.join(FILE_NAME);
            match fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(SourceText { path, text })),
                Err(error) if is_no_configuration(&path, error.kind()) => {}
                Err(error) => {
                    return Err(Error::usage(format!("`{}` can not be read", path.display())).because(error));
                }
            }
        }
        Ok(None)
    }

    /// The folder that paths in the file are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The line and column (both from 1, columns in characters) of a byte of the text.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        (line, before[line_start..].chars().count().saturating_add(1))
    }

    /// An error about that range of the text.
    pub fn error(&self, range: &Range<usize>, message: impl AsRef<str>) -> Error {
        let (line, column) = self.position(range.start);
        Error::usage(format!("`{}`, line {line}, column {column}: {}", self.path.display(), message.as_ref()))
    }

    /// The TOML library's error as pinq's: the place, and for an unknown key the nearest known one.
    pub fn toml_error(&self, error: &toml::de::Error) -> Error {
        let range = error.span().unwrap_or(0..0);
        let message = error.message().trim();
        if let Some((kind, unknown, known)) = unknown_name(message) {
            let found = self.error(&range, format!("unknown {kind} `{unknown}`"));
            let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return match nearest(unknown, known.iter().copied()) {
                Some(name) => found.hint(format!("did you mean `{name}`? known here: {list}")),
                None => found.hint(format!("known here: {list}")),
            };
        }
        if let Some((before, _)) = message.split_once("expected struct ") {
            // The name of a type of pinq's own says nothing to its user; a list is counted by its items.
            let found = if before.starts_with("invalid length") { "invalid type: a list, " } else { before };
            return self.error(&range, format!("{found}expected a table of keys"));
        }
        self.error(&range, lowercase_first(&message.replace('\n', ", ")))
    }
}

/// The text may hold a secret.
impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceText").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Whether a path that could not be read for this reason is passed over by the search: nothing is there,
/// or a folder is, or a folder above it may not be searched, which its user can do nothing about.
fn is_no_configuration(path: &Path, reason: ErrorKind) -> bool {
    match reason {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => true,
        // A file that is there and may not be read is told of.
        ErrorKind::PermissionDenied => !path.is_file(),
        _ => false,
    }
}

/// Reads serde's sentence for a field or variant that is not there.
fn unknown_name(message: &str) -> Option<(&'static str, &str, Vec<&str>)> {
    let (kind, rest) = match message.strip_prefix("unknown field `") {
        Some(rest) => ("key", rest),
        None => ("value", message.strip_prefix("unknown variant `")?),
    };
    let (unknown, expected) = rest.split_once('`')?;
    // Every second piece between backticks is a name.
    let known = expected.split('`').skip(1).step_by(2).collect();
    Some((kind, unknown, known))
}

fn lowercase_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.as_str().chars().next()) {
        // `TOML` and the like stay as they are.
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_columns() {
        let source = SourceText { path: "pinq.toml".into(), text: "a = 1\né = x\n".into() };
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(8), (2, 2));
        assert_eq!(source.position(999), (3, 1));
    }

    #[test]
    fn a_parent_that_may_not_be_searched_is_no_configuration_and_a_file_that_may_not_be_read_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        assert!(is_no_configuration(&path, ErrorKind::PermissionDenied));
        fs::write(&path, "# not for all\n").unwrap();
        assert!(!is_no_configuration(&path, ErrorKind::PermissionDenied));
        assert!(!is_no_configuration(&path, ErrorKind::InvalidData), "such as text that is not UTF-8");
    }

    #[test]
    fn finds_the_file_in_a_parent_and_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let environment = Environment::empty(&deep);
        fs::write(folder.path().join(FILE_NAME), "# top\n").unwrap();
        let found = SourceText::find(None, &environment).unwrap().unwrap();
        assert_eq!(found.text, "# top\n");
        assert_eq!(found.folder(), folder.path());

        fs::write(deep.join("other.toml"), "# other\n").unwrap();
        let by_variable = environment.clone().with_variable(FILE_VARIABLE, "other.toml");
        assert_eq!(SourceText::find(None, &by_variable).unwrap().unwrap().text, "# other\n");
        let missing = SourceText::find(Some(Path::new("none.toml")), &by_variable).unwrap_err();
        assert!(missing.message().contains("none.toml") && missing.message().contains("--config"), "{missing}");
    }
}
