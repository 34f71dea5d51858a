//! The chosen profile of the AWS configuration and credentials files.
//!
//! Owns which files are read, which profile is chosen, and its region and endpoint. Credentials of
//! the profile are `chain`'s.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

#[expect(deprecated, reason = "the crate that these names moved to is no direct dependency")]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_types::os_shim_internal::{Env, Fs};

use crate::config::{Environment, StorageConfig};
use crate::error::{Error, Result};
use crate::spelling::nearest;

/// The chosen profile; everything is none where there is no such file.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The files that exist; none where neither does.
    #[expect(deprecated, reason = "the crate that this name moved to is no direct dependency")]
    pub files: Option<ProfileFiles>,
    /// Its `region`.
    pub region: Option<String>,
    /// Its `endpoint_url`.
    pub endpoint: Option<String>,
}

impl Profile {
    /// Reads the files and chooses: `[storage] profile`, else `AWS_PROFILE`, else `AWS_DEFAULT_PROFILE`,
    /// else `default`. A profile that was named must exist.
    pub async fn choose(config: &StorageConfig, environment: &Environment) -> Result<Profile> {
        let named = match &config.profile {
            Some(name) => Some((name.as_str(), "`[storage] profile`")),
            None => ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
                .into_iter()
                .find_map(|variable| environment.get(variable).map(|name| (name, variable))),
        };
        let name = named.map_or("default", |(name, _)| name).to_owned();
        let paths = existing_files(environment);
        if paths.is_empty() {
            return match named {
                Some((name, origin)) => Err(missing(name, origin, &[])),
                None => Ok(Profile { name, files: None, region: None, endpoint: None }),
            };
        }
        #[expect(deprecated, reason = "the crate that this name moved to is no direct dependency")]
        let files = paths
            .into_iter()
            .fold(ProfileFiles::builder(), |builder, (kind, path)| builder.with_file(kind, path))
            .build();
        let no_variables = Env::from(HashMap::new());
        let set = aws_config::profile::load(&Fs::real(), &no_variables, &files, Some(Cow::Owned(name.clone())))
            .await
            .map_err(|error| Error::usage("the AWS profile files can not be read").because(error))?;
        let chosen = set.get_profile(&name);
        if let (None, Some((name, origin))) = (chosen, named) {
            let known: Vec<_> = set.profiles().collect();
            return Err(missing(name, origin, &known));
        }
        let text = |key| chosen.and_then(|profile| profile.get(key)).filter(|text| !text.is_empty()).map(str::to_owned);
        let (region, endpoint) = (text("region"), text("endpoint_url"));
        Ok(Profile { name, files: Some(files), region, endpoint })
    }
}

#[expect(deprecated, reason = "the crate that this name moved to is no direct dependency")]
fn existing_files(environment: &Environment) -> Vec<(ProfileFileKind, PathBuf)> {
    let place = |variable, name| match environment.get(variable) {
        Some(path) => Some(environment.resolve(path)),
        None => environment.home().map(|home| home.join(".aws").join(name)),
    };
    [
        (ProfileFileKind::Config, place("AWS_CONFIG_FILE", "config")),
        (ProfileFileKind::Credentials, place("AWS_SHARED_CREDENTIALS_FILE", "credentials")),
    ]
    .into_iter()
    .filter_map(|(kind, path)| path.filter(|path| path.is_file()).map(|path| (kind, path)))
    .collect()
}

fn missing(name: &str, origin: &str, known: &[&str]) -> Error {
    let error = Error::usage(format!("the AWS profile `{name}`, named by {origin}, does not exist"));
    if known.is_empty() {
        return error
            .hint("there is no profile in `~/.aws/config` and `~/.aws/credentials`; `aws configure` makes one");
    }
    let mut sorted = known.to_vec();
    sorted.sort_unstable();
    let list = sorted.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(name, sorted.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`? profiles: {list}")),
        None => error.hint(format!("profiles: {list}")),
    }
}
