//! Finds the source of `datafusion-sql`, two files of which are compiled here.

use std::process::Command;
use std::{env, fs};

fn main() {
    let manifest = env::var("CARGO_MANIFEST_PATH").expect("cargo says where the manifest is");
    let output = Command::new(env::var("CARGO").expect("cargo says where it is"))
        .args(["metadata", "--format-version", "1", "--manifest-path", &manifest])
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let end = "/Cargo.toml\"";
    let path = metadata
        .split("\"manifest_path\":\"")
        .skip(1)
        .filter_map(|rest| rest.split_once(end))
        .map(|(folder, _)| folder)
        .find(|folder| folder.rsplit('/').next().is_some_and(|name| name.starts_with("datafusion-sql-")))
        .expect("`datafusion-sql` is in the lock file");
    let modules: String = ["parser", "resolve"]
        .iter()
        .map(|name| format!("#[path = {:?}]\npub mod {name};\n", format!("{path}/src/{name}.rs")))
        .collect();
    let folder = env::var("OUT_DIR").expect("cargo says where to");
    fs::write(format!("{folder}/modules.rs"), modules).expect("the folder can be written to");
    println!("cargo::rerun-if-changed=build.rs");
}
