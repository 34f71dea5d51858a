//! Conditional writes of the store, on disk and on S3.

use futures::future::join_all;
use pinq::location::Location;
use pinq::store::{Condition, Store, Written};

use super::place::Place;

async fn store(place: &Place) -> Store {
    let location = Location::parse(&place.destination(), "/nowhere".as_ref()).expect("a location").join("daily/");
    place.stores().open(&location).await.expect("a store")
}

#[tokio::test]
async fn a_write_counts_where_its_condition_holds() {
    for place in Place::each().await {
        let store = store(&place).await;
        assert!(store.get_small("a/b.json", 10).await.unwrap().is_none());
        let Written::Yes(first) = store.put_small("a/b.json", "1", Condition::Absent).await.unwrap() else {
            panic!("nothing stood there");
        };
        assert_eq!(store.put_small("a/b.json", "2", Condition::Absent).await.unwrap(), Written::No);
        let read = store.get_small("a/b.json", 10).await.unwrap().expect("an object");
        assert_eq!((read.bytes.as_ref(), &read.version), (&b"1"[..], &first));
        let changed = store.put_small("a/b.json", "22", Condition::Unchanged(&first)).await.unwrap();
        assert_ne!(changed, Written::No);
        assert_eq!(store.put_small("a/b.json", "3", Condition::Unchanged(&first)).await.unwrap(), Written::No);
        assert_eq!(store.put_small("none.json", "3", Condition::Unchanged(&first)).await.unwrap(), Written::No);
        store.put_small("a/b.json", "4444", Condition::Always).await.unwrap();
        assert_eq!(store.get_small("a/b.json", 4).await.unwrap().expect("an object").bytes.as_ref(), b"4444");
        let error = store.get_small("a/b.json", 3).await.unwrap_err().to_string();
        assert!(error.contains("a/b.json` has more than the 3 bytes"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_at_once_one_is_told_that_it_wrote() {
    for place in Place::each().await {
        for round in 0..20 {
            let key = format!("{round}.json");
            let writers = (0..8).map(|writer| {
                let (place, key) = (&place, &key);
                async move {
                    let store = store(place).await;
                    store.put_small(key, format!("{writer}"), Condition::Absent).await.unwrap() != Written::No
                }
            });
            let wrote = join_all(writers).await;
            assert_eq!(wrote.iter().filter(|wrote| **wrote).count(), 1, "{wrote:?}");
            let stands = store(&place).await.get_small(&key, 1).await.unwrap().expect("an object");
            let winner = wrote.iter().position(|wrote| *wrote).expect("one");
            assert_eq!(stands.bytes, winner.to_string().as_bytes());
        }
    }
}

#[tokio::test]
async fn objects_are_deleted_together_and_missing_ones_are_no_error() {
    let place = Place::s3().await;
    let store = store(&place).await;
    let keys: Vec<String> = (0..1_100).map(|number| format!("x/{number:04} é+.csv")).collect();
    keys.iter().for_each(|key| place.insert(key, ""));
    place.insert("y", "");
    store.delete(keys.clone()).await.unwrap();
    assert_eq!(place.names(), ["y"]);
    store.delete(keys).await.unwrap();
}

#[tokio::test]
async fn a_missing_bucket_is_no_missing_object() {
    let place = Place::s3().await;
    let store = place.stores().open(&Location::S3 { bucket: "nowhere".into(), prefix: "x/".into() }).await.unwrap();
    for error in [
        store.get_small("a", 1).await.unwrap_err(),
        store.put_small("a", "", Condition::Absent).await.unwrap_err(),
        store.delete(vec!["a".into()]).await.unwrap_err(),
    ] {
        let text = error.render();
        assert!(text.contains("the bucket `nowhere` does not exist"), "{text}");
    }
}
