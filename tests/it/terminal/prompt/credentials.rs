//! Keys that end while a session lasts are renewed elsewhere, and the session goes on.

use super::super::device::Terminal;
use super::super::setup::Setup;
use crate::s3_landing::landings::{COUNT, items, serve};

const CONFIG: &str = "[tables.item.columns]\nn = \"bigint\"\n[storage]\nprofile = \"mine\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn keys_that_were_refused_are_looked_for_again() {
    let server = serve(&items(&[3])).await;
    let [old, new] = ["AKIAOLDEXAMPLE000000", server.options().access_key.as_str()].map(|key| {
        let secret = &server.options().secret_key;
        format!("[mine]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    });
    let files = "work/credentials";
    let setup = Setup::served(&server, CONFIG).env("AWS_SHARED_CREDENTIALS_FILE", "credentials").file(files, &old);
    let mut terminal = Terminal::prompt(200, &setup);
    terminal.ask(&format!("{COUNT};"));
    assert!(terminal.screen_text().contains("does not know the access key"), "{}", terminal.screen_text());
    std::fs::write(setup.path(files), &new).expect("a file");
    terminal.ask(&format!("{COUNT};"));
    let screen = terminal.screen_text();
    assert!(screen.contains("│       3 ┆"), "{screen}");
}
