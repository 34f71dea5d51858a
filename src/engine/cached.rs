//! What people ask of the cache, and what it has to tell at the end of a run.

use futures::TryStreamExt;

use super::Engine;
use crate::cache::Cache;
pub use crate::cache::TableStatus as CachedTable;
use crate::error::{Error, Result};
use crate::spelling::nearest;

/// What went wrong with the cache.
#[derive(Debug, Default)]
pub struct CacheNews {
    /// Why it is off for this run, if something turned it off.
    pub trouble: Option<Error>,
    /// Files that were not as they were written; they were dropped, and their objects fetched again.
    pub damaged: u64,
    /// Whether its index was damaged or gone, and begun anew; everything is fetched again then.
    pub is_index_replaced: bool,
}

impl Engine {
    /// What went wrong with the cache up to now.
    pub fn cache_news(&self) -> CacheNews {
        let news = |cache: &Cache| CacheNews {
            trouble: cache.trouble(),
            damaged: cache.damaged(),
            is_index_replaced: cache.is_index_replaced(),
        };
        self.cache.as_ref().map(news).unwrap_or_default()
    }

    /// What the cache holds, ordered by table and location.
    pub async fn cached_tables(&self) -> Result<Vec<CachedTable>> {
        self.with_cache(|cache| cache.status()).await
    }

    /// Drops what the cache holds of the table of that name, or of all; the bytes that this freed.
    ///
    /// # Errors
    /// There is no cache, or nothing was ever kept of a table of that name.
    pub async fn clear_cache(&self, table: Option<String>) -> Result<u64> {
        self.with_cache(move |cache| {
            if let Some(table) = &table {
                let names = cache.table_names()?;
                if !names.contains(table) {
                    return Err(never_kept(table, &names));
                }
            }
            cache.clear(table.as_deref())
        })
        .await
    }

    /// Where the cache is and how many bytes it may take.
    pub fn cache_place(&self) -> Option<(String, u64)> {
        self.cache.as_ref().map(|cache| (cache.folder().display().to_string(), cache.max_bytes()))
    }

    /// Reads every column of that table, or of all tables of the landing, so that the cache has them; their names.
    ///
    /// # Errors
    /// There is no such table, it can't be read, or there is no cache.
    pub async fn warm_cache(&self, table: Option<&str>) -> Result<Vec<String>> {
        self.cache.as_ref().ok_or_else(no_cache)?;
        let tables = match table {
            Some(table) => vec![table.to_owned()],
            None => self.catalog.tables.all().await?.iter().map(|table| table.name().to_owned()).collect(),
        };
        for table in &tables {
            let name = table.replace('"', "\"\"");
            let text = format!("SELECT * FROM landed.\"{name}\"");
            let mut answer = self.query(&text).await?;
            while answer.try_next().await?.is_some() {}
        }
        match self.cache_news().trouble {
            Some(trouble) => Err(trouble),
            None => Ok(tables),
        }
    }

    async fn with_cache<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cache) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let cache = self.cache.clone().ok_or_else(no_cache)?;
        let done = tokio::task::spawn_blocking(move || work(&cache)).await;
        done.unwrap_or_else(|error| Err(Error::bug("a task of the cache failed").because(error)))
    }
}

fn never_kept(table: &str, names: &[String]) -> Error {
    let error = Error::statement(format!("the cache holds no table `{table}`"));
    let near: Vec<&str> = names.iter().map(String::as_str).collect();
    match nearest(table, near.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => error,
        None => {
            let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            error.hint(format!("there are {}", all.join(", ")))
        }
    }
}

fn no_cache() -> Error {
    Error::usage("there is no cache")
        .hint("set `path` under `[cache]`, or the variable `HOME` or `XDG_CACHE_HOME`")
        .hint("leave out `--no-cache`, and `enabled = false` under `[cache]`")
}
