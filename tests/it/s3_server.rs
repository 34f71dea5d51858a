//! The S3 server of the tests itself, seen through the client that the program uses.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions,
    PutPayload, UpdateVersion, WriteMultipart,
};

use super::s3::{Bucket, S3Server, ServerOptions, WrongRegion};

/// A client with the key pair, bucket and region of the server.
fn builder(server: &S3Server) -> AmazonS3Builder {
    let options = server.options();
    AmazonS3Builder::new()
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_bucket_name(&options.bucket_name)
        .with_region(&options.region)
        .with_access_key_id(&options.access_key)
        .with_secret_access_key(&options.secret_key)
}

fn client(server: &S3Server) -> AmazonS3 {
    builder(server).build().expect("a client")
}

async fn start(bucket: &Bucket) -> S3Server {
    S3Server::start(bucket.clone(), ServerOptions::default()).await.expect("a free port")
}

/// Keys of a listing, in the order in which they came.
async fn listed(store: &AmazonS3, prefix: &str) -> Vec<String> {
    let prefix = Path::parse(prefix).expect("a prefix");
    store.list(Some(&prefix)).map_ok(|found| found.location.to_string()).try_collect().await.expect("a listing")
}

fn key(number: usize) -> String {
    format!("topics/orders/part-{number:05}.json")
}

#[tokio::test]
async fn lists_2500_keys_in_three_pages_in_byte_order() {
    let bucket = Bucket::memory();
    for number in (0..2500).rev() {
        bucket.insert(&key(number), "{}");
    }
    bucket.insert("topics-other/x.json", "{}");
    let server = start(&bucket).await;
    let store = client(&server);

    let expected: Vec<_> = (0..2500).map(key).collect();
    assert_eq!(listed(&store, "topics").await, expected);
    assert_eq!(server.counts().lists, 3);
    assert_eq!(server.counts().requests(), 3);
}

#[tokio::test]
async fn starts_after_a_key() {
    let bucket = Bucket::memory();
    (0..2500).for_each(|number| bucket.insert(&key(number), "{}"));
    let server = start(&bucket).await;
    let store = client(&server);

    let (prefix, offset) = (Path::from("topics/orders"), Path::from(key(1399)));
    let found: Vec<_> = store.list_with_offset(Some(&prefix), &offset).try_collect().await.expect("a listing");
    assert_eq!(found.len(), 1100);
    assert_eq!(found[0].location.to_string(), key(1400));
    assert_eq!(server.counts().lists, 2);
}

#[tokio::test]
async fn rolls_up_common_prefixes_across_pages() {
    let bucket = Bucket::memory();
    for partition in 0..1500 {
        for number in 0..3 {
            bucket.insert(&format!("topics/orders/partition={partition:04}/{number}.json"), "{}");
        }
    }
    bucket.insert("topics/orders/_SUCCESS", "");
    let server = start(&bucket).await;

    let page = client(&server).list_with_delimiter(Some(&Path::from("topics/orders"))).await.expect("a listing");
    assert_eq!(page.common_prefixes.len(), 1500);
    assert_eq!(page.common_prefixes[1499].to_string(), "topics/orders/partition=1499");
    assert_eq!(page.objects.len(), 1);
    assert_eq!(server.counts().lists, 2);
}

#[tokio::test]
async fn odd_keys_survive_in_a_folder_and_in_memory() {
    let keys = [
        "topics/a+b/orders+0+0000000042.json",
        "topics/a b/c&d=e?.json",
        "topics/grün/λ%2B.json",
        "topics/'(1)'*~!.json",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for bucket in [Bucket::memory(), Bucket::folder(folder.path()).expect("a bucket")] {
        keys.iter().for_each(|key| bucket.insert(key, key.to_string()));
        let server = start(&bucket).await;
        let store = client(&server);
        let mut expected = keys.map(str::to_owned);
        expected.sort();
        assert_eq!(listed(&store, "topics").await, expected);
        for key in keys {
            let found = store.get(&Path::parse(key).expect("a path")).await.expect("an object");
            assert_eq!(found.bytes().await.expect("a body"), key.as_bytes());
        }
        assert_eq!(server.counts().gets, 4);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn reads_ranges() {
    let folder = tempfile::tempdir().expect("a folder");
    // Large enough that the server streams it from disk, and not a multiple of its chunks.
    let body: Vec<u8> = (0..700_001_u32).map(|number| (number % 251) as u8).collect();
    for bucket in [Bucket::memory(), Bucket::folder(folder.path()).expect("a bucket")] {
        bucket.insert("large.bin", body.clone());
        let server = start(&bucket).await;
        let store = client(&server);
        let path = Path::from("large.bin");
        assert_eq!(store.get(&path).await.expect("an object").bytes().await.expect("a body"), body);
        assert_eq!(store.get_range(&path, 10..20).await.expect("a range"), body[10..20]);
        assert_eq!(store.get_range(&path, 100..600_000).await.expect("a range"), body[100..600_000]);
        for (range, expected) in
            [(GetRange::Suffix(7), &body[699_994..]), (GetRange::Offset(699_000), &body[699_000..])]
        {
            let options = GetOptions { range: Some(range), ..GetOptions::default() };
            let found = store.get_opts(&path, options).await.expect("a range");
            assert_eq!(found.meta.size, 700_001);
            assert_eq!(found.bytes().await.expect("a body"), expected);
        }
        let beyond = store.get_range(&path, 800_000..800_001).await.expect_err("416").to_string();
        assert!(beyond.contains("416") && beyond.contains("InvalidRange"), "{beyond}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn judges_the_conditions_of_reads() {
    let bucket = Bucket::memory();
    bucket.insert("a.json", "one");
    let server = start(&bucket).await;
    let store = client(&server);
    let path = Path::from("a.json");
    let head = store.head(&path).await.expect("a head");
    let etag = head.e_tag.expect("an ETag");
    assert_eq!(etag, "\"f97c5d29941bfb1b2fdab0874906ab82\"", "the MD5 of `one`");

    let if_match = |etag: &str| GetOptions { if_match: Some(etag.to_owned()), ..GetOptions::default() };
    let if_none_match = |etag: &str| GetOptions { if_none_match: Some(etag.to_owned()), ..GetOptions::default() };
    store.get_opts(&path, if_match(&etag)).await.expect("the same object");
    assert!(matches!(store.get_opts(&path, if_match("\"0\"")).await, Err(Error::Precondition { .. })));
    assert!(matches!(store.get_opts(&path, if_none_match(&etag)).await, Err(Error::NotModified { .. })));
    store.get_opts(&path, if_none_match("\"0\"")).await.expect("another object");
    let since = GetOptions { if_modified_since: Some(head.last_modified), ..GetOptions::default() };
    assert!(matches!(store.get_opts(&path, since).await, Err(Error::NotModified { .. })));
    assert!(matches!(store.get(&Path::from("b.json")).await, Err(Error::NotFound { .. })));
    assert!(matches!(store.head(&Path::from("b.json")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn puts_if_absent_and_if_matching() {
    let folder = tempfile::tempdir().expect("a folder");
    for bucket in [Bucket::memory(), Bucket::folder(folder.path()).expect("a bucket")] {
        let server = start(&bucket).await;
        let store = client(&server);
        let path = Path::from("results/of day/1.json");
        let create = || PutOptions::from(PutMode::Create);
        let first = store.put_opts(&path, PutPayload::from_static(b"one"), create()).await.expect("the key is free");
        let second = store.put_opts(&path, PutPayload::from_static(b"two"), create()).await;
        assert!(matches!(second, Err(Error::AlreadyExists { .. })), "{second:?}");

        let update = |e_tag| PutOptions::from(PutMode::Update(UpdateVersion { e_tag, version: None }));
        let stale = store.put_opts(&path, "two".into(), update(Some("\"0\"".to_owned()))).await;
        assert!(matches!(stale, Err(Error::Precondition { .. })), "{stale:?}");
        store.put_opts(&path, "three".into(), update(first.e_tag)).await.expect("the ETag is the current one");
        assert_eq!(store.get(&path).await.expect("an object").bytes().await.expect("a body"), "three");
        assert_eq!(bucket.keys(), ["results/of day/1.json"]);
        server.shutdown().await;
    }
    let written = std::fs::read(folder.path().join("results/of day/1.json")).expect("a file");
    assert_eq!(written, b"three");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn of_many_writers_one_creates() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(&Bucket::folder(folder.path()).expect("a bucket")).await;
    let store = client(&server);
    let path = Path::from("lease.json");
    let writes = (0..32).map(|number: usize| {
        let (store, path) = (&store, &path);
        async move { store.put_opts(path, number.to_string().into(), PutMode::Create.into()).await.is_ok() }
    });
    let created: Vec<bool> = futures::stream::iter(writes).buffer_unordered(32).collect().await;
    assert_eq!(created.iter().filter(|created| **created).count(), 1);
}

#[tokio::test]
async fn keeps_attributes_copies_and_deletes() {
    let bucket = Bucket::memory();
    let server = start(&bucket).await;
    let store = client(&server);
    let (from, to) = (Path::from("a+b.json.gz"), Path::from("copy of a+b.json.gz"));
    let attributes = Attributes::from_iter([(Attribute::ContentEncoding, "gzip"), (Attribute::ContentType, "text/x")]);
    store.put_opts(&from, "zipped".into(), attributes.clone().into()).await.expect("a write");
    store.copy(&from, &to).await.expect("a copy");
    let copy = store.get(&to).await.expect("an object");
    assert_eq!(copy.attributes, attributes);
    assert_eq!(copy.bytes().await.expect("a body"), "zipped");

    store.delete(&from).await.expect("a deletion");
    store.delete(&from).await.expect("deleting what is not there is no error");
    let doomed = futures::stream::iter([Ok(to)]).boxed();
    store.delete_stream(doomed).try_collect::<Vec<_>>().await.expect("a bulk deletion");
    assert!(bucket.is_empty());
    assert_eq!((server.counts().puts, server.counts().gets), (2, 1));
}

#[tokio::test]
async fn uploads_in_parts() {
    let folder = tempfile::tempdir().expect("a folder");
    for bucket in [Bucket::memory(), Bucket::folder(folder.path()).expect("a bucket")] {
        let server = start(&bucket).await;
        let store = client(&server);
        let path = Path::from("large.bin");
        let body = Bytes::from(vec![7_u8; 11 * 1024 * 1024]);
        let upload = store.put_multipart(&path).await.expect("an upload");
        let mut write = WriteMultipart::new_with_chunk_size(upload, 5 * 1024 * 1024);
        write.put(body.clone());
        write.finish().await.expect("a completed upload");
        let found = store.get(&path).await.expect("an object");
        assert!(found.meta.e_tag.as_ref().is_some_and(|etag| etag.ends_with("-3\"")), "{:?}", found.meta.e_tag);
        assert_eq!(found.bytes().await.expect("a body"), body);
        assert_eq!(server.counts().puts, 3);

        let mut aborted = store.put_multipart(&Path::from("never.bin")).await.expect("an upload");
        aborted.put_part("x".into()).await.expect("a part");
        aborted.abort().await.expect("an abort");
        assert!(aborted.complete().await.is_err());
        assert_eq!(bucket.keys(), ["large.bin"]);
        server.shutdown().await;
    }
}

#[tokio::test]
async fn refuses_other_keys_regions_and_buckets() {
    let bucket = Bucket::memory();
    bucket.insert("a.json", "{}");
    let server = start(&bucket).await;
    let cases = [
        (builder(&server).with_secret_access_key("wrong"), "SignatureDoesNotMatch"),
        (builder(&server).with_access_key_id("AKIAUNKNOWN"), "InvalidAccessKeyId"),
        (builder(&server).with_skip_signature(true), "AccessDenied"),
        (builder(&server).with_bucket_name("absent"), "NoSuchBucket"),
        // What this client makes of a 301 without a `Location`, which is how S3 sends it.
        (builder(&server).with_region("us-east-1"), "BareRedirect"),
    ];
    for (builder, expected) in cases {
        let store = builder.build().expect("a client");
        let error = store.list(None).try_collect::<Vec<_>>().await.expect_err(expected);
        let error = format!("{error:?}");
        assert!(error.contains(expected), "`{expected}` is not in: {error}");
    }
    assert_eq!((server.counts().lists, server.counts().errors), (5, 4), "a redirect is no error");

    let options = ServerOptions { wrong_region: WrongRegion::Malformed, ..ServerOptions::default() };
    let server = S3Server::start(bucket, options).await.expect("a free port");
    let store = builder(&server).with_region("us-east-1").build().expect("a client");
    let error = store.list(None).try_collect::<Vec<_>>().await.expect_err("another region");
    let error = format!("{error:?}");
    for expected in ["AuthorizationHeaderMalformed", "region 'us-east-1' is wrong", "<Region>eu-west-1</Region>"] {
        assert!(error.contains(expected), "`{expected}` is not in: {error}");
    }
}

#[tokio::test]
async fn sees_a_folder_change_behind_its_back() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.json"), "one").expect("a file");
    let server = start(&Bucket::folder(folder.path()).expect("a bucket")).await;
    let store = client(&server);
    std::fs::write(folder.path().join("a.json"), "longer").expect("a file");
    std::fs::write(folder.path().join("b.json"), "new").expect("a file");
    let read = async |name: &str| store.get(&Path::from(name)).await.expect("an object").bytes().await.expect("a body");
    assert_eq!(read("a.json").await, "longer");
    assert_eq!(listed(&store, "").await, ["a.json"], "a listing shows what is indexed");
    assert_eq!(read("b.json").await, "new");
    std::fs::remove_file(folder.path().join("a.json")).expect("a file");
    std::fs::write(folder.path().join("c.json"), "new").expect("a file");
    assert_eq!(server.refresh().expect("a folder"), 2);
    assert_eq!(listed(&store, "").await, ["b.json", "c.json"]);
    assert!(matches!(store.get(&Path::from("a.json")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn sleeps_each_request_but_answers_many_at_once() {
    let bucket = Bucket::memory();
    (0..64).for_each(|number| bucket.insert(&key(number), "{}"));
    let options = ServerOptions { latency: Duration::from_millis(300), ..ServerOptions::default() };
    let server = S3Server::start(bucket, options).await.expect("a free port");
    let store = client(&server);
    let began = Instant::now();
    let reads = (0..64).map(|number| {
        let store = &store;
        async move { store.get(&Path::from(key(number))).await.expect("an object").bytes().await.expect("a body").len() }
    });
    let bytes: usize = futures::stream::iter(reads).buffer_unordered(64).fold(0, async |sum, len| sum + len).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(took < Duration::from_secs(9), "one after another would take 19 s, this took {took:?}");
    let counts = server.counts();
    assert_eq!((bytes, counts.gets, counts.bytes_sent, counts.in_flight), (128, 64, 128, 0));
    assert!(counts.peak_in_flight > 8, "{counts}");
    server.reset_counts();
    assert_eq!(server.counts().requests(), 0);
}

#[tokio::test]
async fn stops_while_a_client_keeps_its_connection() {
    let bucket = Bucket::memory();
    bucket.insert("a.json", "{}");
    let server = start(&bucket).await;
    let address = server.endpoint().replace("http://", "");
    let store = client(&server);
    store.head(&Path::from("a.json")).await.expect("an object");
    let idle = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    let stopped = tokio::time::timeout(Duration::from_secs(4), server.shutdown()).await;
    assert!(stopped.is_ok(), "idle connections must not keep the server");
    assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "the port is closed");
    drop(idle);
}
