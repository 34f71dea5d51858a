//! `data-samples` is what its README says: the generator's own work, with every kind of dirt in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use crate::reference;
use generator::{Arguments, generate};

#[path = "../../examples/landing/generator/mod.rs"]
pub(crate) mod generator;

/// What stands before the options in the documented command.
const COMMAND: &str = "cargo run --example landing -- data-samples ";

#[test]
fn the_documented_command_makes_the_samples() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let readme = fs::read_to_string(samples().join("README.md")).expect("the samples have a README");
    let command = readme.lines().find_map(|line| line.trim().strip_prefix(COMMAND)).expect("a documented command");
    let out = scratch.path().to_str().expect("a scratch folder of text");
    generate(&Arguments::parse_from(["landing", out].into_iter().chain(command.split_whitespace())))
        .expect("the samples can be made");

    let (made, kept) = (contents(scratch.path()), contents(&samples()));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (object, lines) in &made {
        assert!(kept.get(object) == Some(lines), "`{}` differs from what the generator makes", object.display());
    }
}

#[test]
fn a_seed_gives_the_same_landing_twice_and_another_gives_another() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let make = |name: &str, seed: &str| {
        let out = scratch.path().join(name);
        let text = out.to_str().expect("a folder of text");
        let options = ["landing", text, "--posts", "40", "--records-per-object", "1", "--id", "0a1b2c3d4e5f"];
        let made = generate(&Arguments::parse_from(options.into_iter().chain(["--seed", seed]))).expect("a landing");
        assert!(made.objects == made.records && made.records >= 110, "{made}");
        contents(&out)
    };
    let first = make("first", "1");
    assert!(first.contains_key(Path::new("topics/0a1b2c3d4e5f.pin/partition=0/0a1b2c3d4e5f.pin+0+0000000039.json")));
    assert!(first == make("again", "1"));
    assert!(first != make("other", "2"));
}

#[test]
fn a_clean_landing_has_no_dirt() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().to_str().expect("a folder of text");
    generate(&Arguments::parse_from(["landing", out, "--posts", "500", "--dirt", "0"])).expect("a landing");
    let landing = reference::read(&scratch.path().join("topics"));
    assert_eq!((landing.posts.len(), landing.places.len(), landing.users.len()), (500, 500, 500));
    assert!(landing.posts.iter().all(|post| post.poster_name.is_some() && post.follower_count.is_some()));
    assert!(landing.places.iter().all(|place| place.timestamp.is_some()));
    assert_eq!(contents(scratch.path()).values().map(Vec::len).sum::<usize>(), 1500);
}

#[test]
fn the_samples_hold_every_kind_of_dirt() {
    let contents = contents(&samples());
    let size = |wanted: fn(usize) -> bool, ending: &str| {
        contents.iter().any(|(object, lines)| wanted(lines.len()) && object.to_string_lossy().ends_with(ending))
    };
    assert!(size(|records| records == 1, ".json") && size(|records| records == 1, ".json.gz"));
    assert!(size(|records| records > 100, ".json") && size(|records| records > 100, ".json.gz"));

    for topic in ["pin", "geo", "user"] {
        let lines: Vec<&String> = of_topic(&contents, topic).collect();
        let distinct: BTreeSet<_> = lines.iter().collect();
        assert!(distinct.len() < lines.len() && distinct.len() >= 290, "repeats and posts in `{topic}`");
        let first_key = if topic == "pin" { "{\"index\":" } else { "{\"ind\":" };
        assert!(lines.iter().any(|line| !line.starts_with(first_key)), "strays in `{topic}`");
    }
    let all: String = ["pin", "geo", "user"].iter().flat_map(|topic| of_topic(&contents, topic)).cloned().collect();
    for dirt in [
        "\"User Info Error\"",
        "\"No Title Data Available\"",
        "\"No description available Story format\"",
        "\"No description available\"",
        "\"Untitled\"",
        "\"N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e\"",
        "\"Image src error.\"",
        "\"title\":\"\"",
        "\"poster_name\":\" ",
        "\"age\":null",
        "M\"",
        ".2k\"",
        "\u{2026}\u{a0}\"",
        "\\\"",
        "\\\\",
        "\u{1f600}",
        "καλημέρα",
        "уют",
        "手作り",
        "𝓛𝓸𝓿𝓮",
        "\"country\":\"\"",
    ] {
        assert!(all.contains(dirt), "`{dirt}` is nowhere in the samples");
    }
    let countries: BTreeSet<String> =
        reference::read(&samples().join("topics")).places.into_iter().filter_map(|place| place.country).collect();
    for mark in ['(', ',', '\''] {
        assert!(countries.iter().any(|country| country.contains(mark)), "no country has a `{mark}`");
    }
}

#[test]
fn the_samples_show_all_time_formats_in_each_topic() {
    let contents = contents(&samples());
    for (topic, key) in [("geo", "timestamp"), ("user", "date_joined")] {
        let shapes: BTreeSet<String> = of_topic(&contents, topic)
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?[key].as_str().map(shape))
            .collect();
        for wanted in ["0000-00-00 00:00:00", "0000-00-00T00:00:00", "0000:00:00 00:00:00", "00/00/0000, 00:00:00"] {
            assert!(shapes.contains(wanted), "`{wanted}` in `{topic}`");
        }
        assert!(shapes.iter().any(|shape| shape.len() > 19 && shape.contains('T')), "a fraction or zone in `{topic}`");
    }
}

#[test]
fn first_places_tie_in_the_samples() {
    let landing = reference::read(&samples().join("topics"));
    for number in ["01", "02", "03", "05"] {
        let answer = reference::answer(&landing, number);
        let groups: BTreeSet<String> = answer.rows.iter().map(|row| row[0].to_string()).collect();
        assert!(groups.len() < answer.rows.len(), "question {number}");
    }
    assert!(reference::answer(&landing, "04").rows.len() > 1, "question 04");
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data-samples")
}

/// The lines of every object, by its path from the folder that holds `topics`.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<String>> {
    let objects = reference::objects(&folder.join("topics"));
    let key = |object: &PathBuf| object.strip_prefix(folder).expect("an object of the folder").to_owned();
    objects.iter().map(|object| (key(object), reference::lines(object))).collect()
}

fn of_topic<'a>(contents: &'a BTreeMap<PathBuf, Vec<String>>, topic: &str) -> impl Iterator<Item = &'a String> {
    let marker = format!(".{topic}/partition=");
    contents.iter().filter(move |(object, _)| object.to_string_lossy().contains(&marker)).flat_map(|(_, lines)| lines)
}

/// A text with every digit as 0.
fn shape(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}
