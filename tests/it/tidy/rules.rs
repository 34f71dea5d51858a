//! The rules that every source file keeps.
//!
//! Owns finding the offences. Which module may do what is in `layers`. It must not read files: it
//! gets them, so that `cases` can show each rule failing.

use std::collections::BTreeSet;

use super::layers::{self, EMPTY_NAMES, ENVIRONMENT_DOORS, FENCES, IMPURE, PURE, UNSAFE_ROOM};
use super::tokens::{Token, inline_depths, names_below, tokens};
use super::{Offence, Source};

/// The most lines that a file may have.
const MOST_LINES: usize = 400;

/// Words that promise later work; said in two halves, since this file is checked as well.
const PROMISES: [&str; 5] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK"), concat!("#[ign", "ore")];

/// Every offence of the sources, sorted by place.
pub(super) fn offences(sources: &[Source]) -> Vec<Offence> {
    let mut found = Vec::new();
    for source in sources {
        check_text(source, &mut found);
        if let Some(below) = source.path.strip_prefix("src/") {
            check_code(source, &module_path(below), &mut found);
        }
    }
    check_folders(sources, &mut found);
    found.sort();
    found.dedup();
    found
}

/// The rules for any text: a heading, a bound on length, no promises, names that say something.
fn check_text(source: &Source, found: &mut Vec<Offence>) {
    let mut report = |line, what: String| found.push(Offence { path: source.path.clone(), line, what });
    if !source.text.starts_with("//! ") {
        report(1, "does not begin with `//! `: say what the file owns and what it must not do".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > MOST_LINES {
        report(lines, format!("has {lines} lines, at most {MOST_LINES} are allowed: split it"));
    }
    for (position, line) in source.text.lines().enumerate() {
        for promise in PROMISES {
            if holds_word(line, promise) {
                report(position + 1, format!("says `{promise}`: do it, or leave it out"));
            }
        }
    }
    for name in source.path.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&name) {
            report(1, format!("the name `{name}` says nothing about what stands there"));
        }
    }
}

/// The rules for the crate's own code: edges between modules, fenced crates, pure modules.
fn check_code(source: &Source, path: &[&str], found: &mut Vec<Offence>) {
    let module = path.first().copied().unwrap_or("lib");
    let mut report = |line, what: String| found.push(Offence { path: source.path.clone(), line, what });
    if layers::layer(module).is_none() {
        let what = format!("the module `{module}` has no layer: add it to `LAYERS` in `tests/it/tidy/layers.rs`");
        return report(1, what);
    }
    let tokens = tokens(&source.text);
    for edge in edges(&tokens, path) {
        if layers::layer(&edge.text).is_none() {
            // Types re-exported by `lib.rs` would hide the edge to the module that owns them.
            report(edge.line, format!("`{}` is no module of the table: name the module that owns it", edge.text));
        } else if let Some(objection) = layers::objection(module, &edge.text) {
            report(edge.line, objection);
        }
    }
    for (position, token) in tokens.iter().enumerate() {
        if position > 0 && tokens[position - 1].text == "." {
            continue;
        }
        if token.text == "unsafe" && module != UNSAFE_ROOM {
            report(token.line, format!("`unsafe` stands in `{UNSAFE_ROOM}` alone, where it is fuzzed and run by Miri"));
        }
        for fence in &FENCES {
            let extends = |name: &str| token.text.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
            let named = fence.crates.iter().any(|name| token.text == *name || extends(name));
            if named && !fence.allowed.contains(&module) {
                let allowed = fence.allowed.join("`, `");
                report(token.line, format!("only `{allowed}` may name `{}`, {}", token.text, fence.why));
            }
        }
        for name in from_std_or_crate(&tokens, position) {
            if PURE.contains(&module) && IMPURE.contains(&name.as_str()) {
                report(token.line, format!("`{module}` is pure and may not name `{name}`"));
            }
            if name == "std::env" && !ENVIRONMENT_DOORS.contains(&module) {
                report(token.line, format!("the environment enters through `config` and `store`, not `{module}`"));
            }
        }
    }
}

/// Every folder of modules has a file that owns it.
fn check_folders(sources: &[Source], found: &mut Vec<Offence>) {
    let paths: BTreeSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    for path in &paths {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        let owned =
            paths.contains(format!("{folder}/mod.rs").as_str()) || paths.contains(format!("{folder}.rs").as_str());
        if folder.starts_with("src/") && !owned {
            let what = format!("the folder has neither `mod.rs` nor `{folder}.rs` beside it");
            found.push(Offence { path: (*path).to_owned(), line: 1, what });
        }
    }
}

/// The modules around a file below `src`: `scan/exec.rs` is `["scan", "exec"]`, `lib.rs` is `[]`.
fn module_path(below: &str) -> Vec<&str> {
    let mut path: Vec<&str> = below.trim_end_matches(".rs").split('/').collect();
    match path.last() {
        Some(&"mod") => _ = path.pop(),
        Some(&"lib") if path.len() == 1 => path.clear(),
        _ => {}
    }
    path
}

/// The top-level modules that the code names: by `crate::`, by enough `super::`, in `main.rs` by the
/// crate's name. `lib.rs` stands above all and names whatever it re-exports.
fn edges(tokens: &[Token], path: &[&str]) -> Vec<Token> {
    if path.is_empty() {
        return Vec::new();
    }
    let depths = inline_depths(tokens);
    let mut named = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        match tokens[position].text.as_str() {
            "crate" => named.extend(names_below(tokens, position)),
            "pinq" if path == ["main"] => named.extend(names_below(tokens, position)),
            "super" => {
                let mut levels = 1;
                while names_below(tokens, position).first().is_some_and(|next| next.text == "super") {
                    (levels, position) = (levels + 1, position + 3);
                }
                if levels == path.len() + depths[position] {
                    named.extend(names_below(tokens, position));
                }
            }
            _ => {}
        }
        position += 1;
    }
    named
}

/// `std::fs` and the like where the path at the position starts with `std`, else the word alone.
fn from_std_or_crate(tokens: &[Token], position: usize) -> Vec<String> {
    let root = &tokens[position].text;
    if root != "std" {
        return vec![root.clone()];
    }
    let mut names = Vec::new();
    for name in names_below(tokens, position) {
        // One level more, for `std::time::SystemTime`; a group gives its names without it.
        let deeper = tokens.get(position + 3).is_some_and(|token| *token == name);
        let below = if deeper { names_below(tokens, position + 3) } else { Vec::new() };
        names.push(format!("std::{}", name.text));
        names.extend(below.iter().map(|last| format!("std::{}::{}", name.text, last.text)));
    }
    names
}

/// Whether the line has the word, not as a part of a longer one.
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let parts_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        !parts_word(before) && !parts_word(after)
    })
}
