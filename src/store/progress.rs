//! That a listing comes to its end: each of its pages leads to another one, and to names now and then.
//!
//! Owns the judgement of tokens. Which names are in a page is not its to judge.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::error::{Error, Result};

/// Pages without a name that may follow one another: a service passes over what was deleted, a thousand keys a page.
const EMPTY_PAGES: usize = 10_000;

/// The pages of one listing.
#[derive(Debug)]
pub struct Progress {
    /// What is listed.
    place: String,
    /// Of the tokens that were given.
    tokens: HashSet<u64>,
    empty: usize,
}

impl Progress {
    /// Before the first page of what is listed at `place`.
    pub fn new(place: String) -> Progress {
        Progress { place, tokens: HashSet::new(), empty: 0 }
    }

    /// Takes note of a page with so many names and the token of the next one. One that came before is an error:
    /// the listing would never end.
    pub fn page(&mut self, names: usize, token: Option<&str>) -> Result<()> {
        let Some(token) = token else { return Ok(()) };
        let mut hasher = DefaultHasher::new();
        token.hash(&mut hasher);
        self.empty = if names == 0 { self.empty.saturating_add(1) } else { 0 };
        if self.tokens.insert(hasher.finish()) && self.empty < EMPTY_PAGES {
            return Ok(());
        }
        let place = &self.place;
        Err(Error::statement(format!("can not list `{place}`: the listing goes in circles"))
            .because("the service gave the same place to go on at twice, or thousands of pages without a name")
            .hint("run it again; if it stays so, the service does not list as S3 does"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_comes_again_ends_the_listing() {
        let mut progress = Progress::new("s3://bucket/a/".into());
        for number in 0..5_000 {
            progress.page(1_000, Some(&number.to_string())).unwrap();
        }
        assert!(progress.page(1_000, None).is_ok());
        let error = progress.page(1_000, Some("17")).unwrap_err();
        assert!(error.message().contains("`s3://bucket/a/`"), "{error}");
    }

    #[test]
    fn empty_pages_are_passed_over_but_not_for_ever() {
        let mut progress = Progress::new(String::new());
        let mut tokens = (0..).map(|number: usize| number.to_string());
        let is_bad = |progress: &mut Progress, token: String| progress.page(0, Some(&token)).is_err();
        let first = tokens.by_ref().take(100_000).position(|token| is_bad(&mut progress, token));
        assert_eq!(first, Some(EMPTY_PAGES - 1));
    }
}
