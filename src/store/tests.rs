//! Stores over folders, and over S3 as far as no server is needed.

use std::fs;

use futures::TryStreamExt;
use tempfile::TempDir;

use super::*;
use crate::config::Signing;

fn stores(config: &StorageConfig, environment: &Environment) -> Stores {
    Stores::new(config, environment)
}

async fn folder(files: &[(&str, &[u8])]) -> (TempDir, Store) {
    let scratch = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = scratch.path().join("landing").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let stores = stores(&StorageConfig::default(), &Environment::empty(scratch.path()));
    let store = stores.open(&Location::Folder(scratch.path().join("landing"))).await.unwrap();
    (scratch, store)
}

/// Everything: the location's own level, and what is below each of its folders.
async fn listed(store: &Store) -> Vec<Object> {
    let levels: Vec<_> = store.list_level("").try_collect().await.unwrap();
    let mut objects = Vec::new();
    for level in levels {
        objects.extend(level.objects);
        for folder in level.folders {
            objects.extend(store.list_below(&folder).try_concat().await.unwrap());
        }
    }
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    objects
}

#[tokio::test]
async fn lists_every_file_once_with_its_size() {
    let many: Vec<_> = (0..2_345).map(|number| format!("t/partition={}/t+0+{number:010}.json", number % 3)).collect();
    let mut files: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"{}"[..])).collect();
    files.extend([("top.json", &b"[1]"[..]), ("é/%2B +.json", b""), ("a/b/c/d.json", b"1")]);
    let (_scratch, store) = folder(&files).await;
    let objects = listed(&store).await;
    let mut expected: Vec<_> = files.iter().map(|(name, content)| ((*name).to_owned(), content.len() as u64)).collect();
    expected.sort();
    let found: Vec<_> = objects.into_iter().map(|object| (object.key, object.size)).collect();
    assert_eq!(found, expected);
    let pages: Vec<_> = store.list_below("t/").try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1_000, 1_000, 345]);
    let level: Vec<_> = store.list_level("a/b/").try_collect().await.unwrap();
    assert_eq!((level.len(), level[0].folders.as_slice()), (1, ["a/b/c/".to_owned()].as_slice()));
    assert!(level[0].objects.is_empty());

    let children = store.children().await.unwrap();
    assert_eq!(children.folders, ["a", "t", "é"]);
    assert_eq!(children.objects[0].key, "top.json");
}

#[tokio::test]
async fn reads_whole_ranges_runs_and_pieces() {
    let large = vec![b'x'; (1 << 20) + 7];
    let (_scratch, store) = folder(&[("a.json", b"first"), ("b.json", b""), ("c.json", b"third"), ("d", &large)]).await;
    let objects = listed(&store).await;
    assert_eq!(store.get(&objects[0]).await.unwrap(), "first");
    assert_eq!(store.get(&objects[1]).await.unwrap(), "");
    assert_eq!(store.get_range(&objects[2], 1..3).await.unwrap(), "hi");
    assert!(store.get_range(&objects[2], 1..6).await.is_err());

    let mut buffer = b"kept".to_vec();
    let ranges = store.read_into(&objects[..3], &mut buffer).unwrap();
    assert_eq!(ranges, [4..9, 9..9, 9..14]);
    assert_eq!(buffer, b"keptfirstthird");

    let mut reader = store.open_file(&objects[3]).unwrap();
    let mut buffer = Vec::with_capacity(1 << 20);
    assert_eq!((reader.read_into(&mut buffer, usize::MAX).unwrap(), buffer.capacity()), (1 << 20, 1 << 20));
    buffer.clear();
    assert_eq!(reader.read_into(&mut buffer, usize::MAX).unwrap(), 7);
    assert_eq!(reader.read_into(&mut buffer, usize::MAX).unwrap(), 0);
    assert_eq!(buffer, large[..7]);
}

#[tokio::test]
async fn a_file_that_changed_is_an_error_that_names_it() {
    let (scratch, store) = folder(&[("a.json", b"first"), ("b.json", b"ok")]).await;
    let objects = listed(&store).await;
    for (content, word) in [(&b"firs"[..], "fewer"), (b"first!", "more"), (b"first and much more", "more")] {
        fs::write(scratch.path().join("landing/a.json"), content).unwrap();
        let mut buffer = b"kept".to_vec();
        let error = store.read_into(&[objects[1].clone(), objects[0].clone()], &mut buffer).unwrap_err();
        assert!(error.message().contains("a.json") && error.message().contains(word), "{error}");
        assert_eq!(buffer, b"kept");
        assert!(store.get(&objects[0]).await.is_err());
        let mut reader = store.open_file(&objects[0]).unwrap();
        let mut buffer = Vec::with_capacity(64);
        let error = reader
            .read_into(&mut buffer, usize::MAX)
            .and_then(|_| reader.read_into(&mut buffer, usize::MAX))
            .unwrap_err();
        assert!(error.message().contains("a.json") && error.message().contains(word), "{error}");
    }
    fs::remove_file(scratch.path().join("landing/a.json")).unwrap();
    let error = store.get(&objects[0]).await.unwrap_err();
    assert!(error.message().contains("a.json"), "{error}");
}

#[tokio::test]
async fn one_file_is_a_location_too() {
    let (_scratch, store) = folder(&[("a.json", b"first")]).await;
    let stores = stores(&StorageConfig::default(), &Environment::empty("/"));
    let single = stores.open(&store.location().join("a.json")).await.unwrap();
    let objects = listed(&single).await;
    assert_eq!(objects[0].key, "a.json");
    assert_eq!(single.get(&objects[0]).await.unwrap(), "first");
    assert_eq!(single.location_of(&objects[0]), store.location().join("a.json"));
    assert_eq!(stores.requests().bytes, 5);
}

#[tokio::test]
async fn a_missing_folder_is_told_with_what_is_near() {
    let (_scratch, store) = folder(&[("x.pin/partition=0/a.json", b""), ("note.txt", b"")]).await;
    let stores = stores(&StorageConfig::default(), &Environment::empty("/"));
    let missing = store.location().join("topic/deeper");
    let nowhere = stores.open(&missing).await.unwrap();
    let error = nowhere.list_level("").try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind().exit_code(), 2);
    let nearby = stores.nearby(&missing).await.unwrap();
    assert_eq!((&nearby.location, nearby.more), (store.location(), 0));
    assert_eq!(nearby.names, ["x.pin/", "note.txt"]);
    assert!(nearby.hint().ends_with("holds `x.pin/`, `note.txt`"), "{}", nearby.hint());
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_broken_ones_listed() {
    let (scratch, store) = folder(&[("t/a.json", b"first")]).await;
    let landing = scratch.path().join("landing");
    std::os::unix::fs::symlink(landing.join("t"), landing.join("linked")).unwrap();
    std::os::unix::fs::symlink("nowhere", landing.join("broken.json")).unwrap();
    let objects = listed(&store).await;
    let keys: Vec<_> = objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys, ["broken.json", "linked/a.json", "t/a.json"]);
    assert!(store.get(&objects[0]).await.unwrap_err().message().contains("broken.json"));

    std::os::unix::fs::symlink(landing.join("t"), landing.join("t/circle")).unwrap();
    let error = store.list_below("t/").try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.hints()[0].contains("circle"), "{error}");
}

fn bucket() -> Location {
    Location::S3 { bucket: "bucket".into(), prefix: "topics".into() }
}

/// An endpoint at which nothing listens.
fn nobody() -> (StorageConfig, Environment) {
    let config = StorageConfig { endpoint: Some("http://127.0.0.1:1".into()), ..StorageConfig::default() };
    let environment = Environment::empty("/")
        .with_variable("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with_variable("AWS_SECRET_ACCESS_KEY", "hunter2-secret")
        .with_variable("AWS_REGION", "eu-west-1");
    (config, environment)
}

#[tokio::test]
async fn a_refused_connection_is_told_soon_and_without_secrets() {
    let (config, environment) = nobody();
    let stores = stores(&config, &environment);
    let store = stores.open(&bucket()).await.unwrap();
    let error = store.children().await.unwrap_err();
    let text = error.render();
    assert!(text.contains("can not list `s3://bucket/topics/`: no connection to http://127.0.0.1:1"), "{text}");
    assert!(text.contains("onnection refused") && text.contains("hint: check `endpoint`"), "{text}");
    assert!(!format!("{text}{error:?}").contains("hunter2"));
    let counts = stores.requests();
    assert_eq!((counts.list, counts.failed, counts.head), (3, 3, 0));
}

#[tokio::test]
async fn no_credentials_says_what_was_tried() {
    let (config, _) = nobody();
    let environment =
        Environment::empty("/").with_variable("AWS_REGION", "r").with_variable("AWS_EC2_METADATA_DISABLED", "true");
    let error = stores(&config, &environment).open(&bucket()).await.err().unwrap();
    let text = error.render();
    for part in ["the environment", "the profile `default`", "web identity", "the container", "instance metadata"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(error.kind().exit_code(), 2);
    let anonymous = StorageConfig { signing: Signing::Anonymous, ..config };
    assert!(stores(&anonymous, &environment).open(&bucket()).await.is_ok());
    let half = environment.with_variable("AWS_ACCESS_KEY_ID", "x");
    let error = stores(&StorageConfig::default(), &half).open(&bucket()).await.err().unwrap();
    assert!(error.message().contains("`AWS_SECRET_ACCESS_KEY` is not"), "{error}");
}

#[tokio::test]
async fn profiles_give_keys_region_and_endpoint() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    let config_file =
        "[default]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:1\n[profile work]\nregion = eu-west-2\n";
    fs::write(home.path().join(".aws/config"), config_file).unwrap();
    let keys = "[default]\naws_access_key_id = A\naws_secret_access_key = hunter2\n";
    fs::write(home.path().join(".aws/credentials"), keys).unwrap();
    let environment = Environment::empty("/").with_home(home.path());
    let plain = stores(&StorageConfig::default(), &environment);
    let store = plain.open(&bucket()).await.unwrap();
    let Backend::S3(_) = &store.backend else { panic!("not S3") };
    let connected = plain.bucket("bucket").await.unwrap();
    assert_eq!((connected.region.as_str(), connected.endpoint.name()), ("eu-west-3", "http://127.0.0.1:1"));

    let other = environment.clone().with_variable("AWS_PROFILE", "wrok").with_variable("AWS_ACCESS_KEY_ID", "x");
    let error = stores(&StorageConfig::default(), &other).open(&bucket()).await.err().unwrap();
    assert!(error.render().contains("did you mean `work`?"), "{}", error.render());

    let (storage, with_keys) = nobody();
    let chosen = StorageConfig { profile: Some("work".into()), ..storage };
    let error = stores(&chosen, &with_keys.with_home(home.path())).open(&bucket()).await.err().unwrap();
    let text = error.render();
    assert!(text.contains("tried the profile `work`") && !text.contains("the environment ("), "{text}");
}

#[tokio::test]
async fn a_location_is_the_same_by_whatever_name() {
    let (scratch, store) = folder(&[("a.json", b"1")]).await;
    let stores = stores(&StorageConfig::default(), &Environment::empty(scratch.path()));
    let other = |path: &str| Location::Folder(scratch.path().join(path));
    let roundabout = stores.open(&other("landing/../landing/")).await.unwrap();
    assert_eq!(roundabout.identity(), store.identity());
    let missing = stores.open(&other("missing")).await.unwrap();
    assert_ne!(missing.identity(), store.identity());
    let config = StorageConfig {
        endpoint: Some("https://s3.example/".into()),
        region: Some("r".into()),
        signing: Signing::Anonymous,
        ..StorageConfig::default()
    };
    let stores = Stores::new(&config, &Environment::empty(scratch.path()));
    let open = async |text: &str| stores.open(&Location::parse(text, scratch.path()).unwrap()).await.unwrap();
    let identity = open("s3://bucket/topics").await.identity();
    assert_eq!(identity, "s3 s3.example:443 bucket topics/");
    assert_eq!(open("s3a://bucket/topics/").await.identity(), identity);
}
