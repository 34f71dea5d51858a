//! Folders that hold what is no file, lead in circles, or have names that are no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::landing::Landing;

const COUNT: &str = "select count(*) as n from t";

fn landing() -> Landing {
    Landing::new().object("a.json", "{\"id\":1}\n")
}

#[tokio::test]
async fn what_is_no_file_is_told_and_nobody_waits_for_it() {
    let pipe = landing();
    let made = Command::new("mkfifo").arg(pipe.folder().join("p.json")).status().expect("`mkfifo` starts");
    assert!(made.success());
    let (finished, _) = pipe.ask(COUNT).await;
    finished.assert_refused(1, &["p.json` is no file, but a pipe, a socket or a device", "hint: move it out"]);

    let socket = landing();
    // A path of a socket is short.
    let folder = tempfile::tempdir().expect("a scratch folder");
    let _listener = UnixListener::bind(folder.path().join("s")).expect("a socket");
    symlink(folder.path().join("s"), socket.folder().join("s.json")).expect("a link");
    socket.ask(COUNT).await.0.assert_refused(1, &["s.json` is no file"]);

    let device = landing();
    symlink("/dev/zero", device.folder().join("z.json")).expect("a link");
    device.ask(COUNT).await.0.assert_refused(1, &["z.json` is no file"]);
}

#[tokio::test]
async fn a_folder_with_the_name_of_an_object_is_a_folder() {
    let landing = landing();
    fs::create_dir(landing.folder().join("x.json")).expect("a scratch folder");
    fs::write(landing.folder().join("x.json/b.json"), "{\"id\":2}").expect("a scratch file");
    assert_eq!(landing.ask(COUNT).await.0.answer(), "n\n2\n");
}

#[tokio::test]
async fn links_in_a_circle_are_told() {
    for (link, target, said) in [
        ("loop", ".", "is deeper than 24 folders"),
        ("up", "../../..", "is deeper than 24 folders"),
        ("self.json", "self.json", "self.json` can not be read"),
        ("gone.json", "nowhere", "gone.json` can not be read"),
    ] {
        let landing = landing();
        symlink(target, landing.folder().join(link)).expect("a link");
        landing.ask(COUNT).await.0.assert_refused(1, &[said]);
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_is_told_and_one_of_several_lines_stays_on_one() {
    let landing = landing();
    fs::write(landing.folder().join(OsStr::from_bytes(b"\xff\xfe.json")), "{\"id\":2}").expect("a scratch file");
    landing.ask(COUNT).await.0.assert_refused(1, &["is a name that is no text", "hint: rename it"]);

    let forged = Landing::new().object("x\nhint: run `rm -rf`\u{1b}[2J\u{202e}.json", "bad");
    let (finished, _) = forged.ask(COUNT).await;
    let escaped = "object `partition=0/x\\nhint: run `rm -rf`\\u{1b}[2J\\u{202e}.json`, line 1";
    finished.assert_refused(1, &[escaped]);
    assert!(!finished.stderr.contains(['\u{1b}', '\u{202e}']), "{}", finished.stderr);
}
