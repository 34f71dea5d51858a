//! What a run leaves at its destination, what of it a failed run leaves, and what goes.

use pinq::publication::Outcome;

use super::place::{Place, fail, minute, publish, write};
use super::reader::Reader;

const FILES: [&str; 8] = [
    ".rows/first.arrow",
    ".rows/second.arrow",
    ".rows/third.arrow",
    "first.csv",
    "index.html",
    "run.json",
    "second.csv",
    "third.csv",
];

fn files(run: &str) -> Vec<String> {
    FILES.iter().map(|file| format!("{run}/{file}")).collect()
}

/// All names there but the lock's, which stands on disk alone, and the marks of names that are taken on S3.
fn names(place: &Place) -> Vec<String> {
    place.names().into_iter().filter(|name| name != ".pinq-lock" && !name.ends_with("/.pinq-begun")).collect()
}

fn runs(place: &Place) -> Vec<String> {
    names(place).into_iter().filter_map(|name| Some(name.strip_suffix("/run.json")?.to_owned())).collect()
}

#[tokio::test]
async fn a_run_is_a_folder_and_latest_leads_to_it() {
    for place in Place::each().await {
        let publications = place.open(30).await;
        assert!(publications.runs().await.unwrap().runs.is_empty());
        assert_eq!(publications.latest().await.unwrap(), None);
        let run = publish(&publications, minute(0), None).await.unwrap();
        assert_eq!(run, "2027-01-15T08-00-00Z");
        let mut expected = files(&run);
        expected.extend(["latest.json".to_owned(), "latest/index.html".to_owned()]);
        assert_eq!(names(&place), expected);
        let latest = publications.latest().await.unwrap().unwrap();
        assert_eq!((latest.run.as_str(), latest.scheduled_for), (run.as_str(), minute(0)));
        let mut reader = Reader::new(&place.stores(), &place.destination()).await;
        reader.look().await;
        assert_eq!(reader.latest().map(|name| name.to_string()), Some(run));
        // Nobody who has seen the list of names before can take this one now.
        let is_taken = place.names().contains(&format!("{}/.pinq-begun", latest.run));
        assert_eq!(is_taken, matches!(place, Place::S3(..)));
    }
}

#[tokio::test]
async fn a_failed_run_leaves_its_record_and_latest_where_it_was() {
    for place in Place::each().await {
        let publications = place.open(30).await;
        let first = publish(&publications, minute(0), None).await.unwrap();
        let failed = fail(&publications, minute(1), "the bucket is gone").await;
        let under: Vec<_> = names(&place).into_iter().filter(|name| name.starts_with(&failed)).collect();
        assert_eq!(under, [format!("{failed}/run.json")]);
        assert_eq!(publications.latest().await.unwrap().unwrap().run, first);
        let history = publications.runs().await.unwrap();
        assert_eq!(history.runs.iter().map(|run| run.run.clone()).collect::<Vec<_>>(), [failed.clone(), first]);
        assert_eq!(history.runs[0].error.as_deref(), Some("the bucket is gone"));

        // A later try of the same time takes its place.
        let again = publish(&publications, minute(1), None).await.unwrap();
        assert_eq!(again, format!("{failed}.2"));
        assert_eq!(publications.latest().await.unwrap().unwrap().run, again);
        assert!(!names(&place).iter().any(|name| name.starts_with(&format!("{failed}/"))), "{:?}", names(&place));
        Reader::new(&place.stores(), &place.destination()).await.look().await;
    }
}

#[tokio::test]
async fn a_complete_time_that_is_asked_for_again_gets_a_folder_beside() {
    for place in Place::each().await {
        let publications = place.open(30).await;
        let first = publish(&publications, minute(5), None).await.unwrap();
        let second = publish(&publications, minute(5), None).await.unwrap();
        assert_eq!(second, format!("{first}.2"));
        assert_eq!(publications.latest().await.unwrap().unwrap().run, second);
        // An older time does not become the latest.
        publish(&publications, minute(4), None).await.unwrap();
        let mut reader = Reader::new(&place.stores(), &place.destination()).await;
        reader.look().await;
        assert_eq!(reader.latest().map(|name| name.to_string()), Some(second));
    }
}

#[tokio::test]
async fn the_oldest_go_and_the_latest_complete_one_stays() {
    for place in Place::each().await {
        let publications = place.open(2).await;
        let good = publish(&publications, minute(0), None).await.unwrap();
        for number in 1..5 {
            fail(&publications, minute(number), "no").await;
        }
        let kept = runs(&place);
        assert!(kept.contains(&good) && kept.len() == 3, "{kept:?}");
        let better = publish(&publications, minute(5), None).await.unwrap();
        let kept = runs(&place);
        assert!(kept.len() == 2 && kept.contains(&better) && !kept.contains(&good), "{kept:?}");
        assert!(place.names().iter().all(|name| !name.starts_with(&good)), "{:?}", place.names());
        let alone = place.open(1).await;
        let best = publish(&alone, minute(6), None).await.unwrap();
        assert_eq!(runs(&place), [best]);
        Reader::new(&place.stores(), &place.destination()).await.look().await;
    }
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_nothing_but_its_name() {
    for place in Place::each().await {
        let publications = place.open(2).await;
        let staging = publications.begin(minute(0), None).await.unwrap();
        let name = write(&staging, minute(0), [1, 2, 3]).run;
        // Another one that begins meanwhile does not get the same folder.
        let other = publications.begin(minute(0), None).await.unwrap();
        assert_eq!(other.run(), format!("{}.2", staging.run()));
        publications.discard(staging).await;
        publications.discard(other).await;
        // On S3 nobody can tell whether another is about to write where this was removed.
        let left = match &place {
            Place::Disk(_) => Vec::new(),
            Place::S3(..) => vec![format!("{name}.2/.pinq-begun"), format!("{name}/.pinq-begun")],
        };
        let names: Vec<_> = place.names().into_iter().filter(|name| name != ".pinq-lock").collect();
        assert_eq!(names, left);
        assert!(publications.runs().await.unwrap().runs.is_empty());
    }
}

#[tokio::test]
async fn a_record_that_lies_is_not_published() {
    for place in Place::each().await {
        let publications = place.open(2).await;
        let staging = publications.begin(minute(0), None).await.unwrap();
        let mut record = write(&staging, minute(0), [1, 2, 3]);
        record.questions[1].files[0].bytes = 5;
        let error = publications.publish(staging, &record, None).await.unwrap_err().to_string();
        assert!(error.contains("`second.csv`") && error.contains("should have 5 bytes: it has 2 bytes"), "{error}");
        assert_eq!(publications.runs().await.unwrap().runs.len(), 0);
    }
}

#[tokio::test]
async fn a_damaged_record_is_told_beside_the_others() {
    for place in Place::each().await {
        let publications = place.open(30).await;
        publish(&publications, minute(0), None).await.unwrap();
        let failed = fail(&publications, minute(1), "no").await;
        place.insert(&format!("{failed}/run.json"), "{\"report\":");
        place.insert("2027-01-15T09-00-00Z/first.csv", "no run without a record");
        place.insert("notes/run.json", "no run's name");
        let history = publications.runs().await.unwrap();
        assert_eq!(history.runs.iter().map(|run| run.outcome).collect::<Vec<_>>(), [Outcome::Complete]);
        let told = history.damaged[0].error.render();
        assert!(told.contains(&format!("daily/{failed}/run.json` is no record of a run")), "{told}");
        publish(&publications, minute(2), None).await.unwrap();
    }
}

#[tokio::test]
async fn rows_of_a_run_are_read_back() {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch};
    use arrow::ipc::writer::{FileWriter, StreamWriter};

    let column: arrow::array::ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
    for place in Place::each().await {
        let publications = place.open(30).await;
        let staging = publications.begin(minute(0), None).await.unwrap();
        let record = write(&staging, minute(0), [1, 2, 3]);
        let path = |name: &str| std::fs::File::create(staging.path().join(format!(".rows/{name}.arrow"))).unwrap();
        let mut file = FileWriter::try_new(path("first"), &batch.schema()).unwrap();
        file.write(&batch).unwrap();
        file.finish().unwrap();
        let mut stream = StreamWriter::try_new(path("second"), &batch.schema()).unwrap();
        stream.write(&batch).unwrap();
        stream.finish().unwrap();
        publications.publish(staging, &record, None).await.unwrap();
        for question in ["first", "second"] {
            assert_eq!(publications.rows(&record.run, question).await.unwrap(), Some(vec![batch.clone()]));
        }
        assert_eq!(publications.rows(&record.run, "none").await.unwrap(), None);
        let error = publications.rows(&record.run, "third").await.unwrap_err().to_string();
        assert!(error.contains(".rows/third.arrow` is damaged"), "{error}");
    }
}
