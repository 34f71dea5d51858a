//! Each name of a listing once, whatever the service sends.
//!
//! Owns the judgement of names that come again. S3 lists in the order of the names, so that a name that comes again
//! comes out of order: none is looked up until one does. What a name means is not its to know.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::Object;

/// Pages that may follow one another without a name that is new.
const REPEATED_PAGES: usize = 1_000;

/// The names of one listing up to now.
#[derive(Debug, Default)]
pub struct Once {
    last_key: String,
    last_folder: String,
    /// All that came, once something came out of order.
    objects: Option<HashMap<String, Arc<Object>>>,
    folders: Option<HashSet<String>>,
    /// Pages since the last name that was new.
    repeated: usize,
}

impl Once {
    /// The objects of a page that did not come before; `earlier` gives those that did. An object that comes again as
    /// another one is an error: it was replaced while the listing lasted.
    pub fn objects(
        &mut self,
        page: Vec<Arc<Object>>,
        earlier: impl FnOnce() -> Vec<Arc<Object>>,
    ) -> Result<Vec<Arc<Object>>> {
        let Some(first) = page.first() else { return Ok(page) };
        // Before anything came the last key is empty, and no key is.
        if self.objects.is_none() && self.last_key < first.key && page.is_sorted_by(|a, b| a.key < b.key) {
            self.last_key = page.last().map(|object| object.key.clone()).unwrap_or_default();
            return Ok(page);
        }
        let seen = self.objects.get_or_insert_with(|| earlier().into_iter().map(|it| (it.key.clone(), it)).collect());
        let mut new = Vec::with_capacity(page.len());
        for object in page {
            match seen.get(&object.key) {
                Some(same) if *same == object => {}
                Some(_) => {
                    let key = object.shown();
                    return Err(
                        Error::statement(format!("`{key}` was replaced while it was listed")).hint("run it again")
                    );
                }
                None => {
                    seen.insert(object.key.clone(), Arc::clone(&object));
                    new.push(object);
                }
            }
        }
        Ok(new)
    }

    /// Takes note of a page that had names, so many of them new. Where page after page only says again what came before,
    /// the listing would never end.
    pub fn page(&mut self, new: usize) -> Result<()> {
        self.repeated = if new == 0 { self.repeated.saturating_add(1) } else { 0 };
        if self.repeated < REPEATED_PAGES {
            return Ok(());
        }
        Err(Error::statement("the listing goes in circles")
            .because("the service gave thousands of names that it had given before, and no other")
            .hint("run it again; if it stays so, the service does not list as S3 does"))
    }

    /// The folders of a page that did not come before.
    pub fn folders(&mut self, page: Vec<String>, earlier: impl FnOnce() -> Vec<String>) -> Vec<String> {
        let Some(first) = page.first() else { return page };
        if self.folders.is_none() && self.last_folder < *first && page.is_sorted_by(|a, b| a < b) {
            self.last_folder = page.last().cloned().unwrap_or_default();
            return page;
        }
        let seen = self.folders.get_or_insert_with(|| earlier().into_iter().collect());
        page.into_iter().filter(|folder| seen.insert(folder.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, size: u64) -> Arc<Object> {
        Arc::new(Object { key: key.to_owned(), size, modified: Default::default(), etag: None })
    }

    /// What of pages comes through, and whether what came before was asked for.
    fn listed(pages: &[&[&str]]) -> (Vec<String>, bool) {
        let (mut once, mut all, mut asked) = (Once::default(), Vec::new(), false);
        for page in pages {
            let earlier: Vec<Arc<Object>> = all.clone();
            let page = page.iter().map(|key| object(key, 1)).collect();
            let new = once.objects(page, || {
                asked = true;
                earlier
            });
            all.extend(new.unwrap());
        }
        (all.iter().map(|object| object.key.clone()).collect(), asked)
    }

    #[test]
    fn names_in_order_are_not_remembered() {
        assert_eq!(
            listed(&[&["a", "b"], &[], &["c"], &["d", "e"]]),
            (["a", "b", "c", "d", "e"].map(str::to_owned).into(), false)
        );
    }

    #[test]
    fn names_that_come_again_are_left_out_wherever_they_stand() {
        let all = |text: &str| text.chars().map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(listed(&[&["a", "a", "b"]]), (all("ab"), true));
        assert_eq!(listed(&[&["b", "a", "c", "b"], &["c", "d"]]), (all("bacd"), true));
        assert_eq!(listed(&[&["a", "b"], &["a", "b"], &["b", "c"]]), (all("abc"), true));
        assert_eq!(listed(&[&["a", "c"], &["b", "d"], &["d"]]), (all("acbd"), true));
    }

    #[test]
    fn a_name_that_comes_again_as_another_object_is_an_error() {
        let mut once = Once::default();
        once.objects(vec![object("a", 1), object("b", 1)], Vec::new).unwrap();
        let error = once.objects(vec![object("b", 2)], || vec![object("a", 1), object("b", 1)]).unwrap_err();
        assert!(error.message().contains("`b`"), "{error}");
        let mut once = Once::default();
        once.objects(vec![object("a\nb", 1)], Vec::new).unwrap();
        let error = once.objects(vec![object("a\nb", 2)], || vec![object("a\nb", 1)]).unwrap_err();
        assert!(!error.message().contains('\n'), "{error}");
    }

    #[test]
    fn a_listing_that_only_repeats_itself_ends() {
        let mut once = Once::default();
        let new = [5, 0, 0, 1].into_iter().chain(std::iter::repeat(0));
        assert_eq!(new.take(100_000).position(|new| once.page(new).is_err()), Some(3 + REPEATED_PAGES));
    }

    #[test]
    fn folders_come_once() {
        let mut once = Once::default();
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(once.folders(names(&["a/", "b/"]), Vec::new), names(&["a/", "b/"]));
        assert_eq!(once.folders(names(&["b/", "c/", "c/"]), || names(&["a/", "b/"])), names(&["c/"]));
        assert_eq!(once.folders(names(&["a/", "d/"]), Vec::new), names(&["d/"]));
    }
}
