//! The shape of the source tree: what ARCHITECTURE.md promises about modules, checked on every file.
//!
//! Owns the walk over the tree and the report. The layers are in `layers`, the rules in `rules`, and
//! reading Rust text in `tokens`; `cases` shows that every rule can fail. It must not build or run
//! anything: it reads text only.

mod cases;
mod layers;
mod rules;
mod tokens;

use std::fs;
use std::path::Path;

/// A file of the tree: its path below the root, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

/// A broken rule and where: lines count from 1.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Offence {
    path: String,
    line: usize,
    what: String,
}

/// The folders whose Rust files are held to the rules; only `src` has to exist.
const FOLDERS: [&str; 4] = ["src", "tests", "examples", "benches"];

#[test]
fn the_source_tree_keeps_its_shape() {
    let sources = read_tree(Path::new(env!("CARGO_MANIFEST_DIR")));
    for needed in ["src/lib.rs", "src/main.rs"] {
        assert!(sources.iter().any(|source| source.path == needed), "the walk did not find `{needed}`");
    }
    let offences = rules::offences(&sources);
    let lines: Vec<String> = offences.iter().map(|o| format!("{}:{}: {}", o.path, o.line, o.what)).collect();
    assert!(offences.is_empty(), "{} offences against the shape of the tree:\n{}", lines.len(), lines.join("\n"));
}

/// Every Rust file below the root's source folders, sorted by path.
fn read_tree(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        if root.join(folder).is_dir() {
            read_folder(root, folder, &mut sources);
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn read_folder(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder can be listed") {
        let entry = entry.expect("the entry can be read");
        let name = entry.file_name().into_string().expect("file names are UTF-8");
        let path = format!("{folder}/{name}");
        if entry.file_type().expect("the entry has a type").is_dir() {
            read_folder(root, &path, sources);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("source files are UTF-8");
            sources.push(Source { path, text });
        }
    }
}
