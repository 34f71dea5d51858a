//! The way to a bucket: credentials, endpoint, clock, region. One unsigned question is all that is sent there.

use chrono::{DateTime, Utc};

use super::step::{Name, Status, Step, Walk};
use crate::config::{Addressing, Clock, SystemClock};
use crate::error::{Error, Result};
use crate::store::{CredentialsInUse, EndpointInUse, Lifetime, Reached, RegionInUse, Secured, Stores};
use crate::ui::human;

/// Beyond this many seconds S3 refuses what is signed, and from this many on a clock is worth a word.
const REFUSED_FROM: i64 = 15 * 60;
const TOLD_FROM: i64 = 3 * 60;
/// Credentials that expire within this many minutes are worth a word.
const SOON: i64 = 15;

/// The four steps; the region of the bucket, where it is found.
pub(super) async fn steps(walk: &mut Walk<'_>, stores: &Stores, bucket: &str) -> Result<Option<String>> {
    let credentials = stores.credentials_in_use().await;
    let is_signed = !matches!(credentials, Ok(CredentialsInUse::None));
    walk.add(match &credentials {
        Ok(found) => self::credentials(found, SystemClock.now()),
        Err(error) => Step::failed(Name::Credentials, error),
    })?;
    let reached = match stores.endpoint_in_use(bucket).await {
        Ok(endpoint) => stores.reach(bucket).await.map(|reached| (endpoint, reached)),
        Err(error) => Err(error),
    };
    let (endpoint, reached) = match reached {
        Ok(both) => both,
        Err(error) => {
            // A profile that does not exist is told of once.
            let is_told = credentials.is_err_and(|told| told.message() == error.message());
            match is_told {
                true => walk.skip(Name::Endpoint, Name::Credentials)?,
                false => walk.add(Step::failed(Name::Endpoint, &error)).map(drop)?,
            }
            let cause = if is_told { Name::Credentials } else { Name::Endpoint };
            walk.skip_all(&[Name::Clock, Name::Region], cause)?;
            return Ok(None);
        }
    };
    walk.add(self::endpoint(&endpoint, &reached))?;
    walk.add(clock(&endpoint, &reached, is_signed))?;
    let found = stores.region_in_use(&reached).await;
    walk.add(match &found {
        Ok(found) => region(bucket, found),
        Err(error) => Step::failed(Name::Region, error),
    })?;
    Ok(found.ok().map(|found| found.region))
}

fn credentials(found: &CredentialsInUse, now: DateTime<Utc>) -> Step {
    let (source, lifetime) = match found {
        CredentialsInUse::None => {
            return Step::ok(Name::Credentials, "none: `anonymous = true`, so requests are not signed");
        }
        CredentialsInUse::Found { source, lifetime } => (source, lifetime),
    };
    let expires = match lifetime {
        Lifetime::Until(expires) => expires,
        Lifetime::Temporary => {
            return Step::ok(
                Name::Credentials,
                format!("from {source}; they are temporary, and when they expire is not said there"),
            );
        }
        Lifetime::Long => {
            return Step::ok(Name::Credentials, format!("from {source}; they are keys that do not expire"));
        }
    };
    let left = *expires - now;
    let at = human::moment(expires.timestamp());
    let minutes = left.num_minutes();
    if minutes < 0 {
        let error = Error::usage(format!("from {source}; they expired at {at} UTC"))
            .hint("renew them (`aws sso login`, for one)");
        return Step::failed(Name::Credentials, &error);
    }
    let left = match minutes {
        0..120 => format!("{minutes} min"),
        _ => format!("{} h", minutes / 60),
    };
    let mut step = Step::ok(Name::Credentials, format!("from {source}; they expire in {left}, at {at} UTC"));
    if minutes < SOON {
        step.detail("pinq renews them before they expire, where their source gives new ones");
    }
    step
}

fn endpoint(endpoint: &EndpointInUse, reached: &Reached) -> Step {
    let by = endpoint.named_by.as_ref().map(|by| format!(", named by {by},")).unwrap_or_default();
    let how = match reached.secured {
        Secured::Tls => "over TLS, with a certificate that this machine trusts",
        Secured::PlainHttp => "over plain http",
    };
    let took = human::duration(reached.elapsed);
    let mut step = Step::ok(Name::Endpoint, format!("{}{by} answered in {took} {how}", endpoint.name));
    if endpoint.named_by.is_some() {
        step.detail(match endpoint.addressing {
            Addressing::Path => "the bucket is named in the path (`path_style = true`)",
            Addressing::VirtualHost => "the bucket is named in the host (`path_style = false`)",
        });
    }
    if !reached.is_s3 {
        step.worsen(Status::Warning);
        step.detail(format!("the answer, HTTP {}, bears no mark of S3", reached.status));
        step.hint("check that `endpoint` is that of the S3 service, without the bucket: `https://HOST:PORT`");
    }
    step
}

fn clock(endpoint: &EndpointInUse, reached: &Reached, is_signed: bool) -> Step {
    let name = &endpoint.name;
    let Some(difference) = reached.clock else {
        return Step::ok(Name::Clock, format!("{name} did not say what time it is"));
    };
    let what = format!("this machine's clock is {difference} that of {name}");
    let mut step = Step::ok(Name::Clock, what);
    let away = difference.ahead.saturating_abs();
    if away >= TOLD_FROM {
        step.worsen(if away >= REFUSED_FROM && is_signed { Status::Failed } else { Status::Warning });
        step.detail("S3 refuses requests whose time differs by more than 15 minutes");
        step.hint("set the clock (`timedatectl set-ntp true`, for one)");
    }
    step
}

fn region(bucket: &str, found: &RegionInUse) -> Step {
    let RegionInUse { region, said_by, of_bucket } = found;
    match of_bucket {
        Some(own) if own != region => {
            let error = Error::statement(format!(
                "the bucket `{bucket}` is in the region `{own}`, not in `{region}`, which {said_by} says"
            ))
            .hint(format!("set `region = \"{own}\"` in `[storage]`, or `AWS_REGION={own}`"));
            Step::failed(Name::Region, &error)
        }
        _ => Step::ok(Name::Region, format!("`{region}`, said by {said_by}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::ClockDifference;

    fn at_aws() -> EndpointInUse {
        EndpointInUse { name: "AWS".into(), named_by: None, addressing: Addressing::VirtualHost }
    }

    fn reached(ahead: i64) -> Reached {
        Reached {
            elapsed: Duration::from_millis(40),
            secured: Secured::Tls,
            status: 403,
            clock: Some(ClockDifference { ahead }),
            region: None,
            is_s3: true,
        }
    }

    #[test]
    fn credentials_say_when_they_expire() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let status = |minutes: i64| {
            let lifetime = Lifetime::Until(now + chrono::TimeDelta::minutes(minutes));
            credentials(&CredentialsInUse::Found { source: "the profile `x`".into(), lifetime }, now)
        };
        assert_eq!(status(59).what, "from the profile `x`; they expire in 59 min, at 2023-11-14 23:12:20 UTC");
        assert!(status(600).what.contains("in 10 h"));
        assert_eq!((status(-1).status, status(3).details.len()), (Status::Failed, 1));
    }

    #[test]
    fn a_clock_is_told_of_before_it_is_refused() {
        let status = |ahead: i64, is_signed| clock(&at_aws(), &reached(ahead), is_signed).status;
        assert_eq!(
            [status(100, true), status(-200, true), status(901, true)],
            [Status::Ok, Status::Warning, Status::Failed]
        );
        assert_eq!(status(901, false), Status::Warning, "nothing is signed, so nothing is refused");
    }

    #[test]
    fn a_region_other_than_the_buckets_fails() {
        let found = |region: &str| RegionInUse {
            region: region.into(),
            said_by: "`AWS_REGION`".into(),
            of_bucket: Some("eu-west-1".into()),
        };
        assert_eq!(region("b", &found("eu-west-1")).status, Status::Ok);
        let wrong = region("b", &found("us-east-1"));
        assert!(wrong.status == Status::Failed && wrong.hints[0].contains("AWS_REGION=eu-west-1"), "{wrong:?}");
    }

    #[test]
    fn an_endpoint_says_who_named_it() {
        let own = EndpointInUse {
            name: "http://127.0.0.1:1".into(),
            named_by: Some("`AWS_ENDPOINT_URL`".into()),
            addressing: Addressing::Path,
        };
        let step = endpoint(&own, &Reached { is_s3: false, ..reached(0) });
        assert!(step.what.starts_with("http://127.0.0.1:1, named by `AWS_ENDPOINT_URL`, answered"), "{}", step.what);
        assert_eq!(step.status, Status::Warning);
    }
}
