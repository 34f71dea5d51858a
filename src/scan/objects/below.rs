//! The pages of everything below one folder, of which earlier runs may have listed a part.
//!
//! Owns how the known and the new are put together: by key and in full pages, as if all had been listed now. It
//! must not decide from which key on is listed (`ascending` does).

use std::collections::VecDeque;
use std::sync::Arc;

use futures::stream::{BoxStream, TryStreamExt};

use super::known::{Known, KnownListings};
use super::listing::Lister;
use crate::error::Result;
use crate::store::{FULL_PAGE, Object};

/// A listing of everything below one folder, page by page.
pub struct Below {
    listed: BoxStream<'static, Result<Vec<Object>>>,
    /// Not in a page yet.
    waiting: VecDeque<Arc<Object>>,
    has_ended: bool,
    keeping: Option<Keeping>,
}

/// What is kept of the listing once it is whole.
struct Keeping {
    known: KnownListings,
    folder: String,
    listed_at: i64,
    /// Every object up to now.
    objects: Vec<Arc<Object>>,
    gone_on: Option<GoneOn>,
}

/// What a listing that is gone on with knew before.
struct GoneOn {
    start_after: String,
    /// What was listed after that key.
    unsettled: Vec<Arc<Object>>,
}

impl Below {
    /// Begins to list, after the keys that are known where there are any. No request is made yet.
    pub async fn start(lister: &Lister, folder: &str) -> Below {
        let store = &lister.store;
        let Some(listings) = lister.known.clone() else {
            let listed = store.list_below(folder);
            return Below { listed, waiting: VecDeque::new(), has_ended: false, keeping: None };
        };
        // What lands from now on may be missing in what is kept.
        let now = listings.now();
        let known = listings.find(folder).await;
        let (listed, listed_at, objects, gone_on) = match known {
            None => (store.list_below(folder), now, Vec::new(), None),
            Some(Known { listed_at, mut objects, settled, start_after }) => {
                let unsettled = objects.split_off(settled.min(objects.len()));
                let listed = store.list_after(folder, &start_after);
                (listed, listed_at, objects, Some(GoneOn { start_after, unsettled }))
            }
        };
        let waiting = objects.iter().cloned().collect();
        let keeping = Keeping { known: listings, folder: folder.to_owned(), listed_at, objects, gone_on };
        Below { listed, waiting, has_ended: false, keeping: Some(keeping) }
    }

    /// The next page; `None` is the end. Every page but the last is full where there is something to keep, so
    /// that pages do not show what was known.
    pub async fn next(&mut self) -> Result<Option<Vec<Arc<Object>>>> {
        let Some(keeping) = &mut self.keeping else {
            let page = self.listed.try_next().await?;
            return Ok(page.map(|page| page.into_iter().map(Arc::new).collect()));
        };
        while self.waiting.len() < FULL_PAGE && !self.has_ended {
            match self.listed.try_next().await? {
                Some(page) => self.waiting.extend(keeping.add(page)),
                None => self.has_ended = true,
            }
        }
        if self.waiting.is_empty() {
            if let Some(keeping) = self.keeping.take() {
                keeping.keep().await;
            }
            return Ok(None);
        }
        let page = self.waiting.len().min(FULL_PAGE);
        Ok(Some(self.waiting.drain(..page).collect()))
    }
}

impl Keeping {
    fn add(&mut self, page: Vec<Object>) -> Vec<Arc<Object>> {
        let start_after = self.gone_on.as_ref().map_or("", |gone_on| gone_on.start_after.as_str());
        // A service that does not know how to go on begins at the first key.
        let is_new = |object: &Object| start_after.is_empty() || object.key.as_str() > start_after;
        let added: Vec<_> = page.into_iter().filter(is_new).map(Arc::new).collect();
        self.objects.extend(added.iter().cloned());
        added
    }

    async fn keep(self) {
        if let Some(gone_on) = &self.gone_on {
            let settled = self.objects.len().saturating_sub(gone_on.unsettled.len());
            let is_same = self.objects.get(settled..) == Some(&gone_on.unsettled);
            if is_same && self.objects.len() == settled.saturating_add(gone_on.unsettled.len()) {
                return;
            }
        }
        self.known.keep(&self.folder, self.listed_at, self.objects).await;
    }
}
