//! `\save NAME`: the last statement becomes a question of the project.
//!
//! Owns which names a question may have, and that none is lost by the way.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::call::Call;
use super::questions::EXTENSION;
use crate::error::{Error, Result};
use crate::repl::session::Session;
use crate::sql::SourceStatement;

/// What becomes of a question that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is saved.
    Stays,
    /// The new one takes its place.
    Goes,
}

/// `\save NAME`, `\save! NAME`.
pub fn run(session: &mut Session<'_>, call: &Call, existing: Existing) -> Result<()> {
    let name = question_name(call.required(0)?)?;
    let Some(last) = &session.last else {
        return Err(Error::usage("there is no answer yet whose statement could be saved")
            .hint("run the statement first; `\\save` takes the last one that gave an answer"));
    };
    let folder = &session.places.questions;
    let path = folder.join(format!("{name}.{EXTENSION}"));
    let shown = shown(&path, &session.places.working_folder);
    let failed = |error: io::Error| Error::statement(format!("`{shown}` could not be written")).because(error);
    fs::create_dir_all(folder).map_err(failed)?;
    let text = question_text(name, &last.statement);
    match (write_whole(folder, &path, &text, existing), existing) {
        (Err(error), Existing::Stays) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::usage(format!("there is a question `{name}` already, in `{shown}`"))
                .hint(format!("`\\save! {name}` writes over it")));
        }
        (written, _) => written.map_err(failed)?,
    }
    session.ui().status(&format!("saved as `{shown}`; `\\run {name}` runs it"));
    Ok(())
}

/// A name that is a file's, in that folder and no other.
fn question_name(named: &str) -> Result<&str> {
    let name = named.strip_suffix(".sql").unwrap_or(named);
    let refused = |what: &str| {
        Error::usage(format!("`{named}` {what}")).hint("a question's name has letters, digits, `_`, `-` and dots")
    };
    if name.contains(['/', '\\']) {
        return Err(refused("names a folder, and questions stand in one"));
    }
    if name.is_empty() || name.starts_with(['.', '-']) {
        return Err(refused("is no name of a question"));
    }
    if name.chars().any(|one| !one.is_alphanumeric() && !matches!(one, '_' | '-' | '.' | ' ')) {
        return Err(refused("is no name of a question"));
    }
    Ok(name)
}

/// The statement below a heading. One that it has stays.
fn question_text(name: &str, statement: &SourceStatement) -> String {
    let heading = &statement.heading;
    let title = heading.title.clone().unwrap_or_else(|| title(name));
    let mut text = format!("-- title: {title}\n");
    let about = heading.about.iter().map(|about| ("about", about));
    for (key, value) in about.chain(heading.others.iter().map(|(key, value)| (key.as_str(), value))) {
        text.push_str(&format!("-- {key}: {value}\n"));
    }
    text.push_str(&format!("\n{};\n", statement.text()));
    text
}

/// `07_users_joined` is called `Users joined`.
fn title(name: &str) -> String {
    let bare = name.trim_start_matches(|one: char| one.is_ascii_digit() || one == '_' || one == '-');
    let bare = if bare.is_empty() { name } else { bare };
    let words = bare.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The file is there whole, or not at all.
fn write_whole(folder: &Path, path: &Path, text: &str, existing: Existing) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".pinq-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    readable_as_others(file.as_file(), path)?;
    let placed = match existing {
        Existing::Stays => file.persist_noclobber(path),
        Existing::Goes => file.persist(path),
    };
    placed.map(drop).map_err(|error| error.error)
}

/// A question is no secret: it gets the mode of the file that it replaces, or one that others can read.
#[cfg(unix)]
fn readable_as_others(file: &fs::File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => fs::Permissions::from_mode(0o644),
    };
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn readable_as_others(_file: &fs::File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// A path as the user would type it.
pub fn shown(path: &Path, working_folder: &Path) -> String {
    path.strip_prefix(working_folder).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["posts", "07_posts-by.year", "posts.sql", "zwölf posts"] {
            assert!(question_name(name).is_ok(), "{name}");
        }
        for name in ["../posts", "a/b", "..", ".", ".hidden", "", ".sql", "a\\b", "-rf", "a\nb", "a\u{202e}b"] {
            assert!(question_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_title_comes_from_the_name_unless_there_is_one() {
        let saved = |text: &str| question_text("07_users_joined", &sql::split(text, "<prompt>").unwrap()[0]);
        assert_eq!(saved("select 1 ;"), "-- title: Users joined\n\nselect 1;\n");
        let headed = saved("-- title: Mine\n-- about: It counts.\n-- chart: bar\nselect 1;");
        assert_eq!(headed, "-- title: Mine\n-- about: It counts.\n-- chart: bar\n\nselect 1;\n");
        assert_eq!(sql::split(&headed, "again").unwrap()[0].heading.other("chart"), Some("bar"));
        assert_eq!(title("07"), "07");
    }

    #[test]
    fn a_question_that_is_there_stays_unless_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.sql");
        write_whole(folder.path(), &path, "a", Existing::Stays).unwrap();
        let refused = write_whole(folder.path(), &path, "b", Existing::Stays).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a");
        write_whole(folder.path(), &path, "b", Existing::Goes).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }
}
