//! What is kept from run to run: where, how much, and for how long a listing is believed.
//!
//! Owns the defaults and what the command line changes. How much of the disk is free is not known here.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;

/// A deletion is noticed as late as this.
const RELIST_AFTER: Duration = Duration::from_secs(60 * 60);

/// The cache of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Its folder, which may not exist yet.
    pub path: PathBuf,
    /// Bytes that its files may take; none for what suits the disk.
    pub max_bytes: Option<u64>,
    /// When a folder is listed in full.
    pub relisting: Relisting,
}

/// When a folder of a bucket is listed in full although an earlier run did so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relisting {
    /// Where that was so long ago, or longer. Until then only what came after is listed.
    After(Duration),
    /// Every time.
    Always,
}

/// What the command line says about the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheUse {
    /// Nothing.
    #[default]
    AsConfigured,
    /// `--refresh`: it is used, and everything is listed anew.
    Relisted,
    /// `--no-cache`: it is neither read nor written.
    Off,
}

impl CacheConfig {
    /// The cache of a user who configured nothing; none where there is no folder for it.
    pub fn default_in(environment: &Environment) -> Option<CacheConfig> {
        let path = CacheConfig::default_path(environment)?;
        Some(CacheConfig { path, max_bytes: None, relisting: Relisting::default() })
    }

    /// `pinq` in the user's folder for what can be made again.
    pub fn default_path(environment: &Environment) -> Option<PathBuf> {
        environment.cache_folder().map(|folder| folder.join("pinq"))
    }

    /// As the command line changes it.
    pub fn used(self, cache_use: CacheUse) -> Option<CacheConfig> {
        match cache_use {
            CacheUse::AsConfigured => Some(self),
            CacheUse::Relisted => Some(CacheConfig { relisting: Relisting::Always, ..self }),
            CacheUse::Off => None,
        }
    }
}

impl Relisting {
    /// Whether a listing of that age, in seconds, may be gone on with. One from the future may not: a clock was set.
    pub fn believes(self, age: i64) -> bool {
        match self {
            Relisting::After(limit) => u64::try_from(age).is_ok_and(|age| Duration::from_secs(age) < limit),
            Relisting::Always => false,
        }
    }
}

impl Default for Relisting {
    fn default() -> Self {
        Relisting::After(RELIST_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_listing_is_believed() {
        let hour = Relisting::default();
        assert!(hour.believes(0) && hour.believes(3_599));
        assert!(!hour.believes(3_600) && !hour.believes(-1) && !hour.believes(i64::MAX));
        assert!(!Relisting::After(Duration::ZERO).believes(0) && !Relisting::Always.believes(0));
    }

    #[test]
    fn the_command_line_has_the_last_word() {
        assert_eq!(CacheConfig::default_in(&Environment::empty("/")), None);
        let cache = CacheConfig::default_in(&Environment::empty("/").with_home("/home/me")).unwrap();
        assert_eq!(cache.path, PathBuf::from("/home/me/.cache/pinq"));
        assert_eq!(cache.clone().used(CacheUse::AsConfigured), Some(cache.clone()));
        assert_eq!(cache.clone().used(CacheUse::Relisted).map(|cache| cache.relisting), Some(Relisting::Always));
        assert_eq!(cache.used(CacheUse::Off), None);
    }
}
