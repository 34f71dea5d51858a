//! What surrounds a program on a test's terminal: folders, files and variables of its own, nothing of the caller's.
//!
//! Owns the scratch folder and the environment. One setup serves several sessions in turn, so that a test can show what
//! the second finds of the first. It must not start anything.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::s3::S3Server;
use crate::s3_landing::program::ROOT;

/// The folders of a session, and the variables that name them.
const FOLDERS: [(&str, &str); 5] = [
    ("home", "HOME"),
    ("tmp", "TMPDIR"),
    ("state", "XDG_STATE_HOME"),
    ("config", "XDG_CONFIG_HOME"),
    ("cache", "XDG_CACHE_HOME"),
];

/// A scratch folder and an environment. The working folder is `work` in it.
pub(crate) struct Setup {
    folder: Arc<TempDir>,
    variables: BTreeMap<String, OsString>,
    answering: Answering,
}

/// Whether the terminal answers what programs ask it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answering {
    /// As every terminal emulator does.
    AtOnce,
    /// As a teletype, or a serial line that leads nowhere.
    Never,
}

impl Setup {
    /// Empty folders, and no landing. Programs are found in `bin` of the scratch folder first.
    pub(crate) fn new() -> Setup {
        let mut setup = Setup {
            folder: Arc::new(tempfile::tempdir().expect("a scratch folder")),
            variables: BTreeMap::new(),
            answering: Answering::AtOnce,
        };
        for name in ["work", "bin"] {
            fs::create_dir(setup.path(name)).expect("a scratch folder");
        }
        for (name, variable) in FOLDERS {
            fs::create_dir(setup.path(name)).expect("a scratch folder");
            setup.variables.insert(variable.to_owned(), setup.path(name).into());
        }
        let path = format!("{}:/usr/bin:/bin", setup.path("bin").display());
        setup
            .env("PATH", &path)
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            // Nothing here may wait for a metadata service that does not answer.
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// Over the samples of the project, with their declared columns.
    pub(crate) fn samples() -> Setup {
        let declared = fs::read_to_string(Path::new(ROOT).join("pinq.toml")).expect("the project's pinq.toml");
        let relative = "data-samples/topics/";
        assert!(declared.contains(relative), "the project's pinq.toml names the samples");
        Setup::new().config(&declared.replace(relative, &format!("{ROOT}/{relative}")))
    }

    /// Over the server's bucket, whose landing is `topics/`; `tables` follows in the configuration.
    pub(crate) fn served(server: &S3Server, tables: &str) -> Setup {
        let options = server.options();
        Setup::new()
            .config(&format!("[landing]\nlocation = \"s3://{}/topics/\"\n{tables}", options.bucket_name))
            .env("AWS_ENDPOINT_URL", &server.endpoint())
            .env("AWS_ACCESS_KEY_ID", &options.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &options.secret_key)
            .env("AWS_REGION", &options.region)
    }

    /// With a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Setup {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// On a terminal that answers nothing.
    pub(crate) fn unanswering(mut self) -> Setup {
        self.answering = Answering::Never;
        self
    }

    /// With this `pinq.toml` in the working folder.
    pub(crate) fn config(self, text: &str) -> Setup {
        self.file("work/pinq.toml", text)
    }

    /// With a file in the scratch folder.
    pub(crate) fn file(self, name: &str, text: &str) -> Setup {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a scratch folder");
        fs::write(path, text).expect("a scratch file");
        self
    }

    /// With a program of that name: a shell script, for `$PAGER` and `$EDITOR`.
    pub(crate) fn script(self, name: &str, text: &str) -> Setup {
        let name = format!("bin/{name}");
        let setup = self.file(&name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(setup.path(&name), fs::Permissions::from_mode(0o755)).expect("a script can be started");
        setup
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The scratch folder, for whoever must not outlive it.
    pub(super) fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    /// The whole environment.
    pub(super) fn variables(&self) -> &BTreeMap<String, OsString> {
        &self.variables
    }

    pub(super) fn answering(&self) -> Answering {
        self.answering
    }
}
