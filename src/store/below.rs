//! Listing everything below a folder, at several places at once where its keys tell where.
//!
//! Owns how many pages are asked for at once, and that each key comes once whatever was guessed. Where places lie is
//! `places`'s to guess; how a page is asked for is its caller's.

use futures::future::join_all;

use super::progress::Progress;
use super::{Object, places};
use crate::error::Result;

/// Pages that are asked for at once, at most.
const WIDEST: usize = 8;

/// Where a page of a listing begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the first key.
    First,
    /// Where another page ended.
    Token(String),
    /// Behind that key, whether or not there is such a one.
    Behind(String),
}

/// A page of a listing without folders.
#[derive(Debug)]
pub struct KeyPage {
    /// In the order of their keys.
    pub objects: Vec<Object>,
    /// The token of what comes after it.
    pub next: Option<String>,
}

/// A listing under way.
pub struct Below<Ask> {
    /// Asks for a page.
    ask: Ask,
    /// Where it goes on; none at its end.
    next: Option<Start>,
    /// Where pages behind the next one may begin.
    places: Vec<String>,
    /// Pages since the start or since a guess was wrong. So many are asked for at once, so that at most every other
    /// answer is in vain.
    taken: usize,
    widest: usize,
    progress: Progress,
}

impl<Ask, Asked> Below<Ask>
where
    Ask: Fn(Start) -> Asked,
    Asked: Future<Output = Result<KeyPage>>,
{
    /// Before its first page.
    pub fn new(progress: Progress, ask: Ask) -> Self {
        Below { ask, next: Some(Start::First), places: Vec::new(), taken: 0, widest: WIDEST, progress }
    }

    /// The pages that come next, in the order of their keys; none at the end. It asks for nothing ahead of the call.
    pub async fn next(&mut self) -> Result<Option<Vec<Vec<Object>>>> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let places = std::mem::take(&mut self.places);
        let starts = [start].into_iter().chain(places.iter().cloned().map(Start::Behind));
        let mut answers = join_all(starts.map(|start| (self.ask)(start))).await.into_iter();
        let Some(first) = answers.next() else { return Ok(None) };
        let (mut page, mut pages) = (first?, Vec::new());
        for (place, answer) in places.iter().zip(answers) {
            let reached = places::up_to(&page.objects, place);
            if page.next.is_none() || reached == page.objects.len() {
                // Keys may lie between its end and the place: it goes on where the page ends.
                self.taken = 0;
                break;
            }
            let answer = match answer {
                Ok(answer) if places::is_beyond(&answer.objects, place) => answer,
                // Not every service goes on at a key where it is asked to; if it is the network, it is told of next.
                _ => {
                    self.widest = 1;
                    break;
                }
            };
            page.objects.truncate(reached);
            pages.push(std::mem::replace(&mut page, answer).objects);
        }
        self.taken = self.taken.saturating_add(pages.len()).saturating_add(1);
        let KeyPage { objects, next } = page;
        let listed = pages.iter().map(Vec::len).sum::<usize>().saturating_add(objects.len());
        self.progress.page(listed, next.as_deref())?;
        if next.is_some() {
            self.places = places::places(&objects, self.taken.min(self.widest).saturating_sub(1));
        }
        self.next = next.map(Start::Token);
        pages.push(objects);
        Ok(Some(pages))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::FutureExt;

    use super::*;
    use crate::error::Error;

    /// What a service makes of a place to go on behind.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Honours {
        Places,
        /// It begins at the first key.
        TokensAlone,
        /// It refuses the request.
        Nothing,
    }

    /// How many pages were asked for at once each time, until every key came once and in order.
    fn asked(keys: &[String], honours: Honours) -> Vec<usize> {
        let starts = Mutex::new(Vec::new());
        let object = |key: &String| Object { key: key.clone(), size: 1, modified: Default::default(), etag: None };
        let mut below = Below::new(Progress::new("s3://bucket/".into()), |start: Start| {
            starts.lock().unwrap().push(start.clone());
            async {
                let first = match start {
                    Start::First => 0,
                    Start::Token(token) => token.parse().unwrap(),
                    Start::Behind(_) if honours == Honours::TokensAlone => 0,
                    Start::Behind(_) if honours == Honours::Nothing => return Err(Error::statement("not implemented")),
                    Start::Behind(place) => keys.partition_point(|key| *key <= place),
                };
                let end = keys.len().min(first + 1_000);
                let next = (end < keys.len()).then(|| end.to_string());
                Ok(KeyPage { objects: keys[first..end].iter().map(object).collect(), next })
            }
        });
        let (mut listed, mut rounds, mut before) = (Vec::new(), Vec::new(), 0);
        while let Some(pages) = below.next().now_or_never().unwrap().unwrap() {
            listed.extend(pages.into_iter().flatten().map(|object| object.key));
            let asked = starts.lock().unwrap().len();
            rounds.push(asked - before);
            before = asked;
        }
        assert_eq!(listed, keys);
        rounds
    }

    fn keys(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|number| format!("partition=0/a.pin+0+{number:010}.json")).collect()
    }

    #[test]
    fn as_many_pages_as_came_before_are_asked_for() {
        assert_eq!(asked(&keys(0..0), Honours::Places), [1]);
        assert_eq!(asked(&keys(0..1_000), Honours::Places), [1]);
        assert_eq!(asked(&keys(0..1_001), Honours::Places), [1, 1]);
        assert_eq!(asked(&keys(0..20_000), Honours::Places), [1, 1, 2, 4, 8, 8]);
        assert_eq!(asked(&keys((0..20_000).map(|number| number * 7)), Honours::Places), [1, 1, 2, 4, 8, 8]);
    }

    #[test]
    fn a_wrong_guess_costs_requests_alone() {
        // Closer than guessed, wider than guessed, and both in turns.
        asked(&keys((0..5_000).map(|number| number * 1_000).chain(5_000_000..5_020_000)), Honours::Places);
        asked(&keys((0..5_000).chain((0..5_000).map(|number| 5_000 + number * number))), Honours::Places);
        asked(&keys((0..20_000).map(|number| number / 700 * 100_000 + number)), Honours::Places);
    }

    #[test]
    fn a_service_that_knows_no_places_is_asked_for_one_page_after_another() {
        for honours in [Honours::TokensAlone, Honours::Nothing] {
            assert_eq!(asked(&keys(0..6_500), honours), [1, 1, 2, 1, 1, 1, 1]);
        }
    }
}
