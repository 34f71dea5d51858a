//! Where requests go: endpoint, addressing of the bucket, plain http.
//!
//! Owns what wins among the configuration, the variables and the profile. It must not send anything.

use url::{Host, Url};

use super::profile::Profile;
use crate::config::{Addressing, Environment, PlainHttp, StorageConfig};
use crate::error::{Error, Result};
use crate::secret::without_user;

/// Where the requests of one bucket go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// AWS itself.
    Aws(Addressing),
    /// Another service.
    Own {
        /// The URL without the bucket and without a last slash.
        base: String,
        /// The URL with the bucket, by its host or its path.
        bucket_url: String,
        /// Which of the two.
        addressing: Addressing,
    },
}

impl Endpoint {
    /// The endpoint of `bucket`: `[storage] endpoint`, else `AWS_ENDPOINT_URL_S3`, else
    /// `AWS_ENDPOINT_URL`, else the profile's, else AWS.
    pub fn choose(
        config: &StorageConfig,
        environment: &Environment,
        profile: &Profile,
        bucket: &str,
    ) -> Result<Endpoint> {
        let Some((base, _)) = Endpoint::named_by(config, environment, profile) else {
            // The wildcard of the certificate does not cover a bucket with a dot in its name.
            let by_name = if bucket.contains('.') { Addressing::Path } else { Addressing::VirtualHost };
            return Ok(Endpoint::Aws(config.addressing.unwrap_or(by_name)));
        };
        let base = base.trim_end_matches('/').to_owned();
        let url = Url::parse(&base)
            .ok()
            .filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                Error::usage(format!("the endpoint `{}` is no URL", without_user(&base)))
                    .hint("write `https://HOST:PORT`")
            })?;
        if !url.username().is_empty() || url.password().is_some() {
            // It would stand in messages; and requests are signed by keys, never by a password.
            return Err(Error::usage(format!("the endpoint `{}` holds a user or a password", without_user(&base)))
                .hint("leave them out: requests are signed with the keys of `AWS_PROFILE` or `AWS_ACCESS_KEY_ID`"));
        }
        if url.scheme() == "http" && !is_loopback(&url) && !allows_http(config, environment) {
            return Err(Error::usage(format!("the endpoint `{base}` is plain http, which anyone on the way can read"))
                .hint("use `https://`, or set `allow_http = true` in `[storage]` or `AWS_ALLOW_HTTP=true`"));
        }
        let addressing = config.addressing.unwrap_or(Addressing::Path);
        let bucket_url = match addressing {
            Addressing::Path => format!("{base}/{bucket}"),
            Addressing::VirtualHost => base.replacen("://", &format!("://{bucket}."), 1),
        };
        Ok(Endpoint::Own { base, bucket_url, addressing })
    }

    /// The URL that names a service other than AWS, and who gave it.
    pub fn named_by<'a>(
        config: &'a StorageConfig,
        environment: &'a Environment,
        profile: &'a Profile,
    ) -> Option<(&'a str, String)> {
        if let Some(url) = &config.endpoint {
            return Some((url, "`[storage] endpoint`".to_owned()));
        }
        if environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        let by_variable = |name: &str| environment.get(name).map(|url| (url, format!("`{name}`")));
        let by_profile = || profile.endpoint.as_deref().map(|url| (url, format!("the profile `{}`", profile.name)));
        by_variable("AWS_ENDPOINT_URL_S3").or_else(|| by_variable("AWS_ENDPOINT_URL")).or_else(by_profile)
    }

    /// A URL to ask for the bucket's region.
    pub fn region_url(&self, bucket: &str) -> String {
        match self {
            // By path, as this host's certificate covers no bucket with a dot.
            Endpoint::Aws(_) => format!("https://s3.amazonaws.com/{bucket}"),
            Endpoint::Own { bucket_url, .. } => bucket_url.clone(),
        }
    }

    /// The URL of the bucket at the host to which requests go that are signed for `region`.
    pub fn bucket_url(&self, bucket: &str, region: &str) -> String {
        match self {
            Endpoint::Aws(_) if is_in_china(region) => format!("{}/{bucket}", chinese(region)),
            Endpoint::Aws(Addressing::Path) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
            Endpoint::Aws(Addressing::VirtualHost) => format!("https://{bucket}.s3.{region}.amazonaws.com"),
            Endpoint::Own { bucket_url, .. } => bucket_url.clone(),
        }
    }

    /// What all requests to the same host have in common; `bucket` is part of it where the host is the
    /// bucket's own.
    pub fn service(&self, bucket: &str) -> String {
        match self {
            Endpoint::Aws(Addressing::VirtualHost) => format!("AWS {bucket}"),
            Endpoint::Aws(Addressing::Path) => "AWS".to_owned(),
            Endpoint::Own { base, addressing: Addressing::Path, .. } => base.clone(),
            Endpoint::Own { bucket_url, addressing: Addressing::VirtualHost, .. } => bucket_url.clone(),
        }
    }

    /// What tells the service whose names of buckets it answers for from all others, without what a
    /// URL may hold of a user and a password.
    pub fn identity(&self, region: &str) -> String {
        match self {
            // Apart from these parts of AWS, a bucket's name is taken once in all regions.
            Endpoint::Aws(_) if is_in_china(region) => "AWS-China".to_owned(),
            Endpoint::Aws(_) if region.starts_with("us-gov-") => "AWS-GovCloud".to_owned(),
            Endpoint::Aws(_) => "AWS".to_owned(),
            Endpoint::Own { base, .. } => match Url::parse(base) {
                Ok(url) => {
                    let port = url.port_or_known_default().unwrap_or_default();
                    format!("{}:{port}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
                }
                Err(_) => "unknown".to_owned(),
            },
        }
    }

    /// Whether requests go over plain http, which was found to be allowed.
    pub fn is_plain_http(&self) -> bool {
        matches!(self, Endpoint::Own { base, .. } if base.starts_with("http://"))
    }

    /// What a person knows it by.
    pub fn name(&self) -> &str {
        match self {
            Endpoint::Aws(_) => "AWS",
            Endpoint::Own { base, .. } => base,
        }
    }
}

/// China is a part of AWS with another domain.
pub fn is_in_china(region: &str) -> bool {
    region.starts_with("cn-")
}

/// The endpoint of a region in China, without a bucket.
pub fn chinese(region: &str) -> String {
    format!("https://s3.{region}.amazonaws.com.cn")
}

fn allows_http(config: &StorageConfig, environment: &Environment) -> bool {
    match config.plain_http {
        Some(plain_http) => plain_http == PlainHttp::Allowed,
        None => environment.is_true("AWS_ALLOW_HTTP"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(endpoint: Option<&str>) -> Profile {
        Profile { name: "default".into(), files: None, region: None, endpoint: endpoint.map(str::to_owned) }
    }

    fn choose(config: &StorageConfig, environment: &Environment) -> Result<Endpoint> {
        Endpoint::choose(config, environment, &profile(Some("https://profile.example")), "b")
    }

    #[test]
    fn the_nearest_setting_wins() {
        let environment = Environment::empty("/").with_variable("AWS_ENDPOINT_URL", "https://general.example/");
        let mut config = StorageConfig::default();
        assert_eq!(choose(&config, &Environment::empty("/")).unwrap().name(), "https://profile.example");
        assert_eq!(choose(&config, &environment).unwrap().name(), "https://general.example");
        let environment = environment.with_variable("AWS_ENDPOINT_URL_S3", "https://s3.example");
        assert_eq!(choose(&config, &environment).unwrap().name(), "https://s3.example");
        let ignoring = environment.clone().with_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        assert_eq!(choose(&config, &ignoring).unwrap(), Endpoint::Aws(Addressing::VirtualHost));
        config.endpoint = Some("https://file.example".into());
        assert_eq!(choose(&config, &ignoring).unwrap().name(), "https://file.example");
    }

    #[test]
    fn plain_http_needs_loopback_or_leave() {
        let with = |endpoint: &str| StorageConfig { endpoint: Some(endpoint.into()), ..StorageConfig::default() };
        let environment = Environment::empty("/");
        for loopback in ["http://127.0.0.1:9000", "http://localhost:1", "http://[::1]:9000/"] {
            assert!(choose(&with(loopback), &environment).unwrap().is_plain_http(), "{loopback}");
        }
        let minio = with("http://minio:9000");
        let error = choose(&minio, &environment).unwrap_err();
        assert!(error.hints()[0].contains("allow_http"), "{error}");
        let allowing = environment.clone().with_variable("AWS_ALLOW_HTTP", "true");
        assert!(choose(&minio, &allowing).is_ok());
        let refused = StorageConfig { plain_http: Some(PlainHttp::Refused), ..minio.clone() };
        assert!(choose(&refused, &allowing).is_err());
        let allowed = StorageConfig { plain_http: Some(PlainHttp::Allowed), ..minio };
        assert!(choose(&allowed, &environment).is_ok());
        assert!(choose(&with("ftp://x"), &environment).is_err());
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        for endpoint in
            ["https://me:hunter2@s3.example/", "https://hunter2@s3.example", "ftp://hunter2@s3", "me:hunter2@s3"]
        {
            let config = StorageConfig { endpoint: Some(endpoint.into()), ..StorageConfig::default() };
            let error = choose(&config, &Environment::empty("/")).unwrap_err();
            assert!(!error.render().contains("hunter2"), "{}", error.render());
        }
    }

    #[test]
    fn is_told_from_others_without_secrets() {
        let identity = |endpoint: &str| {
            let config = StorageConfig { endpoint: Some(endpoint.into()), ..StorageConfig::default() };
            choose(&config, &Environment::empty("/")).unwrap().identity("eu-west-1")
        };
        assert_eq!(identity("https://s3.example/"), "s3.example:443");
        assert_eq!(identity("http://127.0.0.1:9000/below"), "127.0.0.1:9000/below");
        let aws = Endpoint::Aws(Addressing::Path);
        assert_eq!(aws.identity("eu-west-1"), Endpoint::Aws(Addressing::VirtualHost).identity("us-east-1"));
        assert_ne!(aws.identity("eu-west-1"), aws.identity("cn-north-1"));
    }

    #[test]
    fn addresses_the_bucket() {
        let environment = Environment::empty("/");
        let none = StorageConfig::default();
        let dotted = Endpoint::choose(&none, &environment, &profile(None), "a.b").unwrap();
        assert_eq!(dotted, Endpoint::Aws(Addressing::Path));
        let own = StorageConfig {
            endpoint: Some("https://x.example:1".into()),
            addressing: Some(Addressing::VirtualHost),
            ..none
        };
        let endpoint = choose(&own, &environment).unwrap();
        assert_eq!(endpoint.region_url("b"), "https://b.x.example:1");
        assert_eq!(endpoint.bucket_url("b", "eu-west-1"), "https://b.x.example:1");
    }

    #[test]
    fn a_known_region_has_a_host_of_its_own() {
        let [host, path] = [Addressing::VirtualHost, Addressing::Path].map(Endpoint::Aws);
        assert_eq!(host.bucket_url("b", "eu-west-1"), "https://b.s3.eu-west-1.amazonaws.com");
        assert_eq!(path.bucket_url("a.b", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com/a.b");
        assert_eq!(host.bucket_url("b", "cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn/b");
        assert_eq!(host.region_url("b"), "https://s3.amazonaws.com/b", "which tells the region of any bucket");
    }
}
