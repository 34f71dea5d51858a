//! The region of a bucket.
//!
//! Owns the order in which it is looked for. The metadata service is never asked: off EC2 that costs
//! seconds, and the bucket itself knows better.

use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse};

use super::accounting::{Answers, CountingConnector};
use super::endpoint::Endpoint;
use super::profile::Profile;
use crate::config::{Environment, StorageConfig};

/// The region that S3 has where none is known, and that other services accept.
pub const FALLBACK: &str = "us-east-1";

/// Before each try of the question; whoever takes the fallback for an answer that was lost is refused everything.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400)];

/// `[storage] region`, else `AWS_REGION`, else `AWS_DEFAULT_REGION`, else the profile's; none where
/// the bucket has to be asked.
pub fn given(config: &StorageConfig, environment: &Environment, profile: &Profile) -> Option<String> {
    given_by(config, environment, profile).map(|(region, _)| region)
}

/// The same, and who gave it.
pub fn given_by(config: &StorageConfig, environment: &Environment, profile: &Profile) -> Option<(String, String)> {
    let by_variable = |name: &str| environment.get(name).map(|region| (region.to_owned(), format!("`{name}`")));
    let by_file = || config.region.clone().map(|region| (region, "`[storage] region`".to_owned()));
    let by_profile = || profile.region.clone().map(|region| (region, format!("the profile `{}`", profile.name)));
    by_file().or_else(|| by_variable("AWS_REGION")).or_else(|| by_variable("AWS_DEFAULT_REGION")).or_else(by_profile)
}

/// Asks the bucket by an unsigned HEAD, which S3 answers with the region even where it refuses. A
/// service that does not say gets the fallback; a failure shows at the first real request.
pub async fn of_bucket(
    endpoint: &Endpoint,
    bucket: &str,
    options: &ClientOptions,
    connector: &CountingConnector,
    answers: &Answers,
) -> String {
    if let Ok(client) = connector.connect(options) {
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            let Some(request) = head(&endpoint.region_url(bucket)) else { break };
            let answer = client.execute(request).await;
            if let Some(region) = answers.bucket_region() {
                return region;
            }
            if !may_answer_later(&answer) {
                break;
            }
        }
    }
    FALLBACK.to_owned()
}

/// Whether an answer, or that there is none, is of the kind that goes by: a connection that broke, a service that is busy.
/// Where nothing listens, or nothing is said in all that time, the first real request tells so sooner.
fn may_answer_later(answer: &Result<HttpResponse, HttpError>) -> bool {
    match answer {
        Ok(answer) => answer.status().is_server_error() || answer.status().as_u16() == 429,
        Err(error) => !matches!(error.kind(), HttpErrorKind::Connect | HttpErrorKind::Timeout),
    }
}

/// A request for headers alone.
pub fn head(url: &str) -> Option<HttpRequest> {
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = "HEAD".parse().ok()?;
    *request.uri_mut() = url.parse().ok()?;
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_wins_in_order() {
        let mut profile = Profile { name: "default".into(), files: None, region: None, endpoint: None };
        let environment = Environment::empty("/");
        let mut config = StorageConfig::default();
        assert_eq!(given(&config, &environment, &profile), None);
        profile.region = Some("p".into());
        assert_eq!(given(&config, &environment, &profile).as_deref(), Some("p"));
        let environment = environment.with_variable("AWS_DEFAULT_REGION", "d");
        assert_eq!(given(&config, &environment, &profile).as_deref(), Some("d"));
        let environment = environment.with_variable("AWS_REGION", "r");
        assert_eq!(given(&config, &environment, &profile).as_deref(), Some("r"));
        config.region = Some("c".into());
        assert_eq!(given(&config, &environment, &profile).as_deref(), Some("c"));
    }
}
