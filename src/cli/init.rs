//! `pinq init`: a first `pinq.toml` for a landing, with what it was found to hold.

use std::fmt::Write as _;
use std::io::Write as _;

use clap::Args;

use super::options::CommonArgs;
use crate::config::{Config, Environment, FILE_NAME};
use crate::engine::{Engine, TableInfo, TableSchema};
use crate::error::{Error, Kind, Result};
use crate::location::Location;
use crate::shipped;
use crate::ui::{Ui, human};

/// Look at a landing and write a commented pinq.toml for it
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder or `s3://BUCKET/PREFIX/` that holds the topics
    #[arg(value_name = "LOCATION")]
    location: String,
}

/// Looks at the landing and writes the file into the working folder.
pub async fn run(ui: &Ui, common: &CommonArgs, environment: &Environment, arguments: &InitArgs) -> Result<()> {
    let path = environment.resolve(FILE_NAME);
    if path.exists() {
        return Err(already_there());
    }
    // The configuration of a folder above must not lend its tables to the new one; one that was named
    // may say how S3 is reached.
    let landing = Location::parse(&arguments.location, environment.working_folder())?;
    let base = if common.config.is_some() { common.config(environment)? } else { Config::without_file(environment) };
    let config = Config { landing: Some(landing), tables: Vec::new(), ..base };
    let engine = Engine::open(&config, environment)?;
    let mut tables = Vec::new();
    for table in engine.tables().await?.into_iter().filter(|table| table.kind == "table") {
        let schema = engine.schema(&table.name).await?;
        tables.push((table, schema));
    }
    let text = configuration(&arguments.location, &tables);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => already_there(),
            _ => Error::new(Kind::Statement, format!("`{FILE_NAME}` could not be written")).because(error),
        })?;
    file.write_all(text.as_bytes())?;
    ui.status(&format!("wrote `{FILE_NAME}` with {}", human::counted(tables.len() as u64, "table", "tables")));
    ui.hint("try `pinq run --questions`, or `pinq check`");
    Ok(())
}

fn already_there() -> Error {
    Error::usage(format!("`{FILE_NAME}` exists already and was left as it is"))
        .hint("remove it first, or run `pinq init` in another folder")
}

fn configuration(location: &str, tables: &[(TableInfo, TableSchema)]) -> String {
    let mut text =
        String::from("# Where the topics are: a folder or an S3 prefix that holds `<topic>/partition=<n>/...`.\n");
    // Writing to a String can't fail.
    let _ = writeln!(text, "[landing]\nlocation = {}\n", quoted(location));
    for (table, schema) in tables {
        let Some(name) = table.table.as_deref() else { continue };
        let topic = table.location.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let objects = human::counted(table.objects.unwrap_or(0), "object", "objects");
        let _ = writeln!(text, "# {objects}, {}.", human::bytes(table.bytes.unwrap_or(0)));
        let _ = writeln!(text, "[tables.{}]\ntopic = {}", key(name), quoted(topic));
        let has = |key: &str| schema.columns.iter().any(|column| column.name == key);
        let expected = shipped::TABLES.iter().find(|shipped| shipped.name == name && has(shipped.key));
        if let Some(expected) = expected {
            let _ = writeln!(
                text,
                "key = {} # what a record must have; `pinq check` counts those that do not",
                quoted(expected.key)
            );
        }
        if let Some(sampled) = schema.sampled {
            let _ = writeln!(
                text,
                "# Found in {} of {}; a column that you delete here is not read.",
                human::counted(sampled.records, "record", "records"),
                human::counted(sampled.objects, "object", "objects")
            );
        }
        let _ = writeln!(text, "[tables.{}.columns]", key(name));
        for column in &schema.columns {
            // What strays of other topics brought along is told, not read.
            let stray = expected.is_some_and(|expected| expected.columns.iter().all(|(name, _)| *name != column.name));
            // A key without a name can be read, and not be named here.
            let lead = if stray || column.name.is_empty() { "# " } else { "" };
            let _ = writeln!(
                text,
                "{lead}{} = {} # {}",
                key(&column.name),
                quoted(&column.kind.to_lowercase()),
                one_line(&column.evidence)
            );
        }
        text.push('\n');
    }
    text.push_str(
        "# The views that clean the records: each `NAME.sql` in the folder is the view NAME. Without the\n\
         # folder, the views `pin`, `geo` and `user` that are built in are used.\n\
         # [views]\n# path = \"queries/views\"\n\n\
         # How S3 is reached; credentials and regions are found as the AWS CLI finds them.\n\
         # [storage]\n# profile = \"work\"\n# requests_in_flight = 256\n\n\
         # What pinq may use.\n# [session]\n# memory_limit = \"4GiB\"\n# threads = 4\n\n\
         # Questions that are answered on a schedule and published: `pinq report`.\n\
         # [reports.daily]\n# questions = [\"queries/*.sql\"]\n# schedule = \"0 6 * * *\"\n\
         # timezone = \"Europe/London\"\n# destination = \"reports/\"\n",
    );
    text
}

/// A TOML key: bare where TOML allows it.
fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A TOML basic string, which is also a legal quoted key.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
