//! Who may ask: the one key pair, anonymous requests, and the region of the signature.
//!
//! The signature itself is checked by `s3s`, from the secret that [`KeyPair`] hands to it.

use std::sync::Arc;

use hyper::{HeaderMap, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};

use super::options::{Anonymous, ServerOptions};
use super::{refusals, wrong_region};

/// Knows the secret of one access key; every other access key is unknown, as S3 says it.
pub(super) struct KeyPair {
    options: Arc<ServerOptions>,
}

/// Refuses anonymous requests unless allowed, and requests for the bucket that are signed for another region.
pub(super) struct SignedForThisRegion {
    options: Arc<ServerOptions>,
}

impl KeyPair {
    pub(super) fn new(options: Arc<ServerOptions>) -> Self {
        Self { options }
    }
}

impl SignedForThisRegion {
    pub(super) fn new(options: Arc<ServerOptions>) -> Self {
        Self { options }
    }
}

#[async_trait::async_trait]
impl S3Auth for KeyPair {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.options.access_key {
            Ok(SecretKey::from(self.options.secret_key.as_str()))
        } else {
            Err(s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records."))
        }
    }
}

#[async_trait::async_trait]
impl S3Access for SignedForThisRegion {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let names_bucket = match context.s3_path() {
            S3Path::Root => false,
            S3Path::Bucket { bucket } | S3Path::Object { bucket, .. } => **bucket == self.options.bucket_name,
        };
        if context.credentials().is_none() {
            return match self.options.anonymous {
                Anonymous::Allowed => Ok(()),
                // Even to a stranger S3 names the region of a bucket; clients look it up that way.
                Anonymous::Refused if names_bucket => {
                    Err(wrong_region::with_region(s3_error!(AccessDenied, "Access Denied"), &self.options))
                }
                Anonymous::Refused => Err(s3_error!(AccessDenied, "Access Denied")),
            };
        }
        refusals::check(context, &self.options)?;
        // The location is what a client asks for in order to learn the region, so S3 tells it anywhere.
        if !names_bucket || context.s3_op().name() == "GetBucketLocation" {
            return Ok(());
        }
        match signed_region(context.headers(), context.uri()) {
            Some(region) if region != self.options.region => Err(wrong_region::error(&region, &self.options)),
            _ => Ok(()),
        }
    }
}

/// The region in the credential scope `<access key>/<date>/<region>/s3/aws4_request` of a header or presigned address.
fn signed_region(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let from_header = headers
        .get(hyper::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, scope)| scope.split(',').next())
        .map(str::to_owned);
    let scope = from_header.or_else(|| {
        let pair = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))?;
        Some(pair.replace("%2F", "/").replace("%2f", "/"))
    })?;
    // Counted from the end, because an access key might hold a slash.
    scope.rsplit('/').nth(2).map(str::to_owned)
}
