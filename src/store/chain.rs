//! The sources of credentials, in the order of the AWS tools.
//!
//! Owns which sources are asked and what a person calls them. Each is aws-config's own provider, but
//! the chain is built here, so that it follows the given `Environment`, asks the metadata service
//! last, once and briefly, and can say what was tried.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::region::Region;

use super::profile::Profile;
use crate::config::{Environment, StorageConfig};
use crate::error::{Error, Result};

/// A place to look for credentials in.
#[derive(Debug)]
pub enum Source {
    /// There is something there to ask.
    Ask(String, SharedCredentialsProvider),
    /// There is nothing there; its name and why.
    Absent(String, String),
}

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
/// What aws-config calls credentials from variables, for profiles with a `credential_source`.
const ENVIRONMENT: &str = "Environment";

/// The sources in order: variables, profile (keys, SSO, assumed role, process), web identity,
/// container, instance metadata. A profile that the configuration names is asked alone. `region` is
/// for the token services.
pub fn sources(
    config: &StorageConfig,
    environment: &Environment,
    profile: &Profile,
    region: &str,
) -> Result<Vec<Source>> {
    let from_variables = of_variables(environment)?;
    if let (Some(credentials), None) = (&from_variables, &config.profile) {
        // Nothing else can be asked, so the client for asking is not built either.
        return Ok(vec![Source::Ask("the environment".into(), SharedCredentialsProvider::new(credentials.clone()))]);
    }
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let provider_config =
        ProviderConfig::without_region().with_region(Some(Region::new(region.to_owned()))).with_http_client(http);
    let of_profile = of_profile(profile, from_variables, &provider_config);
    if config.profile.is_some() {
        return Ok(vec![of_profile]);
    }
    Ok(vec![
        Source::Absent("the environment".into(), format!("`{KEY}` is not set")),
        of_profile,
        web_identity(environment, &provider_config),
        container(environment, &provider_config),
        instance_metadata(environment, &provider_config)?,
    ])
}

fn of_variables(environment: &Environment) -> Result<Option<Credentials>> {
    match (environment.get(KEY), environment.secret(SECRET)) {
        (Some(key), Some(secret)) => {
            // Whose `Debug` masks them, too.
            let token = environment.secret(TOKEN).map(|token| token.reveal().clone());
            Ok(Some(Credentials::new(key, secret.reveal(), token, None, ENVIRONMENT)))
        }
        (None, None) => Ok(None),
        (key, _) => {
            let (there, missing) = if key.is_some() { (KEY, SECRET) } else { (SECRET, KEY) };
            Err(Error::usage(format!("`{there}` is set and `{missing}` is not")).hint(format!("set `{missing}` too")))
        }
    }
}

fn of_profile(profile: &Profile, variables: Option<Credentials>, provider_config: &ProviderConfig) -> Source {
    let name = format!("the profile `{}`", profile.name);
    let Some(files) = &profile.files else {
        return Source::Absent(name, "there is no `~/.aws/config` or `~/.aws/credentials`".into());
    };
    let mut builder = ProfileFileCredentialsProvider::builder()
        .configure(provider_config)
        .profile_files(files.clone())
        .profile_name(&profile.name);
    if let Some(credentials) = variables {
        builder = builder.with_custom_provider(ENVIRONMENT, credentials);
    }
    Source::Ask(name, SharedCredentialsProvider::new(builder.build()))
}

fn web_identity(environment: &Environment, provider_config: &ProviderConfig) -> Source {
    let name = "web identity".to_owned();
    let variables = (environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"), environment.get("AWS_ROLE_ARN"));
    let (Some(file), Some(role)) = variables else {
        return Source::Absent(name, "`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` are not both set".into());
    };
    let provider = WebIdentityTokenCredentialsProvider::builder()
        .configure(provider_config)
        .static_configuration(StaticConfiguration {
            web_identity_token_file: environment.resolve(file),
            role_arn: role.to_owned(),
            session_name: environment.get("AWS_ROLE_SESSION_NAME").unwrap_or("pinq").to_owned(),
        })
        .build();
    Source::Ask(name, SharedCredentialsProvider::new(provider))
}

fn container(environment: &Environment, provider_config: &ProviderConfig) -> Source {
    let name = "the container".to_owned();
    let variables = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if variables.iter().all(|variable| environment.get(variable).is_none()) {
        return Source::Absent(name, format!("`{}` is not set", variables[0]));
    }
    let provider = EcsCredentialsProvider::builder().configure(provider_config).build();
    Source::Ask(name, SharedCredentialsProvider::new(provider))
}

fn instance_metadata(environment: &Environment, provider_config: &ProviderConfig) -> Result<Source> {
    let name = "instance metadata".to_owned();
    if environment.is_true("AWS_EC2_METADATA_DISABLED") {
        return Ok(Source::Absent(name, "`AWS_EC2_METADATA_DISABLED` is set".into()));
    }
    // Off EC2 nothing answers there: one try of a second, as the AWS CLI does it.
    let mut builder = aws_config::imds::Client::builder()
        .configure(provider_config)
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(1))
        .max_attempts(1);
    if let Some(endpoint) = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        builder = builder.endpoint(endpoint).map_err(|error| {
            Error::usage(format!("`AWS_EC2_METADATA_SERVICE_ENDPOINT` is no URL: `{endpoint}`")).because(error)
        })?;
    }
    let provider = ImdsCredentialsProvider::builder().configure(provider_config).imds_client(builder.build()).build();
    Ok(Source::Ask(name, SharedCredentialsProvider::new(provider)))
}
