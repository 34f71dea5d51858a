//! Every rule of the tree fails on a source that breaks it, and stays quiet on one that does not.

use super::rules::offences;
use super::tokens::tokens;
use super::{Source, read_tree};

/// What is said about one file with that code below a proper heading.
fn said(path: &str, code: &str) -> Vec<String> {
    said_of(&[(path, &format!("//! What it owns.\n{code}"))])
}

fn said_of(files: &[(&str, &str)]) -> Vec<String> {
    let source = |(path, text): &(&str, &str)| Source { path: (*path).to_owned(), text: (*text).to_owned() };
    let sources: Vec<Source> = files.iter().map(source).collect();
    offences(&sources).into_iter().map(|offence| format!("{}: {}", offence.line, offence.what)).collect()
}

#[track_caller]
fn assert_says(said: &[String], part: &str) {
    assert!(said.len() == 1 && said[0].contains(part), "expected one offence with `{part}`, got {said:#?}");
}

#[test]
fn edges_go_downward() {
    assert!(said("src/engine.rs", "use crate::{catalog::Catalog, error::Error};").is_empty());
    assert_says(&said("src/scan.rs", "\nuse crate::engine::Engine;"), "3: `scan` (layer 4) uses `engine` (layer 6)");
    assert_says(&said("src/scan.rs", "use crate::{json, error::{self, Kind}, cli};"), "uses `cli`");
    assert_says(&said("src/json.rs", "fn f() { crate::cache::open(); }"), "which stands beside it");
    assert_says(&said("src/repl.rs", "use crate::report;"), "which stands beside it");
    assert_says(&said("src/json.rs", "use super::scan;"), "which stands above it");
    assert!(said("src/json.rs", "mod tests { use super::*; use super::scan; }").is_empty());
    assert_says(&said("src/json.rs", "mod tests { use super::super::scan; }"), "which stands above it");
    assert_says(&said("src/error.rs", "use crate::Error;"), "name the module that owns it");
    assert_says(&said("src/main.rs", "use pinq::helpful;"), "no module of the table");
}

#[test]
fn a_few_neighbours_may_be_used() {
    for (from, to) in [("store", "config"), ("store", "landing"), ("config", "landing"), ("sql", "column")] {
        let path = format!("src/{from}.rs");
        assert!(said(&path, &format!("use crate::{to}::X;")).is_empty(), "`{from}` may use `{to}`");
        let path = format!("src/{to}.rs");
        assert_says(&said(&path, &format!("use crate::{from}::X;")), "stands beside it");
    }
    assert!(said("src/column.rs", "use crate::location::X;").is_empty());
    assert_says(&said("src/location.rs", "use crate::column::X;"), "stands beside it");
    assert_says(&said("src/ui.rs", "use crate::sql::X;"), "stands beside it");
}

#[test]
fn unsafe_stands_in_one_room() {
    assert!(said("src/json.rs", "fn f() { unsafe { g() } }").is_empty());
    assert_says(&said("src/scan.rs", "fn f() { unsafe { g() } }"), "`unsafe` stands in `json` alone");
    assert!(said("src/scan.rs", "// unsafe\nfn f() -> &'static str { \"unsafe\" }").is_empty());
    assert!(said("src/scan.rs", "#[expect(unsafe_code, reason = \"x\")] fn f() {}").is_empty());
}

#[test]
fn new_modules_need_a_layer() {
    assert_says(&said("src/serve.rs", ""), "the module `serve` has no layer");
}

#[test]
fn crates_stay_behind_their_fence() {
    assert!(said("src/scan.rs", "use datafusion::prelude::*;").is_empty());
    assert_says(&said("src/json.rs", "use datafusion_common::ScalarValue;"), "may name `datafusion_common`");
    assert_says(&said("src/output.rs", "fn f(e: datafusion::error::DataFusionError) {}"), "may name `datafusion`");
    assert_says(&said("src/engine.rs", "use clap::Parser;"), "may name `clap`");
    assert!(said("src/cli.rs", "use clap::Parser;").is_empty());
}

#[test]
fn pure_modules_and_the_environment_have_doors() {
    assert_says(&said("src/landing.rs", "use std::fs::File;"), "is pure and may not name `std::fs`");
    assert_says(&said("src/schedule.rs", "use std::time::{Duration, SystemTime};"), "`std::time::SystemTime`");
    assert!(said("src/schedule.rs", "use std::time::Duration;").is_empty());
    assert_says(&said("src/json.rs", "use tokio::sync::mpsc;"), "may not name `tokio`");
    assert_says(&said("src/engine.rs", "use std::{env, fs};"), "the environment enters");
    assert!(said("src/config.rs", "use std::env;").is_empty());
}

#[test]
fn files_have_a_heading_a_bound_and_no_promises() {
    assert_says(&said_of(&[("tests/it/x.rs", "use std::fs;\n")]), "does not begin with `//! `");
    assert_says(&said("src/error.rs", &"\n".repeat(400)), "has 401 lines");
    assert!(said("src/error.rs", &"\n".repeat(399)).is_empty());
    assert_says(&said("examples/x.rs", concat!("// TO", "DO: later")), "do it, or leave it out");
    assert_says(&said("tests/it/x.rs", concat!("#[ign", "ore = \"slow\"]")), "do it, or leave it out");
    assert!(said("src/error.rs", concat!("const MAXX", "X: u8 = 1;")).is_empty());
    assert_says(&said("tests/it/common/x.rs", ""), "the name `common` says nothing");
}

#[test]
fn folders_have_an_owner() {
    let heading = "//! What it owns.";
    assert_says(&said_of(&[("src/scan/feed.rs", heading)]), "the folder has neither");
    assert!(said_of(&[("src/scan/feed.rs", heading), ("src/scan/mod.rs", heading)]).is_empty());
    assert!(said_of(&[("src/scan/feed.rs", heading), ("src/scan.rs", heading)]).is_empty());
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a // b\n/* c /* d */ e */ 'f' '\\'' \"g\\\"h\" r#\"i\"j\"# b'k' b\"l\" &'m n r#type \"\n\" o";
    let words: Vec<(String, usize)> = tokens(text).into_iter().map(|token| (token.text, token.line)).collect();
    let expected = [("a", 1), ("&", 2), ("m", 2), ("n", 2), ("type", 2), ("o", 3)];
    assert_eq!(words, expected.map(|(word, line)| (word.to_owned(), line)));
}

#[test]
fn the_walk_finds_files_in_folders() {
    let root = tempfile::tempdir().expect("a scratch folder");
    assert!(read_tree(root.path()).is_empty());
    std::fs::create_dir_all(root.path().join("src/scan")).expect("a folder");
    std::fs::write(root.path().join("src/scan/feed.rs"), "").expect("a file");
    std::fs::write(root.path().join("src/notes.txt"), "").expect("a file");
    let found: Vec<String> = read_tree(root.path()).into_iter().map(|source| source.path).collect();
    assert_eq!(found, ["src/scan/feed.rs"]);
}
