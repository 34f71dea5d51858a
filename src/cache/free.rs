//! How much of its disk the cache takes where nobody said how much.

use std::path::Path;

use super::Cache;

/// A disk may be so large that a share of it is no measure.
const MOST: u64 = 20 << 30;
/// Of the free bytes.
const SHARE: u64 = 10;

impl Cache {
    /// Bytes that a cache in `folder`, which may not exist yet, may take by default: the smaller of 20 GiB and a
    /// tenth of what is free on its disk.
    pub fn default_max_bytes(folder: &Path) -> u64 {
        Cache::free_bytes(folder).map_or(MOST, |free| (free / SHARE).min(MOST))
    }

    /// Bytes that this user may still write on the disk of `folder`, which may not exist yet; none where nobody says.
    #[cfg(unix)]
    pub fn free_bytes(folder: &Path) -> Option<u64> {
        let disk = folder.ancestors().find_map(|folder| rustix::fs::statvfs(folder).ok())?;
        disk.f_bavail.checked_mul(disk.f_frsize)
    }

    /// Nobody says.
    #[cfg(not(unix))]
    pub fn free_bytes(_folder: &Path) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_disk_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = Cache::default_max_bytes(&folder.path().join("not").join("there"));
        assert!(bytes <= MOST);
        #[cfg(unix)]
        assert!(bytes <= Cache::free_bytes(folder.path()).unwrap());
    }
}
