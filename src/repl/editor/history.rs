//! Lines of this and earlier sessions: a file that only the user can read.
//!
//! Owns that a line stands in it once. Reedline's own file keeps the lines; what is added here is the file's mode and
//! that an entry which comes again moves to the end.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reedline::{
    FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId, SearchDirection, SearchQuery,
};

use crate::error::{Error, Result};

/// Entries that are kept.
const ENTRIES: usize = 10_000;

/// The history of a user.
pub struct Lasting {
    kept: FileBackedHistory,
}

impl Lasting {
    /// The history in the file at `path`, which need not exist.
    ///
    /// # Errors
    /// It can't be made or read.
    pub fn open(path: PathBuf) -> Result<Lasting> {
        let failed = |error: io::Error| {
            Error::statement(format!("the history in `{}` can't be used", path.display())).because(error)
        };
        make_private(&path).map_err(failed)?;
        drop_repeats(&path).map_err(failed)?;
        let kept = FileBackedHistory::with_file(ENTRIES, path.clone())
            .map_err(|error| failed(io::Error::other(error.to_string())))?;
        Ok(Lasting { kept })
    }
}

/// Statements may hold what nobody else should read.
fn make_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    drop(file);
    Ok(())
}

/// Of equal entries the last one stays. The file takes its place whole; a session that adds to it at that very moment
/// may lose an entry.
fn drop_repeats(path: &Path) -> io::Result<()> {
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    let mut seen = HashSet::new();
    let mut kept: Vec<&str> = text.lines().rev().filter(|line| !line.is_empty() && seen.insert(*line)).collect();
    if kept.len() == text.lines().count() {
        return Ok(());
    }
    kept.reverse();
    let folder = path.parent().unwrap_or(Path::new("."));
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for line in kept {
        io::Write::write_all(&mut file, line.as_bytes())?;
        io::Write::write_all(&mut file, b"\n")?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

impl History for Lasting {
    fn save(&mut self, item: HistoryItem) -> reedline::Result<HistoryItem> {
        self.kept.save(item)
    }

    fn load(&self, id: HistoryItemId) -> reedline::Result<HistoryItem> {
        self.kept.load(id)
    }

    fn count(&self, query: SearchQuery) -> reedline::Result<i64> {
        self.kept.count(query)
    }

    /// An entry is met once, where it was last used.
    fn search(&self, mut query: SearchQuery) -> reedline::Result<Vec<HistoryItem>> {
        let everything = self.kept.search(SearchQuery::everything(SearchDirection::Backward, None))?;
        let mut seen = HashSet::new();
        let latest: HashSet<i64> = everything
            .iter()
            .filter(|item| seen.insert(item.command_line.as_str()))
            .filter_map(|item| item.id.map(|id| id.0))
            .collect();
        let limit = query.limit.take().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let mut found = self.kept.search(query)?;
        found.retain(|item| item.id.is_some_and(|id| latest.contains(&id.0)));
        found.truncate(limit);
        Ok(found)
    }

    fn update(&mut self, id: HistoryItemId, updater: &dyn Fn(HistoryItem) -> HistoryItem) -> reedline::Result<()> {
        self.kept.update(id, updater)
    }

    fn clear(&mut self) -> reedline::Result<()> {
        self.kept.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> reedline::Result<()> {
        self.kept.delete(id)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.kept.sync()
    }

    fn session(&self) -> Option<HistorySessionId> {
        self.kept.session()
    }
}
