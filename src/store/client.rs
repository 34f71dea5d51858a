//! The client of one bucket.
//!
//! Owns putting endpoint, region, credentials, timeouts and retries together. It must not send a
//! request but the one that asks for the region.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredentialProvider};
use object_store::{BackoffConfig, ClientOptions, HeaderMap, HeaderValue, RetryConfig};

use super::accounting::{Answers, Counters, CountingConnector};
use super::credentials::RenewedCredentials;
use super::doubts::Doubts;
use super::endpoint::{self, Endpoint};
use super::integrity::Integrity;
use super::profile::Profile;
use super::{SharedStores, chain, region};
use crate::config::{Addressing, Signing, StorageConfig};
use crate::error::{Error, Result};

/// The pauses between the tries of one request, and the time after whose first try it is not tried again.
/// A signature is good for fifteen minutes, and temporary credentials are renewed five before their end.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const RETRYING: Duration = Duration::from_secs(180);

/// A bucket and the client that reaches it.
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The client.
    pub client: AmazonS3,
    /// The client that reads: it asks for checksums, too, by a header that has no place in other requests.
    pub reader: AmazonS3,
    /// How far what was read is compared with what the service says of it.
    pub integrity: Integrity,
    /// The region that requests are signed for.
    pub region: String,
    /// Where they go.
    pub endpoint: Endpoint,
    /// Whether they are signed.
    pub signing: Signing,
    /// How often a request is tried again.
    pub retries: usize,
    /// Bytes of a large object that are asked for by one request.
    pub range_bytes: u64,
    /// Where bytes are counted.
    pub counters: Arc<Counters>,
    /// Where objects are noted that are read in part.
    pub doubts: Doubts,
    /// What the service said.
    pub answers: Arc<Answers>,
    /// Who signs, where anybody does.
    pub signer: Option<Arc<RenewedCredentials>>,
}

impl Bucket {
    /// Finds everything that the client of a bucket needs, and makes it.
    pub async fn connect(shared: &SharedStores, name: &str) -> Result<Bucket> {
        let (config, environment) = (&shared.config, &shared.environment);
        let profile = shared.profile.get_or_try_init(|| Profile::choose(config, environment)).await?;
        let endpoint = Endpoint::choose(config, environment, profile, name)?;
        let options = options(config, &endpoint);
        let answers = Arc::new(Answers::default());
        let reading = options.clone();
        let connector = CountingConnector {
            counters: Arc::clone(&shared.counters),
            answers: Arc::clone(&answers),
            throttle: shared.throttle(endpoint.service(name)),
            client: OnceLock::new(),
        };
        let region = match region::given(config, environment, profile) {
            Some(region) => region,
            None => region::of_bucket(&endpoint, name, &options, &connector, &answers).await,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(&region)
            .with_client_options(options)
            .with_http_connector(connector)
            .with_retry(retries(config.retries));
        builder = match &endpoint {
            // Which the client does not know.
            Endpoint::Aws(_) if endpoint::is_in_china(&region) => builder.with_endpoint(endpoint::chinese(&region)),
            Endpoint::Aws(addressing) => {
                builder.with_virtual_hosted_style_request(*addressing == Addressing::VirtualHost)
            }
            Endpoint::Own { base, addressing: Addressing::Path, .. } => builder.with_endpoint(base),
            Endpoint::Own { bucket_url, addressing: Addressing::VirtualHost, .. } => {
                builder.with_endpoint(bucket_url).with_virtual_hosted_style_request(true)
            }
        };
        builder = match config.signing {
            Signing::Anonymous => builder.with_skip_signature(true),
            Signing::Signed => builder.with_credentials(credentials(shared, profile, &region).await?),
        };
        let build = |builder: AmazonS3Builder| {
            builder.build().map_err(|error| {
                Error::usage(format!("no client could be made for the bucket `{name}`")).because(error)
            })
        };
        let integrity = Integrity::new(config.verification, endpoint.is_plain_http());
        let client = build(builder.clone())?;
        let reader = match integrity.asks_for_checksums() {
            // Headers that a client has by default are signed, which S3 asks of every header that begins so.
            true => build(builder.with_client_options(reading.with_default_headers(checksum_mode())))?,
            false => client.clone(),
        };
        Ok(Bucket {
            name: name.to_owned(),
            client,
            reader,
            integrity,
            region,
            endpoint,
            signing: config.signing,
            retries: config.retries,
            range_bytes: config.range_bytes,
            counters: Arc::clone(&shared.counters),
            doubts: shared.doubts.clone(),
            answers,
            signer: shared.signer.get().cloned().filter(|_| config.signing == Signing::Signed),
        })
    }

    /// Where its credentials came from, such as `the environment`.
    pub fn source(&self) -> Option<String> {
        self.signer.as_ref()?.in_use().map(|(source, _)| source)
    }

    /// ` of the environment`, for a message about credentials.
    pub fn whose(&self) -> String {
        self.source().map(|source| format!(" of {source}")).unwrap_or_default()
    }
}

/// How each request is made.
pub fn options(config: &StorageConfig, endpoint: &Endpoint) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(endpoint.is_plain_http())
        .with_connect_timeout(config.connect_timeout)
        .with_timeout(config.request_timeout)
        .with_user_agent(HeaderValue::from_static(concat!("pinq/", env!("CARGO_PKG_VERSION"))))
}

/// Asks for the checksum of a whole object with the object.
fn checksum_mode() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-checksum-mode", HeaderValue::from_static("ENABLED"));
    headers
}

/// How a request that failed is tried again. The pauses between its tries double, with jitter, up to a few
/// seconds: what keeps a host that is short of capacity from being overrun is `throttle`, not the pauses.
fn retries(most: usize) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 },
        max_retries: most,
        retry_timeout: RETRYING,
    }
}

/// The credentials of every bucket, asked for at once so that their absence is told once and early.
pub async fn credentials(shared: &SharedStores, profile: &Profile, region: &str) -> Result<AwsCredentialProvider> {
    let found = shared.credentials.get_or_try_init(|| async {
        let (config, environment) = (shared.config.clone(), shared.environment.clone());
        let (profile, region) = (profile.clone(), region.to_owned());
        let credentials = RenewedCredentials::new(move || chain::sources(&config, &environment, &profile, &region));
        credentials.current().await?;
        let credentials = Arc::new(credentials);
        Ok::<AwsCredentialProvider, Error>(Arc::clone(shared.signer.get_or_init(|| credentials)) as _)
    });
    Ok(Arc::clone(found.await?))
}
