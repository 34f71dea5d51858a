//! Writing a file into a folder on disk, whole or not at all.
//!
//! Owns the copy beside the target and its renaming into place.

use std::fs;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Copies `file` to `target` and makes the folders above it. Blocks.
pub fn put_file(target: &Path, file: &Path) -> Result<()> {
    let failed =
        |error: std::io::Error| Error::statement(format!("`{}` can not be written", target.display())).because(error);
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // In the same folder, since a rename across file systems is not whole or not at all. It removes
    // itself where anything fails.
    let mut copy = NamedTempFile::new_in(folder).map_err(failed)?;
    let mut source = fs::File::open(file)
        .map_err(|error| Error::statement(format!("`{}` can not be read", file.display())).because(error))?;
    std::io::copy(&mut source, &mut copy).map_err(failed)?;
    // A temporary file is private; what is written for others to read is as any new file here.
    let permissions = source.metadata().map_err(failed)?.permissions();
    copy.as_file().set_permissions(permissions).map_err(failed)?;
    copy.persist(target).map_err(|error| failed(error.error))?;
    Ok(())
}
