//! What is known of the way to a bucket before anything of it is read: for people whom it does not lead there.
//!
//! Owns the answers to "which credentials, which endpoint, which region, and does anything answer". It uses what opens a
//! bucket, piece by piece, and must not do it otherwise. No secret leaves it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::accounting::{Answers, CountingConnector};
use super::credentials::Lifetime;
use super::endpoint::Endpoint;
use super::profile::Profile;
use super::server_clock::ClockDifference;
use super::{SharedStores, Stores, client, region, transport};
use crate::config::{Addressing, Environment, Signing};
use crate::error::{Error, Result};

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointInUse {
    /// `AWS`, or the URL of another service.
    pub name: String,
    /// Who named it; none for AWS, which nobody has to name.
    pub named_by: Option<String>,
    /// How buckets are addressed there.
    pub addressing: Addressing,
}

/// Who signs requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsInUse {
    /// Nobody: `anonymous = true`.
    None,
    /// Those of a source.
    Found {
        /// What a person calls it: `the environment`, `the profile x`.
        source: String,
        /// For how long they hold.
        lifetime: Lifetime,
    },
}

/// The region that requests are signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionInUse {
    /// Its name.
    pub region: String,
    /// Who said so.
    pub said_by: String,
    /// Where the bucket says that it is, if it says it.
    pub of_bucket: Option<String>,
}

/// What came of one unsigned question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// From the question to the answer's headers, connecting included.
    pub elapsed: Duration,
    /// Whether nobody on the way can read along.
    pub secured: Secured,
    /// The HTTP status, which may well be a refusal.
    pub status: u16,
    /// How far this machine's clock is from the server's.
    pub clock: Option<ClockDifference>,
    /// The region that the bucket says it is in.
    pub region: Option<String>,
    /// Whether the answer bears the marks of S3.
    pub is_s3: bool,
}

/// Whether requests are encrypted on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secured {
    /// By TLS, with a certificate that this machine trusts.
    Tls,
    /// They are not.
    PlainHttp,
}

/// The longest wait for the one answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Stores {
    /// Where requests for `bucket` go.
    ///
    /// # Errors
    /// The profile that is named does not exist, or the endpoint may not be used as it stands.
    pub async fn endpoint_in_use(&self, bucket: &str) -> Result<EndpointInUse> {
        let (profile, endpoint) = self.way(bucket).await?;
        let named_by = Endpoint::named_by(&self.shared.config, &self.shared.environment, profile).map(|(_, by)| by);
        let addressing = match &endpoint {
            Endpoint::Aws(addressing) | Endpoint::Own { addressing, .. } => *addressing,
        };
        Ok(EndpointInUse { name: endpoint.name().to_owned(), named_by, addressing })
    }

    /// Which credentials sign. Asks their source, which may be a service of its own.
    ///
    /// # Errors
    /// There are none, or their source refuses them.
    pub async fn credentials_in_use(&self) -> Result<CredentialsInUse> {
        let SharedStores { config, environment, .. } = &*self.shared;
        if config.signing == Signing::Anonymous {
            return Ok(CredentialsInUse::None);
        }
        let profile = self.profile().await?;
        let region = region::given(config, environment, profile).unwrap_or_else(|| region::FALLBACK.to_owned());
        client::credentials(&self.shared, profile, &region).await?;
        let in_use = self.shared.signer.get().and_then(|signer| signer.in_use());
        let (source, lifetime) = in_use.ok_or_else(|| Error::bug("credentials were lost"))?;
        Ok(CredentialsInUse::Found { source, lifetime })
    }

    /// The region of `bucket`, as far as `reached` and the settings tell.
    ///
    /// # Errors
    /// The profile that is named does not exist.
    pub async fn region_in_use(&self, reached: &Reached) -> Result<RegionInUse> {
        let profile = self.profile().await?;
        let of_bucket = reached.region.clone();
        let given = region::given_by(&self.shared.config, &self.shared.environment, profile);
        Ok(match (given, &of_bucket) {
            (Some((region, said_by)), _) => RegionInUse { region, said_by, of_bucket },
            (None, Some(region)) => {
                RegionInUse { region: region.clone(), said_by: "the bucket itself".to_owned(), of_bucket }
            }
            (None, None) => RegionInUse {
                region: region::FALLBACK.to_owned(),
                said_by: "pinq, as nobody said any".to_owned(),
                of_bucket,
            },
        })
    }

    /// Asks the bucket one unsigned question, which S3 answers even where it refuses.
    ///
    /// # Errors
    /// No answer came, or one that is none of S3's.
    pub async fn reach(&self, bucket: &str) -> Result<Reached> {
        let (profile, endpoint) = self.way(bucket).await?;
        // Where a run would go: a network may lead to the host of the region alone.
        let url = match region::given(&self.shared.config, &self.shared.environment, profile) {
            Some(region) => endpoint.bucket_url(bucket, &region),
            None => endpoint.region_url(bucket),
        };
        let name = endpoint.name();
        let about = |message: String| Error::statement(message);
        let answers = Arc::new(Answers::default());
        let connector = CountingConnector {
            counters: Arc::clone(&self.shared.counters),
            answers: Arc::clone(&answers),
            throttle: self.shared.throttle(endpoint.service(bucket)),
            client: OnceLock::new(),
        };
        let mut config = self.shared.config.clone();
        config.request_timeout = config.request_timeout.min(PATIENCE);
        let client = object_store::client::HttpConnector::connect(&connector, &client::options(&config, &endpoint))
            .map_err(|error| Error::usage(format!("no client could be made for {name}")).because(error))?;
        let request = region::head(&url)
            .ok_or_else(|| Error::usage(format!("the bucket `{bucket}` can not be part of a URL")))?;
        let began = Instant::now();
        let answer = client.execute(request).await.map_err(|error| {
            let (fault, cause) = transport::fault(&error);
            let told = transport::explained(&fault, cause, name, &about);
            match proxy(&self.shared.environment, &url) {
                Some(variable) if fault.is_of_the_way() => told
                    .hint(format!("requests go by the proxy that `{variable}` names, but to the hosts in `NO_PROXY`")),
                Some(_) | None => told,
            }
        })?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let is_page = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            return Err(transport::explained(&transport::Fault::NotS3, String::new(), name, &about));
        }
        let marks = ["x-amz-request-id", "x-amz-bucket-region", "x-amz-id-2"];
        Ok(Reached {
            elapsed: began.elapsed(),
            secured: if endpoint.is_plain_http() { Secured::PlainHttp } else { Secured::Tls },
            status: answer.status().as_u16(),
            clock: ClockDifference::of(&answer),
            region: answers.bucket_region(),
            is_s3: marks.iter().any(|mark| answer.headers().contains_key(*mark)),
        })
    }

    async fn way(&self, bucket: &str) -> Result<(&Profile, Endpoint)> {
        let profile = self.profile().await?;
        let endpoint = Endpoint::choose(&self.shared.config, &self.shared.environment, profile, bucket)?;
        Ok((profile, endpoint))
    }

    async fn profile(&self) -> Result<&Profile> {
        let SharedStores { config, environment, profile, .. } = &*self.shared;
        profile.get_or_try_init(|| Profile::choose(config, environment)).await
    }
}

/// The variable that names a proxy for requests to this URL. What it says may hold a password.
fn proxy(environment: &Environment, url: &str) -> Option<&'static str> {
    let of_scheme = match url.starts_with("https://") {
        true => ["https_proxy", "HTTPS_PROXY"],
        false => ["http_proxy", "HTTP_PROXY"],
    };
    let [lower, upper] = of_scheme;
    [lower, upper, "all_proxy", "ALL_PROXY"].into_iter().find(|name| environment.get(name).is_some())
}
