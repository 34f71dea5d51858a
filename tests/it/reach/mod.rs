//! What statements may not reach: each way out of the landing is tried, and each is refused.
//!
//! `attempts` are the statements, as data; `scene` is the folder with what must be neither read nor written. Nothing
//! here looks at how pinq decides.

mod attempts;
mod buckets;
mod locations;
mod scene;

use scene::{Scene, Vouching};

/// Whoever gives a session no permission gets none, whatever the statement looks like.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_permission_nothing_is_read_or_written() {
    assert!(attempts::ALL.len() >= 60, "{}", attempts::ALL.len());
    let mut wrong = Vec::new();
    for attempt in attempts::ALL {
        let scene = Scene::new();
        let engine = scene.engine(&[], &[]);
        wrong.extend(scene.try_in_vain(&engine, attempt, Vouching::User).await);
    }
    assert!(wrong.is_empty(), "{} attempts:\n{}", wrong.len(), wrong.join("\n"));
}

/// A report's question and a project's own script get no permission, whatever the command line says.
#[tokio::test(flavor = "multi_thread")]
async fn with_every_permission_nobody_else_s_statement_reads_or_writes() {
    let mut wrong = Vec::new();
    for attempt in attempts::ALL {
        let scene = Scene::new();
        let engine = scene.engine(&["/", "s3://bucket"], &["/", "s3://bucket"]);
        wrong.extend(scene.try_in_vain(&engine, attempt, Vouching::Nobody).await);
    }
    assert!(wrong.is_empty(), "{} attempts:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a session may always do: its memory is its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_session_s_memory_needs_no_permission() {
    for text in attempts::IN_MEMORY {
        for vouching in [Vouching::User, Vouching::Nobody] {
            let scene = Scene::new();
            let engine = scene.engine(&[], &[]);
            scene.run(&engine, text, vouching).await.unwrap_or_else(|error| panic!("`{text}`: {}", error.render()));
            scene.assert_untouched(text);
        }
    }
}
