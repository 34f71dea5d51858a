//! What a run lists of a bucket that an earlier run has listed, and when it notices what.

use tempfile::TempDir;

use super::landings::{COUNT, DECLARED, counted, insert_items, item_key, items, serve};
use super::program::Pinq;
use crate::s3::{Bucket, S3Server};

/// Two partitions, of which one takes two LISTs.
const MANY: [usize; 2] = [1_050, 30];
/// The landing and the topic, whose folders are listed in every run, and one LIST for each partition.
const GONE_ON: u64 = 4;
const IN_FULL: u64 = 5;

/// Runs that share a cache, against one server each.
struct Runs {
    cache: TempDir,
}

impl Runs {
    fn new() -> Runs {
        Runs { cache: tempfile::tempdir().expect("a scratch folder") }
    }

    fn pinq(&self, server: &S3Server) -> Pinq {
        server.reset_counts();
        Pinq::against(server).env("XDG_CACHE_HOME", self.cache.path()).config(DECLARED)
    }

    /// What the count is, and how many LISTs it took.
    async fn count(&self, server: &S3Server) -> (String, u64) {
        self.count_by(self.pinq(server), server).await
    }

    async fn count_by(&self, pinq: Pinq, server: &S3Server) -> (String, u64) {
        let finished = pinq.sql(COUNT).run().await;
        (finished.answer().to_owned(), server.counts().lists)
    }
}

#[tokio::test]
async fn a_second_run_lists_what_came_after_the_first() {
    let bucket = items(&MANY);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    assert_eq!(runs.count(&server).await, (counted(1_080), IN_FULL));
    assert_eq!(runs.count(&server).await, (counted(1_080), GONE_ON), "nothing is new");
    bucket.insert(&item_key(0, 1_050), "{\"n\":1080}");
    bucket.insert(&item_key(1, 30), "{\"n\":1081}");
    assert_eq!(runs.count(&server).await, (counted(1_082), GONE_ON), "two objects are new");
    assert_eq!(runs.count(&server).await, (counted(1_082), GONE_ON), "they are known");
    bucket.insert(&item_key(0, 1_050), "{\"n\":1080}\n{\"n\":1082}");
    assert_eq!(runs.count(&server).await, (counted(1_083), GONE_ON), "the last object was replaced");
    bucket.insert(&item_key(2, 0), "{\"n\":1083}");
    assert_eq!(runs.count(&server).await, (counted(1_084), GONE_ON + 1), "a partition is new");
}

#[tokio::test]
async fn a_deletion_is_noticed_at_a_full_listing() {
    let bucket = items(&MANY);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    runs.count(&server).await;
    assert!(bucket.remove(&item_key(0, 0)));
    let without_the_first = counted(1_080).replace("1080,", "1079,");
    let refreshed = runs.pinq(&server).args(["--refresh"]);
    assert_eq!(runs.count_by(refreshed, &server).await, (without_the_first.clone(), IN_FULL));
    assert_eq!(runs.count(&server).await, (without_the_first, GONE_ON), "what was listed anew is what is known");

    let bucket = items(&MANY);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    runs.count(&server).await;
    assert!(bucket.remove(&item_key(0, 0)));
    let config = format!("{DECLARED}[cache]\nrelist_after = \"0s\"\n");
    let relisting = runs.pinq(&server).config(&config);
    assert_eq!(runs.count_by(relisting, &server).await, (counted(1_080).replace("1080,", "1079,"), IN_FULL));
}

#[tokio::test]
async fn an_object_that_is_found_gone_is_forgotten() {
    let bucket = items(&MANY);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    runs.count(&server).await;
    // A column that no run has read yet, so that the object has to be asked for.
    let question = "select count(m), count(*) from raw.item";
    let ask =
        || runs.pinq(&server).config("[tables.item.columns]\nn = \"bigint\"\nm = \"bigint\"\n").sql(question).run();
    assert!(bucket.remove(&item_key(0, 1)));
    ask().await.assert_refused(1, &["deleted after it was listed", "hint: run it again"]);
    assert_eq!(ask().await.answer().lines().last(), Some("0,1079"));
    assert_eq!(server.counts().lists, IN_FULL);
}

#[tokio::test]
async fn without_the_cache_all_is_listed_and_nothing_kept() {
    let (server, runs) = (serve(&items(&MANY)).await, Runs::new());
    for config in [DECLARED.to_owned(), format!("{DECLARED}[cache]\nenabled = false\n")] {
        let arguments: &[&str] = if config == DECLARED { &["--no-cache"] } else { &[] };
        let pinq = || runs.pinq(&server).config(&config).args(arguments);
        assert_eq!(runs.count_by(pinq(), &server).await, (counted(1_080), IN_FULL));
        assert_eq!(runs.count_by(pinq(), &server).await, (counted(1_080), IN_FULL));
        // Not even what is inferred of a table that declares nothing.
        let inferring = pinq().config(&config.replace(DECLARED, ""));
        assert_eq!(runs.count_by(inferring, &server).await, (counted(1_080), IN_FULL));
        assert_eq!(super::program::names(runs.cache.path()), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_configured_folder_holds_the_cache() {
    let (server, runs) = (serve(&items(&MANY)).await, Runs::new());
    let folder = runs.cache.path().join("elsewhere");
    let config = format!("{DECLARED}[cache]\npath = {folder:?}\n");
    // Without a home there is no other place.
    let pinq = || runs.pinq(&server).without_env("XDG_CACHE_HOME").without_env("HOME").config(&config);
    assert_eq!(runs.count_by(pinq(), &server).await, (counted(1_080), IN_FULL));
    assert_eq!(runs.count_by(pinq(), &server).await, (counted(1_080), GONE_ON));
    assert_eq!(super::program::names(runs.cache.path()), ["elsewhere"]);
}

#[tokio::test]
async fn two_services_with_buckets_of_one_name_are_told_apart() {
    let runs = Runs::new();
    let (first, second) = (serve(&items(&MANY)).await, serve(&items(&[1_020, 1])).await);
    assert_eq!(runs.count(&first).await, (counted(1_080), IN_FULL));
    assert_eq!(runs.count(&second).await, (counted(1_021), IN_FULL));
    assert_eq!(runs.count(&first).await, (counted(1_080), GONE_ON));
    assert_eq!(runs.count(&second).await, (counted(1_021), GONE_ON));
}

#[tokio::test]
async fn a_listing_that_was_stopped_is_not_kept() {
    let bucket = items(&[1_500]);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    // How folders are nested is looked up in the first page of one of them.
    let look = || runs.pinq(&server).sql("select n from landed.item where _partition = 7").run();
    assert_eq!(look().await.answer(), "n\n");
    assert_eq!(server.counts().lists, 3);
    assert_eq!(runs.count(&server).await, (counted(1_500), 4));
    assert_eq!(runs.count(&server).await, (counted(1_500), 3));
    assert_eq!(look().await.answer(), "n\n");
    assert_eq!(server.counts().lists, 2, "the first page is known");
}

#[tokio::test]
async fn odd_names_are_gone_on_with_too() {
    let bucket = Bucket::memory();
    let insert = |number: usize| {
        let name = format!("land ing+é=%2B/my topic+ü.item/partition=0/my topic+ü.item+0+{number:010}.json");
        bucket.insert(&name, format!("{{\"n\":{number}}}"));
    };
    (0..1_500).for_each(insert);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    let landing = ["sql", COUNT, "--landing", "s3://landing/land ing+é=%2B", "--format", "csv"];
    assert_eq!(runs.pinq(&server).args(landing).run().await.answer(), counted(1_500));
    assert_eq!(server.counts().lists, 4);
    insert(1_500);
    assert_eq!(runs.pinq(&server).args(landing).run().await.answer(), counted(1_501));
    assert_eq!((server.counts().lists, server.counts().errors), (3, 0));
}

#[tokio::test]
async fn folders_of_a_time_are_gone_on_with_from_the_last_one() {
    let bucket = Bucket::memory();
    let insert = |day: usize, partition: usize, number: usize| {
        let key = format!("topics/demo.item/year=2024/month=05/day={day:02}/demo.item+{partition}+{number:010}.json");
        bucket.insert(&key, format!("{{\"n\":{number}}}"));
    };
    (0..1_100).for_each(|number| insert(9, 0, number));
    insert(10, 0, 1_100);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    assert_eq!(runs.count(&server).await, (counted(1_101), 4));
    // A new partition, whose key stands before those that are known, and a new day.
    insert(10, 0, 1_102);
    bucket.insert("topics/demo.item/year=2024/month=05/day=10/demo.a+7+0000000000.json", "{\"n\":1101}");
    insert(11, 0, 1_103);
    assert_eq!(runs.count(&server).await, (counted(1_104), 3));
    let one_day = "select count(*) as records, sum(n) as total from landed.item where day = 10";
    let finished = runs.pinq(&server).sql(one_day).run().await;
    assert_eq!(finished.answer(), "records,total\n3,3303\n");
}

#[tokio::test]
async fn folders_of_a_field_are_listed_in_full() {
    let bucket = Bucket::memory();
    let key = |city: &str, number: usize| format!("topics/demo.item/land=x/city={city}/demo.item+0+{number:010}.json");
    for (number, city) in ["b", "c", "d"].into_iter().enumerate() {
        bucket.insert(&key(city, number), format!("{{\"n\":{number}}}"));
    }
    let (server, runs) = (serve(&bucket).await, Runs::new());
    assert_eq!(runs.count(&server).await.0, counted(3));
    bucket.insert(&key("a", 3), "{\"n\":3}");
    assert_eq!(runs.count(&server).await.0, counted(4));
}

#[tokio::test]
async fn a_landing_is_gone_on_with_after_a_join() {
    let bucket = Bucket::memory();
    insert_items(&bucket, &MANY);
    let (server, runs) = (serve(&bucket).await, Runs::new());
    let join = "select count(*) as records, sum(a.n) as total from raw.item as a join raw.item as b on a.n = b.n";
    for lists in [IN_FULL, GONE_ON] {
        let finished = runs.pinq(&server).sql(&format!("{join}; {COUNT}")).run().await;
        assert_eq!(finished.answer(), format!("{0}\n{0}", counted(1_080)));
        assert_eq!(server.counts().lists, lists);
    }
}
