//! No secret comes out of a process: not on its streams, not in its logs, pages, caches and answers over HTTP, and not in
//! what is left of it where it is killed.
//!
//! `needles` are the forms in which a secret could stand; `house` is a folder with everything that processes of it leave
//! behind. A new command is added to [`COMMANDS`]. What a user types at the prompt is theirs: a secret in a statement
//! stands in the history, and in messages about the statement.

mod house;
mod needles;

use std::time::{Duration, Instant};

use house::{House, Outcome};

/// Everything that pinq does, once where it goes well and once where it does not; `{s3}` is the landing.
const COMMANDS: &[&[&str]] = &[
    &["sql", "select count(*) from raw.item", "--landing", "{s3}"],
    &["sql", "explain analyze select * from raw.item", "--landing", "{s3}"],
    &["sql", "explain verbose select * from raw.item", "--landing", "{s3}"],
    &["sql", "show all", "--landing", "{s3}"],
    &["sql", "select * from information_schema.df_settings", "--landing", "{s3}"],
    &["sql", "select nothing from raw.item", "--landing", "{s3}"],
    &["sql", "select * from raw.item", "--landing", "s3://no-such-bucket/topics/"],
    &["sql", "select * from 's3://landing/x.csv'", "--landing", "{s3}", "--allow-read", "s3://landing/"],
    &[
        "sql",
        "copy raw.item to 's3://landing/copied.csv'",
        "--landing",
        "{s3}",
        "--allow-write",
        "s3://landing/copied.csv",
    ],
    &["sql", "copy raw.item to 's3://elsewhere/copied.csv'", "--landing", "{s3}"],
    &["sql", "select * from raw.item", "--landing", "{s3}", "--output", "s3://landing/answers/"],
    &["run", "questions/", "--landing", "{s3}", "--output", "answers/"],
    &["run", "-", "--landing", "{s3}"],
    &["repl", "--landing", "{s3}"],
    &["tables", "--landing", "{s3}"],
    &["schema", "item", "--landing", "{s3}"],
    &["schema", "item", "--landing", "{s3}", "--format", "json"],
    &["sql", "select * from information_schema.tables", "--landing", "{s3}", "--no-cache"],
    &["profile", "item", "--landing", "{s3}"],
    &["check", "--landing", "{s3}"],
    &["doctor", "{s3}"],
    &["cache", "status", "--landing", "{s3}"],
    &["cache", "status", "--landing", "{s3}", "--format", "json"],
    &["cache", "warm", "--landing", "{s3}"],
    &["init", "--help"],
    &["completions", "bash"],
    &["report", "list"],
    &["report", "run", "items"],
    &["report", "run", "broken"],
    &["report", "run", "unheard"],
    &["report", "show", "items"],
    &["report", "history", "items"],
    &["--config", "missing.toml", "tables"],
];

/// A configuration of the same values, with one mistake each.
const MISTAKES: &[&str] = &[
    "[storage]\nsecret_access_key = \"{profile}\"\n",
    "[storage]\nendpoint = \"https://me:{password}@127.0.0.1:9\"\n",
    "[storage]\nendpoint = \"me:{password}@127.0.0.1\"\n",
    "[reports.x]\nquestions = [\"q\"]\ndestination = \"out/\"\nnotify = \"ftp://host/{path}?{query}\"\n",
    "[reports.x]\nquestions = [\"q\"]\ndestination = \"out/\"\nnotify = \"http://host.example/{path}?{query}\"\n",
    "[reports.x]\nquestions = [\"q\"]\ndestination = \"out/\"\nnotify = [\"https://host/{path}\"]\n",
    "[reports.x]\nquestions = [\"q\"]\ndestination = \"out/\"\nnotify = \"https://host/{path}\nschedule = 1\n",
    "[reports.x]\nquestions = [\"q\"]\ndestination = \"out/\"\nnotify = \"{path}\"\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_command_shows_a_secret() {
    let house = House::build().await;
    let mut ended = Vec::new();
    for arguments in COMMANDS {
        ended.push((arguments.join(" "), house.run(arguments, &[]).await));
    }
    // The same questions with keys that the service refuses, with those of a profile, and with none that are whole.
    let question = &["sql", "select count(*) from raw.item", "--landing", "{s3}"];
    let wrong = [("AWS_SECRET_ACCESS_KEY", house.secrets.wrong.as_str())];
    let unset = [("AWS_SECRET_ACCESS_KEY", ""), ("AWS_ACCESS_KEY_ID", "")];
    let half = [("AWS_ACCESS_KEY_ID", "")];
    let password = format!("http://me:{}@127.0.0.1:9", house.secrets.password);
    let endpoint = [("AWS_ENDPOINT_URL", password.as_str())];
    for variables in [wrong.as_slice(), &unset, &half, &endpoint] {
        ended.push((format!("{variables:?}"), house.run(question, variables).await));
    }
    for mistake in MISTAKES {
        house.misconfigure(mistake);
        ended.push((
            format!("`{mistake}`"),
            house.run(&["--config", "mistake.toml", "tables", "--landing", "{s3}"], &[]).await,
        ));
    }
    let went_well = ended.iter().filter(|(_, outcome)| outcome.code == Some(0)).count();
    assert!(went_well >= 20, "{went_well} of {}: {}", ended.len(), told(&ended));
    let failed = ended.iter().filter(|(_, outcome)| outcome.code != Some(0)).count();
    assert!(failed >= 15, "{failed} of {}: {}", ended.len(), told(&ended));
    let notices = house.notices();
    assert!(notices.iter().any(|notice| notice.contains("broken")), "the webhook was told: {notices:?}");
    let mut shown: Vec<String> = Vec::new();
    for (command, Outcome { output, .. }) in &ended {
        shown.extend(house.secrets.found_in(output).map(|name| format!("`{command}` shows {name}")));
    }
    shown.extend(house.left_behind());
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

fn told(ended: &[(String, Outcome)]) -> String {
    let one = |(command, Outcome { code, output }): &(String, Outcome)| {
        format!("`{command}` ended with {code:?}: {}\n", String::from_utf8_lossy(output))
    };
    ended.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheduler_shows_no_secret_and_leaves_none_where_it_is_killed() {
    let house = House::build().await;
    let mut scheduler = house.start(&["report", "start", "--status-listen", "127.0.0.1:0"]);
    let address = scheduler.status_address();
    let mut told = String::new();
    for path in ["/", "/health", "/reports", "/status", "/metrics", "/nothing"] {
        told.push_str(&house::get(&address, path));
    }
    assert!(told.contains("pinq"), "{told}");
    assert_eq!(scheduler.limit_of_core_files(), "0", "no file of its memory is written");
    scheduler.abort();
    let began = Instant::now();
    let outcome = scheduler.ended();
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(outcome.code.is_none(), "it was killed: {outcome:?}");
    let mut shown: Vec<String> =
        house.secrets.found_in(told.as_bytes()).map(|name| format!("the status shows {name}")).collect();
    shown.extend(house.secrets.found_in(&outcome.output).map(|name| format!("the log shows {name}")));
    shown.extend(house.left_behind());
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}
