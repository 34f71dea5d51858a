//! Who runs a report: a lease at its destination.
//!
//! Owns `claim.json` and who gets it. The instant is an argument, and clocks of different hosts may differ by seconds.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::name::RunName;
use super::writing::{self, LARGEST_DOCUMENT};
use super::{Outcome, Publications, history};
use crate::error::{Error, Result};
use crate::store::{Condition, Store, StoreKind, Version};

/// How long a claim lasts that nobody renews.
pub const LEASE: TimeDelta = TimeDelta::seconds(120);
/// How long after it was got, or was renewed last, a claim should be renewed.
pub const RENEW_AFTER: TimeDelta = TimeDelta::seconds(30);
/// By how much the clocks of two hosts may differ without one of them taking what the other still holds.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(15);

/// A claim for a time so far ahead is of a host whose clock is wrong; one that is nearer is of one that slept less.
const FAR_AHEAD: TimeDelta = TimeDelta::days(1);

/// The document.
pub const CLAIM_FILE: &str = "claim.json";
/// How often a write that met another one is tried again.
const TRIES: usize = 100;

/// Who claims: one for each process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder(String);

/// The right to run a report now. Clones are the same claim. Who drops it without releasing it leaves it to run out.
#[derive(Clone)]
pub struct Claim {
    shared: Arc<Shared>,
}

/// What came of claiming a time.
#[derive(Debug)]
pub enum Claimed {
    /// The time is to be run here.
    Ours(Claim),
    /// Another one runs the report.
    Theirs {
        /// When to ask again at the latest, if it dies.
        until: DateTime<Utc>,
    },
    /// That time, or a later one, was published or given up, or is another's.
    Done,
}

/// How a claim ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The time was published: nobody runs it again.
    Done,
    /// It failed and was tried often enough: nobody runs it again.
    GivenUp,
    /// It was not run to its end: whoever comes first may.
    Unfinished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Held,
    Done,
    GivenUp,
    Unfinished,
}

/// `claim.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Document {
    holder: String,
    /// Of one claim, whoever holds it.
    token: String,
    scheduled_for: DateTime<Utc>,
    until: DateTime<Utc>,
    state: State,
    /// So that no two documents of a claim are alike.
    renewed: u64,
}

struct Shared {
    store: Store,
    scheduled_for: DateTime<Utc>,
    token: String,
    current: Mutex<(Document, Version)>,
}

impl Holder {
    /// A holder that is called so in messages, and is told from all others of that name.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(name: &str) -> Result<Holder> {
        Ok(Holder(format!("{name} {}", writing::token()?)))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Publications {
    /// Claims the report for one of its times. Only one holder has it at once, whatever the time.
    ///
    /// Where it is taken over from one that ran out, the runs of that time that were begun and not finished are closed;
    /// where such a run turns out to be published, latest is moved to it.
    ///
    /// # Errors
    /// The destination can't be read or written, or knows no conditional writes.
    pub async fn claim(&self, scheduled_for: DateTime<Utc>, holder: &Holder, now: DateTime<Utc>) -> Result<Claimed> {
        let wanted = RunName::new(scheduled_for, 1).scheduled_for;
        let token = writing::token()?;
        for _ in 0..TRIES {
            let stands = read(&self.store).await?;
            let before = stands.as_ref().map(|(document, _)| document);
            if let Some(ahead) = before.filter(|before| before.scheduled_for > later(now, FAR_AHEAD)) {
                return Err(self.ahead_of_time(ahead));
            }
            if let Some(claimed) = before.and_then(|before| refusal(before, wanted, now)) {
                return Ok(claimed);
            }
            let document = Document {
                holder: holder.to_string(),
                token: token.clone(),
                scheduled_for: wanted,
                until: later(now, LEASE),
                state: State::Held,
                renewed: 0,
            };
            let condition = stands.as_ref().map_or(Condition::Absent, |(_, version)| Condition::Unchanged(version));
            let bytes = document.bytes()?;
            let Some(version) = writing::put(&self.store, CLAIM_FILE, bytes.clone(), condition).await? else {
                continue;
            };
            if stands.is_none() {
                self.try_condition(bytes).await?;
            }
            let current = Mutex::new((document, version));
            let shared = Shared { store: self.store.clone(), scheduled_for: wanted, token, current };
            let claim = Claim { shared: Arc::new(shared) };
            return self.unless_published(claim, now).await;
        }
        Err(Error::statement(format!("`{}` is written by others all the time", self.location().join(CLAIM_FILE))))
    }

    /// An error where `claim` is not held any more.
    pub(super) async fn verify(&self, claim: Option<&Claim>) -> Result<()> {
        let Some(claim) = claim else { return Ok(()) };
        match read(&self.store).await? {
            Some((document, _)) if document.is_of(&claim.shared.token) => Ok(()),
            stands => Err(taken_over(&self.store, stands.map(|(document, _)| document))),
        }
    }

    /// A time that was published without a release, by one that died then or by hand, is done.
    async fn unless_published(&self, claim: Claim, now: DateTime<Utc>) -> Result<Claimed> {
        let wanted = claim.shared.scheduled_for;
        let mut complete = None;
        for (name, record) in history::folders(&self.store, |name| name.scheduled_for == wanted).await? {
            let record = match record {
                None if self.store.kind() == StoreKind::S3 => self.close_unfinished(name, now).await?,
                record => record,
            };
            if let Some(Ok(record)) = record
                && record.outcome == Outcome::Complete
            {
                complete = Some((name, record));
            }
        }
        let Some((name, record)) = complete else { return Ok(Claimed::Ours(claim)) };
        self.move_latest_to_found(name, &record).await?;
        // Where that fails, whoever claims the time next finds the run as it was found here.
        let _unreleased = claim.release(Released::Done).await;
        Ok(Claimed::Done)
    }

    /// A claim for a time that is still to come would keep everybody out until then.
    fn ahead_of_time(&self, stands: &Document) -> Error {
        let (place, time) = (self.location().join(CLAIM_FILE), stands.scheduled_for.to_rfc3339());
        Error::statement(format!("`{place}` is for {time}, which is still to come; `{}` wrote it", stands.holder))
            .hint("set the clock of this host or of that one right, then remove the file")
    }

    /// There are services that take a condition and do not look at it. They would let two hosts run at once.
    async fn try_condition(&self, bytes: Bytes) -> Result<()> {
        let written = self.store.put_small(CLAIM_FILE, bytes, Condition::Absent).await?;
        if written == crate::store::Written::No {
            return Ok(());
        }
        let place = self.location().join(CLAIM_FILE);
        // So that the next one to claim finds it out again.
        let _left = self.store.delete(vec![CLAIM_FILE.to_owned()]).await;
        Err(Error::statement(format!("the service overwrote `{place}`, which it was asked to create only"))
            .hint("publish to a folder, or to a service that honours `If-None-Match` and `If-Match`"))
    }
}

impl Claim {
    /// The time that it is for.
    pub fn scheduled_for(&self) -> DateTime<Utc> {
        self.shared.scheduled_for
    }

    /// What the document says while it is ours, which is how the writer of a run on disk is judged.
    pub(super) fn is_named_by(&self, document: &[u8]) -> bool {
        serde_json::from_slice::<Document>(document).is_ok_and(|document| document.is_of(&self.shared.token))
    }

    /// Makes it last for another [`LEASE`] from `now`.
    ///
    /// # Errors
    /// Another one has taken it over, so that what is under way must stop, or the destination can't be written.
    pub async fn renew(&self, now: DateTime<Utc>) -> Result<()> {
        self.change(|document| document.until = later(now, LEASE)).await
    }

    /// Ends it.
    ///
    /// # Errors
    /// As [`Claim::renew`].
    pub async fn release(&self, how: Released) -> Result<()> {
        let state = match how {
            Released::Done => State::Done,
            Released::GivenUp => State::GivenUp,
            Released::Unfinished => State::Unfinished,
        };
        self.change(|document| document.state = state).await
    }

    async fn change(&self, change: impl FnOnce(&mut Document)) -> Result<()> {
        let mut current = self.shared.current.lock().await;
        let (mut document, version) = current.clone();
        change(&mut document);
        document.renewed = document.renewed.saturating_add(1);
        let store = &self.shared.store;
        let condition = Condition::Unchanged(&version);
        match writing::put(store, CLAIM_FILE, document.bytes()?, condition).await? {
            Some(version) => *current = (document, version),
            None => return Err(taken_over(store, read(store).await?.map(|(document, _)| document))),
        }
        Ok(())
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("scheduled_for", &self.shared.scheduled_for).finish_non_exhaustive()
    }
}

impl Document {
    fn bytes(&self) -> Result<Bytes> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::bug(format!("`{CLAIM_FILE}` can not be written as JSON")).because(error))?;
        Ok(text.into())
    }

    fn is_of(&self, token: &str) -> bool {
        self.token == token && self.state == State::Held
    }
}

/// Why nobody gets the report for `wanted` while this stands, or `None` where it may be taken over.
fn refusal(stands: &Document, wanted: DateTime<Utc>, now: DateTime<Utc>) -> Option<Claimed> {
    let over = later(stands.until, CLOCKS_DIFFER);
    match stands.state {
        State::Done | State::GivenUp if stands.scheduled_for >= wanted => Some(Claimed::Done),
        // Whoever came later than that time has found it done, or has a later one that stands for it.
        _ if stands.scheduled_for > wanted => Some(Claimed::Done),
        State::Held if now < over => Some(Claimed::Theirs { until: over }),
        State::Held | State::Done | State::GivenUp | State::Unfinished => None,
    }
}

async fn read(store: &Store) -> Result<Option<(Document, Version)>> {
    let Some(object) = store.get_small(CLAIM_FILE, LARGEST_DOCUMENT).await? else { return Ok(None) };
    let document = serde_json::from_slice(&object.bytes).map_err(|error| {
        let place = store.location().join(CLAIM_FILE);
        Error::statement(format!("`{place}` is no claim")).because(error).hint("remove it while no report runs")
    })?;
    Ok(Some((document, object.version)))
}

pub(super) fn taken_over_unread(store: &Store) -> Error {
    taken_over(store, None)
}

fn taken_over(store: &Store, by: Option<Document>) -> Error {
    let by = by.map_or_else(|| "removed".to_owned(), |document| format!("taken over by `{}`", document.holder));
    Error::statement(format!("the claim `{}` was {by}", store.location().join(CLAIM_FILE)))
}

fn later(instant: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    instant.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
