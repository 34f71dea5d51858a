//! A folder of thousands of keys is listed at several places at once, and each key comes once whatever the keys are like.

use super::landings::{COUNT, DECLARED, counted, item_key, items, serve};
use super::program::Pinq;
use crate::s3::Bucket;

/// Requests that listed, for a landing whose only folder with objects holds these.
async fn lists(bucket: &Bucket, objects: usize) -> u64 {
    let server = serve(bucket).await;
    let finished = Pinq::against(&server).config(DECLARED).sql(COUNT).run().await;
    assert_eq!(finished.answer(), counted(objects));
    let counts = server.counts();
    assert_eq!((counts.gets, counts.errors), (objects as u64, 0), "{counts}");
    // The landing and the topic.
    counts.lists - 2
}

/// One-record objects of `item` with these offsets in one partition.
fn with_offsets(offsets: impl Iterator<Item = usize>) -> (Bucket, usize) {
    let bucket = Bucket::memory();
    let mut objects = 0;
    for offset in offsets {
        bucket.insert(&item_key(0, offset), format!("{{\"n\":{objects}}}"));
        objects += 1;
    }
    (bucket, objects)
}

#[tokio::test]
async fn numbered_keys_take_few_answers_in_vain() {
    // One page after another these would be 12: here 1, 1, 2, 4 and 8 of them at once, the last few behind the end.
    let lists = lists(&items(&[12_000]), 12_000).await;
    assert!((12..=16).contains(&lists), "{lists} requests");
}

#[tokio::test]
async fn keys_that_lie_closer_than_guessed_come_once() {
    let (bucket, objects) = with_offsets((0..2_500).map(|number| number * 50).chain(125_000..130_000));
    let lists = lists(&bucket, objects).await;
    assert!((8..=16).contains(&lists), "{lists} requests");
}

#[tokio::test]
async fn keys_that_lie_wider_than_guessed_come_once() {
    let (bucket, objects) = with_offsets((0..2_500).chain((0..4_000).map(|number| 2_500 + number * number)));
    let lists = lists(&bucket, objects).await;
    assert!((7..=20).contains(&lists), "{lists} requests");
}

#[tokio::test]
async fn keys_without_numbers_are_listed_page_after_page() {
    let bucket = Bucket::memory();
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).expect("a letter"));
    for number in 0..4_500_usize {
        let name: String = [17_576, 676, 26, 1].iter().map(|unit| letter(number / unit)).collect();
        bucket.insert(&format!("topics/demo.item/partition=0/{name}.json"), format!("{{\"n\":{number}}}"));
    }
    assert_eq!(lists(&bucket, 4_500).await, 5);
}
