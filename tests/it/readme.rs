//! Every `console` block of the documents at the top of the project runs and prints what it shows.
//!
//! Owns which documents are read; running them is `console`'s. `sh` blocks are not run: they are for
//! what a test cannot do, such as building, or asking for a bucket of one's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::console;

/// The document that has to show commands.
const README: &str = "README.md";

#[test]
fn documents_show_what_happens() {
    let documents = documents(Path::new(env!("CARGO_MANIFEST_DIR")));
    let named = |name: &str| documents.iter().find(|path| path.ends_with(name));
    let readme = named(README).expect("the project has a README.md");
    let text = |path: &Path| fs::read_to_string(path).expect("a document can be read");
    assert!(!console::steps(&text(readme)).is_empty(), "README.md shows no command in a console block");
    let with_commands = documents.iter().filter(|path| !console::steps(&text(path)).is_empty());
    let differences: Vec<String> = with_commands.flat_map(|path| console::run(path)).collect();
    assert!(differences.is_empty(), "{} commands differ:\n{}", differences.len(), differences.join("\n\n"));
}

/// The Markdown files at the top of the project, sorted.
fn documents(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("the project can be listed");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    let mut documents: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    documents.sort();
    documents
}
