//! Patterns of paths: `queries/*.sql`.
//!
//! Owns which paths fit one. In the last part of a path `*` stands for any part of a name and `?` for one character. As
//! in a shell, a name that begins with a dot is fitted only by a pattern that begins so.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a path is a pattern; a file may be called like one.
pub fn is_pattern(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(['*', '?'])) && !path.exists()
}

/// The paths on the disk that fit, sorted; none where the folder is not there.
///
/// # Errors
/// The folder can't be read.
pub fn fitting(pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name()) else { return Ok(Vec::new()) };
    let entries = match std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?.file_name();
        if fits(name, &entry) {
            found.push(folder.join(entry));
        }
    }
    found.sort();
    Ok(found)
}

fn fits(pattern: &OsStr, name: &OsStr) -> bool {
    let (pattern, name) = (pattern.to_string_lossy(), name.to_string_lossy());
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Where the last `*` stands and what it took up to now: to take one more is the only way back that is ever needed.
    let (mut at, mut of_name, mut star) = (0, 0, None);
    while of_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of_name));
                at += 1;
            }
            Some(&one) if one == '?' || Some(&one) == name.get(of_name) => (at, of_name) = (at + 1, of_name + 1),
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, of_name) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|one| *one == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_as_in_a_shell() {
        let fits = |pattern: &str, name: &str| fits(OsStr::new(pattern), OsStr::new(name));
        for (pattern, name) in [("*.sql", "a.sql"), ("0?*.sql", "01 a.sql"), ("*a*b*", "xaxxb"), ("*", "ä"), ("a", "a")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.sql", "a.sqlx"), ("*.sql", ".a.sql"), ("?", ""), ("a*b", "ac"), ("a?", "a")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
