//! Can the cache be used: its folder, who may look into it, the room on its disk, its index.

use std::path::Path;

use super::step::{Name, Status, Step};
use crate::cache::Cache;
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Error;
use crate::ui::human;

/// Less room than this is worth a word.
const LITTLE: u64 = 1 << 30;

/// Tries the folder of the cache.
pub(super) async fn step(config: &Config, engine: Option<&Engine>) -> Step {
    let Some(cache) = &config.cache else {
        let mut step = Step::ok(Name::Cache, "off: every run lists, fetches and decodes everything anew");
        step.detail("`--no-cache` or `enabled = false` turns it off, and so does a user without a home");
        return step;
    };
    let folder = &cache.path;
    let most = cache.max_bytes.unwrap_or_else(|| Cache::default_max_bytes(folder));
    let mut step =
        Step::ok(Name::Cache, format!("`{}` can be used, for at most {}", folder.display(), human::bytes(most)));
    if let Err(error) = try_writing(folder) {
        let error = Error::statement(format!("`{}` can not be written", folder.display()))
            .because(error)
            .hint("set `path` under `[cache]` or `XDG_CACHE_HOME` to a folder of yours, or pass `--no-cache`")
            .hint("without it answers are the same, and every run fetches everything anew");
        return Step::failed(Name::Cache, &error);
    }
    match Cache::free_bytes(folder) {
        Some(free) if free < LITTLE => {
            step.worsen(Status::Warning);
            step.detail(format!("{} are free on its disk", human::bytes(free)));
            step.hint("make room on the disk, or set `path` under `[cache]` to another one");
        }
        Some(free) => {
            step.detail(format!("{} are free on its disk", human::bytes(free)));
            if most > free {
                step.worsen(Status::Warning);
                step.hint(format!("set `max_size` under `[cache]` below the {} that are free", human::bytes(free)));
            }
        }
        None => {}
    }
    if let Some(mode) = others_may(folder) {
        step.worsen(Status::Warning);
        step.detail(format!("other users may look into it: its mode is {mode:03o}"));
        step.hint(format!("`chmod 700 {}`: it holds copies of records", folder.display()));
    }
    // To look into one that was never used would begin it.
    if let Some(engine) = engine.filter(|_| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
    {
        match engine.cached_tables().await {
            Ok(tables) => {
                let bytes = human::bytes(tables.iter().map(|table| table.bytes).sum());
                step.detail(format!("it holds {bytes} of {}", human::counted(tables.len() as u64, "table", "tables")));
            }
            Err(error) => {
                step.worsen(Status::Failed);
                step.what = error.message().to_owned();
                step.blame(&error);
                step.hint("`pinq cache clear` begins it anew");
            }
        }
    }
    step
}

/// Makes a file in the folder, or in the nearest one above it that is there, and removes it again.
fn try_writing(folder: &Path) -> std::io::Result<()> {
    let stands = |folder: &&Path| folder.symlink_metadata().is_ok();
    let there = folder.ancestors().find(stands).unwrap_or(folder);
    if !there.is_dir() {
        let text = format!("`{}` is not a folder", there.display());
        return Err(std::io::Error::new(std::io::ErrorKind::NotADirectory, text));
    }
    tempfile::Builder::new().prefix(".pinq-doctor-").tempfile_in(there).map(drop)
}

/// The mode of a folder that others than its owner may look into.
#[cfg(unix)]
fn others_may(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = folder.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn others_may(_folder: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        try_writing(&folder.path().join("not/there")).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(try_writing(&file.join("below")).unwrap_err().to_string().contains("is not a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_may_look_into_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(others_may(folder.path()), Some(0o755));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(others_may(folder.path()), None);
    }
}
