//! Credentials for the S3 client: found once, kept, renewed before they expire.
//!
//! Owns when they are asked for again and what is said where none are found. Where they come from is
//! `chain`'s. No secret leaves this file but to the client.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as ShortMutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use chrono::{DateTime, Utc};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use super::Stores;
use super::chain::Source;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::ui::human;

/// Credentials that renew themselves; shared by every bucket.
pub struct RenewedCredentials {
    /// Makes the sources, each time anew: every one of them remembers what it has read once.
    sources: Box<dyn Fn() -> Result<Vec<Source>> + Send + Sync>,
    /// How long one source may take.
    patience: Duration,
    /// Whether the service refused those in use.
    is_refused: AtomicBool,
    /// Who gave those in use, and for how long they hold.
    given: ShortMutex<Option<(String, Lifetime)>>,
    kept: ShortMutex<Option<Kept>>,
    renewing: Mutex<()>,
}

/// Credentials as they are kept. The client's own type shows its secrets by `Debug`: it is made for each request.
#[derive(Clone, Debug)]
pub struct Keys {
    id: String,
    secret: Secret,
    token: Option<Secret>,
}

#[derive(Clone, Debug)]
struct Kept {
    keys: Arc<Keys>,
    expires: Option<SystemTime>,
    renew_from: Option<SystemTime>,
}

/// For how long credentials hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until then.
    Until(DateTime<Utc>),
    /// They come with a token, and nobody says until when it holds.
    Temporary,
    /// Until somebody takes them back.
    Long,
}

/// So long before they expire credentials are renewed: longer than a request can take with its
/// retries, which all use the credentials of the first try.
const RENEW_BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// So long credentials that still hold are used after a renewal failed.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// A source is given up after so long: a person may have to type a code, and nobody waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

impl Stores {
    /// Has credentials that the service refused looked for again, as somebody may have renewed them since.
    pub fn forget_refused_credentials(&self) {
        if let Some(signer) = self.shared.signer.get() {
            signer.forget_refused();
        }
    }
}

impl RenewedCredentials {
    /// Credentials from the first of `sources` that has some.
    pub fn new(sources: impl Fn() -> Result<Vec<Source>> + Send + Sync + 'static) -> Self {
        RenewedCredentials {
            sources: Box::new(sources),
            patience: PATIENCE,
            is_refused: AtomicBool::new(false),
            given: ShortMutex::new(None),
            kept: ShortMutex::new(None),
            renewing: Mutex::new(()),
        }
    }

    /// Notes that the service refused those in use.
    pub fn refused(&self) {
        self.is_refused.store(true, Ordering::Relaxed);
    }

    /// Forgets those in use if the service refused them, so that the next request takes what their source gives by then.
    pub fn forget_refused(&self) {
        if self.is_refused.swap(false, Ordering::Relaxed) {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// The credentials to use now.
    pub async fn current(&self) -> Result<Arc<Keys>> {
        if let Some(kept) = self.kept().filter(|kept| !kept.is_due(now())) {
            return Ok(kept.keys);
        }
        let _one_at_a_time = self.renewing.lock().await;
        let now = now();
        let old = self.kept();
        if let Some(kept) = old.clone().filter(|kept| !kept.is_due(now)) {
            return Ok(kept.keys);
        }
        let kept = match (self.find().await, old) {
            (Ok(found), _) => Kept::new(&found, now),
            (Err(_), Some(old)) if old.holds(now) => Kept { renew_from: now.checked_add(RENEW_AGAIN_AFTER), ..old },
            (Err(error), _) => return Err(error),
        };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept.clone());
        Ok(kept.keys)
    }

    /// Where those in use came from, and for how long they hold; none before they were asked for.
    pub fn in_use(&self) -> Option<(String, Lifetime)> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn kept(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn find(&self) -> Result<Credentials> {
        let (mut tried, sources) = (Vec::new(), (self.sources)()?);
        for (number, source) in sources.iter().enumerate() {
            let (name, provider) = match source {
                Source::Ask(name, provider) => (name, provider),
                Source::Absent(name, why) => {
                    tried.push(format!("{name} ({why})"));
                    continue;
                }
            };
            let Ok(answer) = tokio::time::timeout(self.patience, provider.provide_credentials()).await else {
                let waited = human::duration(self.patience);
                return Err(Error::usage(format!("{name} gave no credentials within {waited}"))
                    .hint("run what it asks by itself: the `credential_process` of the profile, `aws sts get-caller-identity`")
                    .hint("or choose other credentials with `AWS_PROFILE`"));
            };
            match answer {
                Ok(found) => {
                    let given = Some((name.clone(), Lifetime::of(&found)));
                    *self.given.lock().unwrap_or_else(PoisonError::into_inner) = given;
                    return Ok(found);
                }
                Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                    tried.push(format!("{name} ({})", deepest(&error)));
                }
                // The last one is asked because nothing else answered; its refusal is one more try.
                Err(error) if number + 1 == sources.len() => tried.push(format!("{name} ({})", deepest(&error))),
                Err(error) => {
                    return Err(Error::usage(format!("the credentials of {name} could not be loaded"))
                        .because(deepest(&error))
                        .hint("renew them (`aws sso login`, for one), or choose others with `AWS_PROFILE`"));
                }
            }
        }
        Err(Error::usage(format!("no AWS credentials were found; tried {}", tried.join(", ")))
            .hint("set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`")
            .hint("for a public bucket write `anonymous = true` in `[storage]`"))
    }
}

impl Kept {
    fn new(found: &Credentials, now: SystemTime) -> Kept {
        let keys = Keys {
            id: found.access_key_id().to_owned(),
            secret: found.secret_access_key().to_owned().into(),
            token: found.session_token().map(|token| token.to_owned().into()),
        };
        let renew_from = found.expiry().map(|expires| {
            let lead = expires.checked_sub(RENEW_BEFORE_EXPIRY).unwrap_or(now);
            // Credentials that live less than the lead are not asked for with every request.
            lead.max(now.checked_add(RENEW_AGAIN_AFTER).unwrap_or(now)).min(expires)
        });
        Kept { keys: Arc::new(keys), expires: found.expiry(), renew_from }
    }

    fn is_due(&self, now: SystemTime) -> bool {
        self.renew_from.is_some_and(|from| from <= now)
    }

    fn holds(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }
}

impl Lifetime {
    fn of(found: &Credentials) -> Lifetime {
        match (found.expiry(), found.session_token()) {
            (Some(expires), _) => Lifetime::Until(expires.into()),
            (None, Some(_)) => Lifetime::Temporary,
            (None, None) => Lifetime::Long,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "credentials expire by the clock, and no answer depends on it")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The innermost cause, which is the part that says what happened.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[async_trait]
impl CredentialProvider for RenewedCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let current = self.current().await;
        let keys = current.map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.id.clone(),
            secret_key: keys.secret.reveal().clone(),
            token: keys.token.as_ref().map(|token| token.reveal().clone()),
        }))
    }
}

impl fmt::Debug for RenewedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RenewedCredentials")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use aws_credential_types::provider::{SharedCredentialsProvider, future};

    use super::*;

    #[derive(Debug)]
    struct Expiring {
        asked: Arc<AtomicU64>,
        lifetime: Duration,
    }

    impl ProvideCredentials for Expiring {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            if asked > 2 {
                return future::ProvideCredentials::ready(Err(CredentialsError::provider_error("gone")));
            }
            let expires = now() + self.lifetime;
            let found = Credentials::new(format!("key{asked}"), "hunter2", None, Some(expires), "test");
            future::ProvideCredentials::ready(Ok(found))
        }
    }

    fn expiring(lifetime: Duration) -> (RenewedCredentials, Arc<AtomicU64>) {
        let asked = Arc::new(AtomicU64::new(0));
        let provider = SharedCredentialsProvider::new(Expiring { asked: Arc::clone(&asked), lifetime });
        (RenewedCredentials::new(move || Ok(vec![Source::Ask("test".into(), provider.clone())])), asked)
    }

    fn make_due(credentials: &RenewedCredentials) {
        if let Some(kept) = credentials.kept.lock().unwrap().as_mut() {
            kept.renew_from = Some(SystemTime::UNIX_EPOCH);
        }
    }

    #[tokio::test]
    async fn keeps_then_renews_then_uses_what_still_holds() {
        let (credentials, asked) = expiring(Duration::from_secs(3600));
        assert_eq!(credentials.current().await.unwrap().id, "key1");
        assert_eq!(credentials.current().await.unwrap().id, "key1");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let renew_from = credentials.kept().unwrap().renew_from.unwrap();
        let minutes = renew_from.duration_since(now()).unwrap().as_secs() / 60;
        assert_eq!(minutes, 54, "renewed five minutes before the hour is over");

        make_due(&credentials);
        assert_eq!(credentials.current().await.unwrap().id, "key2");
        make_due(&credentials);
        assert_eq!(credentials.current().await.unwrap().id, "key2", "the renewal failed, these still hold");
        assert_eq!(credentials.current().await.unwrap().id, "key2");
        assert_eq!(asked.load(Ordering::Relaxed), 3, "a failed renewal is not tried again at once");

        make_due(&credentials);
        credentials.kept.lock().unwrap().as_mut().unwrap().expires = Some(SystemTime::UNIX_EPOCH);
        let error = credentials.current().await.unwrap_err();
        assert!(error.render().contains("gone"), "{}", error.render());
        let kept = credentials.kept();
        assert!(!format!("{credentials:?}{error:?}{kept:?}").contains("hunter2"), "{kept:?}");
    }

    #[tokio::test]
    async fn what_was_refused_is_asked_for_again_once() {
        let (credentials, asked) = expiring(Duration::from_secs(3600));
        assert_eq!(credentials.current().await.unwrap().id, "key1");
        credentials.forget_refused();
        assert_eq!(credentials.current().await.unwrap().id, "key1", "nobody refused them");
        credentials.refused();
        credentials.refused();
        assert_eq!(credentials.current().await.unwrap().id, "key1", "requests under way go on as they began");
        credentials.forget_refused();
        credentials.forget_refused();
        assert_eq!(credentials.current().await.unwrap().id, "key2");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[derive(Debug)]
    struct Silent;

    impl ProvideCredentials for Silent {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }

    #[tokio::test]
    async fn a_source_that_never_answers_is_given_up() {
        let silent = || Source::Ask("the profile `x`".into(), SharedCredentialsProvider::new(Silent));
        let mut credentials = RenewedCredentials::new(move || Ok(vec![silent(), silent()]));
        credentials.patience = Duration::from_millis(20);
        let found = tokio::time::timeout(Duration::from_secs(10), credentials.current()).await;
        let error = found.expect("it has a limit of its own").unwrap_err();
        assert!(error.message().starts_with("the profile `x` gave no credentials within"), "{error}");
    }

    #[tokio::test]
    async fn says_what_was_tried() {
        let absent = || Source::Absent("the environment".into(), "`AWS_ACCESS_KEY_ID` is not set".into());
        let error = RenewedCredentials::new(move || Ok(vec![absent()])).current().await.unwrap_err();
        assert!(error.message().contains("tried the environment (`AWS_ACCESS_KEY_ID` is not set)"), "{error}");
        assert!(error.hints().iter().any(|hint| hint.contains("anonymous = true")));
    }
}
