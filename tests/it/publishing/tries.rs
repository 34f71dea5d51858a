//! Claims, one after another: who gets a time, who does not, and what one is told whose claim was taken over.

use chrono::{DateTime, TimeDelta, Utc};
use pinq::publication::{Claim, Claimed, Holder, LEASE, Outcome, Publications, Released};

use super::place::{Place, minute, publish, write};
use super::reader::Reader;

struct Hosts {
    publications: Publications,
    a: Holder,
    b: Holder,
}

/// Past the lease of a claim that was got at the first time, whatever clocks say.
const OVER: TimeDelta = TimeDelta::minutes(5);

async fn hosts(place: &Place) -> Hosts {
    let holder = |name| Holder::new(name).expect("a holder");
    Hosts { publications: place.open(30).await, a: holder("a"), b: holder("b") }
}

impl Hosts {
    async fn claim(&self, holder: &Holder, due: DateTime<Utc>, now: DateTime<Utc>) -> Claimed {
        self.publications.claim(due, holder, now).await.expect("a destination")
    }

    async fn ours(&self, holder: &Holder, due: DateTime<Utc>, now: DateTime<Utc>) -> Claim {
        match self.claim(holder, due, now).await {
            Claimed::Ours(claim) => claim,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_time_is_one_holders_until_it_is_done() {
    for place in Place::each().await {
        let hosts = hosts(&place).await;
        let claim = hosts.ours(&hosts.a, minute(0), minute(0)).await;
        for due in [minute(0), minute(1)] {
            let theirs = hosts.claim(&hosts.b, due, minute(1)).await;
            assert!(matches!(theirs, Claimed::Theirs { until } if until > minute(0) + LEASE), "{theirs:?}");
        }
        claim.renew(minute(2)).await.unwrap();
        assert!(matches!(hosts.claim(&hosts.b, minute(0), minute(3)).await, Claimed::Theirs { .. }));
        publish(&hosts.publications, minute(0), Some(&claim)).await.unwrap();
        claim.release(Released::Done).await.unwrap();
        assert!(matches!(hosts.claim(&hosts.b, minute(0), minute(3)).await, Claimed::Done));
        let next = hosts.ours(&hosts.b, minute(3), minute(3)).await;
        assert!(matches!(hosts.claim(&hosts.a, minute(2), minute(3)).await, Claimed::Done));
        next.release(Released::GivenUp).await.unwrap();
        assert!(matches!(hosts.claim(&hosts.a, minute(3), minute(4)).await, Claimed::Done));
        let stopped = hosts.ours(&hosts.b, minute(4), minute(4)).await;
        stopped.release(Released::Unfinished).await.unwrap();
        hosts.ours(&hosts.a, minute(4), minute(4)).await;
    }
}

#[tokio::test]
async fn who_was_overtaken_publishes_nothing() {
    for place in Place::each().await {
        let hosts = hosts(&place).await;
        let slow = hosts.ours(&hosts.a, minute(0), minute(0)).await;
        let staging = hosts.publications.begin(minute(0), Some(&slow)).await.unwrap();
        let record = write(&staging, minute(0), [1, 2, 3]);
        let quick = hosts.ours(&hosts.b, minute(0), minute(0) + OVER).await;
        let error = slow.renew(minute(0) + OVER).await.unwrap_err().to_string();
        assert!(error.contains("claim.json` was taken over by `b "), "{error}");
        let run = publish(&hosts.publications, minute(0), Some(&quick)).await.unwrap();
        quick.release(Released::Done).await.unwrap();
        assert!(hosts.publications.publish(staging, &record, Some(&slow)).await.is_err());
        assert!(hosts.publications.begin(minute(0), Some(&slow)).await.is_err());
        let runs = hosts.publications.runs().await.unwrap().runs;
        let complete: Vec<_> = runs.iter().filter(|run| run.outcome == Outcome::Complete).collect();
        assert!(complete.len() == 1 && complete[0].run == run, "{runs:?}");
    }
}

#[tokio::test]
async fn the_record_of_one_who_was_overtaken_after_its_last_look_is_refused() {
    // Only on S3 can a claim be taken over between the last look at it and the record.
    let place = Place::s3().await;
    let hosts = hosts(&place).await;
    let slow = hosts.ours(&hosts.a, minute(0), minute(0)).await;
    let staging = hosts.publications.begin(minute(0), Some(&slow)).await.unwrap();
    let record = write(&staging, minute(0), [1, 2, 3]);
    let quick = hosts.ours(&hosts.b, minute(0), minute(0) + OVER).await;
    // Without its claim nothing but the record of `b` stands in its way.
    let error = hosts.publications.publish(staging, &record, None).await.unwrap_err().to_string();
    assert!(error.contains("run.json` was written by another"), "{error}");
    let run = publish(&hosts.publications, minute(0), Some(&quick)).await.unwrap();
    assert!(run.ends_with(".2"));
    let runs = hosts.publications.runs().await.unwrap().runs;
    assert_eq!(runs[1].error.as_deref(), Some("the process that ran it vanished"));
}

#[tokio::test]
async fn who_gives_up_late_removes_nothing_of_another() {
    for place in Place::each().await {
        let hosts = hosts(&place).await;
        let slow = hosts.ours(&hosts.a, minute(0), minute(0)).await;
        let staging = hosts.publications.begin(minute(0), Some(&slow)).await.unwrap();
        let name = staging.run();
        let quick = hosts.ours(&hosts.b, minute(0), minute(0) + OVER).await;
        hosts.publications.discard(staging).await;
        let run = publish(&hosts.publications, minute(0), Some(&quick)).await.unwrap();
        // On S3 the other may have begun to remove what was in its folder, and go on now.
        assert!(matches!(place, Place::Disk(_)) || run != name, "{run} was given away twice");
    }
}

#[tokio::test]
async fn a_time_that_was_published_by_one_that_died_then_is_done() {
    for place in Place::each().await {
        let hosts = hosts(&place).await;
        let claim = hosts.ours(&hosts.a, minute(0), minute(0)).await;
        let run = publish(&hosts.publications, minute(0), Some(&claim)).await.unwrap();
        // It also died before it moved latest.
        match &place {
            Place::Disk(folder) => std::fs::remove_file(folder.path().join("reports/daily/latest.json")).unwrap(),
            Place::S3(_, bucket) => assert!(bucket.remove("reports/daily/latest.json")),
        }
        assert!(matches!(hosts.claim(&hosts.b, minute(0), minute(0) + OVER).await, Claimed::Done));
        let mut reader = Reader::new(&place.stores(), &place.destination()).await;
        reader.look().await;
        assert_eq!(reader.latest().map(|name| name.to_string()), Some(run));
        assert!(matches!(hosts.claim(&hosts.a, minute(0), minute(0) + OVER).await, Claimed::Done));
    }
}

#[tokio::test]
async fn a_claim_that_is_none_is_told() {
    for place in Place::each().await {
        place.insert("claim.json", "{}");
        let hosts = hosts(&place).await;
        let error = hosts.publications.claim(minute(0), &hosts.a, minute(0)).await.unwrap_err();
        assert!(error.render().contains("daily/claim.json` is no claim"), "{}", error.render());
    }
}

#[tokio::test]
async fn what_keeps_one_who_sleeps_from_publishing_outlasts_keep() {
    let place = Place::s3().await;
    let hosts = hosts(&place).await;
    let slow = hosts.ours(&hosts.a, minute(0), minute(0)).await;
    let staging = hosts.publications.begin(minute(0), Some(&slow)).await.unwrap();
    let record = write(&staging, minute(0), [1, 2, 3]);
    let quick = hosts.ours(&hosts.b, minute(0), minute(0) + OVER).await;
    let alone = place.open(1).await;
    for number in 0..4 {
        publish(&alone, minute(number), Some(&quick)).await.unwrap();
    }
    assert_eq!(hosts.publications.runs().await.unwrap().runs.len(), 2);
    assert!(hosts.publications.publish(staging, &record, None).await.is_err());
}
