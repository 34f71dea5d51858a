//! From which key on a folder is listed again, where its keys show that new ones come after the others.
//!
//! Owns the judgement of the keys that are known. The sink writes the objects of a Kafka partition one after the
//! other, and what they are called ascends with their offsets, as long as these have ten digits. In a folder
//! `partition=<n>` there is nothing else. Below folders of a time the sink writes where the time is; whatever is in
//! the last of them is listed again. All else, such as folders of a field's values, is listed in full: a new object
//! could be anywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::landing::LandingKey;
use crate::store::Object;

/// The digits to which the sink pads an offset. Well before they overflow, folders are listed in full.
const LARGEST_OFFSET: u64 = 9_000_000_000;

/// Folders whose values are a time, as the sink's partitioners and people name them.
const TIMES: [&str; 10] = ["year", "month", "day", "hour", "minute", "date", "dt", "ds", "time", "datetime"];

/// Where the objects of a folder stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the folder itself.
    Directly,
    /// In folders of a time below it.
    InTimes,
}

/// The key after which whatever is new in `folder` stands, by the bytes of the keys; it need not be one that exists.
/// `objects` is what was listed of the folder, by key. `None` where the keys do not say.
pub fn start_after(folder: &str, objects: &[Arc<Object>]) -> Option<String> {
    let mut groups: BTreeMap<(String, i32), (u64, &str)> = BTreeMap::new();
    let mut place = None;
    let mut before = None;
    for object in objects {
        let key = object.key.as_str();
        if before.replace(key).is_some_and(|before| before >= key) {
            return None;
        }
        // What is no data is not read, wherever it stands.
        let Ok(parsed) = LandingKey::parse(key) else { continue };
        let (topic, partition, offset) = (parsed.topic?, parsed.partition?, parsed.start_offset?);
        let (folders, name) = key.strip_prefix(folder)?.rsplit_once('/').unwrap_or(("", key));
        // A name that contradicts its folder may stand anywhere among the others.
        if offset >= LARGEST_OFFSET || !name.contains(&format!("+{partition}+{offset:010}.")) {
            return None;
        }
        let own = match folders {
            "" => Place::Directly,
            folders if folders.split('/').all(is_time) => Place::InTimes,
            _ => return None,
        };
        if place.replace(own).is_some_and(|place| place != own) {
            return None;
        }
        // A folder that came late, or offsets that begin anew: this is not how the sink usually writes.
        let last = groups.insert((topic, partition), (offset, key));
        if last.is_some_and(|(last, _)| last >= offset) {
            return None;
        }
    }
    match place? {
        Place::Directly => {
            let ((_, partition), (_, key)) = groups.pop_first()?;
            let own_folder = format!("partition={partition}");
            let is_alone = groups.is_empty() && folder.split('/').any(|folder| folder == own_folder);
            // The last object may have been written again with more records, so it is listed, too.
            let mut characters = key.chars();
            is_alone.then(|| characters.next_back())?;
            Some(characters.as_str().to_owned())
        }
        Place::InTimes => {
            let least = groups.into_values().map(|(_, key)| key).min()?;
            least.rsplit_once('/').map(|(folders, _)| format!("{folders}/"))
        }
    }
}

/// Whether a folder is of a time, and written so that a later one stands after it: `hour=07`, `2024-05-01`.
fn is_time(folder: &str) -> bool {
    let time = match folder.split_once('=') {
        Some((name, value)) if TIMES.contains(&name) => value,
        Some(_) => return false,
        None => folder,
    };
    // A number of one digit was not padded, and ten would stand before nine.
    let is_padded = |digits: &str| digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    time.split(['-', '_', ':', 'T']).all(is_padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(folder: &str, keys: &[&str]) -> Option<String> {
        let object = |key: &&str| {
            let key = format!("{folder}{key}");
            Arc::new(Object { key, size: 1, modified: Default::default(), etag: None })
        };
        start_after(folder, &keys.iter().map(object).collect::<Vec<_>>())
    }

    #[test]
    fn a_partition_is_gone_on_with_from_its_last_object() {
        let keys = ["_SUCCESS", "t+3+0000000000.json", "t+3+0000000007.json"];
        let expected = "partition=3/t+3+0000000007.jso";
        assert_eq!(after("partition=3/", &keys).as_deref(), Some(expected));
        let odd =
            after("x/partition=3/", &["é+ü+3+0000000007.json.gz", "é+ü+3+0000000008.jsoné", "é+ü+3+0000000009.json"]);
        assert_eq!(odd.as_deref(), Some("x/partition=3/é+ü+3+0000000009.jso"));
    }

    #[test]
    fn a_folder_that_may_get_an_object_anywhere_is_listed_in_full() {
        for (folder, keys) in [
            ("partition=0/", &[][..]),
            ("partition=0/", &["_SUCCESS"]),
            ("partition=0/", &["any.json"]),
            ("partition=0/", &["t+0+0000000000.json", "any.json"]),
            // Another topic, another partition, and a folder of a field's value.
            ("partition=0/", &["s+0+0000000009.json", "t+0+0000000000.json"]),
            ("partition=0/", &["t+0+0000000000.json", "t+1+0000000000.json"]),
            ("partition=1/", &["t+0+0000000000.json"]),
            ("city=a/", &["t+0+0000000000.json"]),
            ("country=x/", &["city=a/t+0+0000000000.json", "city=b/t+0+0000000001.json"]),
            ("country=x/", &["store=12/t+0+0000000000.json", "store=13/t+0+0000000001.json"]),
            // Offsets that are not padded, or have grown or will grow by a digit.
            ("partition=0/", &["t+0+5.json", "t+0+6.json"]),
            ("partition=0/", &["t+0+10000000000.json", "t+0+9999999999.json"]),
            ("partition=0/", &["t+0+9000000000.json"]),
            ("partition=0/", &["t+0+10000000000.json"]),
            // Twice from the same offset on.
            ("partition=0/", &["t+0+0000000000.json", "t+0+0000000000.json.gz"]),
            // In the folder itself and below it.
            ("year=2024/", &["month=05/t+0+0000000000.json", "t+0+0000000001.json"]),
            // Out of order, as a store lists that has an order of its own.
            ("partition=0/", &["t+0+0000000001.json", "t+0+0000000000.json"]),
        ] {
            assert_eq!(after(folder, keys), None, "{folder} {keys:?}");
        }
    }

    #[test]
    fn times_are_gone_on_with_from_the_last_folder_of_whoever_is_behind() {
        let keys = [
            "month=05/day=09/t+0+0000000003.json",
            "month=05/day=09/t+1+0000000000.json",
            "month=05/day=10/t+0+0000000005.json",
        ];
        assert_eq!(after("year=2024/", &keys).as_deref(), Some("year=2024/month=05/day=09/"));
        assert_eq!(after("year=2024/", &keys[..1]).as_deref(), Some("year=2024/month=05/day=09/"));
        let plain = ["05/09T11/t+0+0000000003.json", "05/09T12/t+0+0000000004.json"];
        assert_eq!(after("2024/", &plain).as_deref(), Some("2024/05/09T12/"));
    }

    #[test]
    fn times_that_do_not_ascend_are_listed_in_full() {
        for keys in [
            // A record came late.
            ["month=05/t+0+0000000003.json", "month=06/t+0+0000000001.json"],
            ["month=5/t+0+0000000003.json", "month=6/t+0+0000000004.json"],
            ["month=05/t+0+0000000003.json", "month=june/t+0+0000000004.json"],
            ["month=05/t+0+0000000003.json", "partition=00/t+0+0000000004.json"],
        ] {
            assert_eq!(after("year=2024/", &keys), None, "{keys:?}");
        }
    }
}
