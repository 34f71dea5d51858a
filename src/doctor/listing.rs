//! May the location be listed, and does anything stand there: one page of it.

use std::time::Instant;

use futures::TryStreamExt;

use super::step::{Name, Step};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::{Action, FULL_PAGE, Level, Policy, Stores};
use crate::ui::human;

/// Lists the first page of what stands directly at the location.
pub(super) async fn step(stores: &Stores, config: &Config, location: &Location) -> Step {
    let began = Instant::now();
    match first_page(stores, location).await {
        Err(error) => Step::failed(Name::List, &error).allowing(&error, policy(config, location, Action::List)),
        Ok(page) if page.folders.is_empty() && page.objects.is_empty() => {
            Step::failed(Name::List, &nothing(stores, location).await)
        }
        // A folder of so many objects would take long to list, only to find that it holds no topics.
        Ok(page) if config.landing.is_some() && page.folders.is_empty() && page.objects.len() >= FULL_PAGE => {
            let error =
                Error::statement(format!("`{location}` may be listed, and holds objects and no folders of topics"))
                    .hint("it looks like one partition of a topic: name the folder above the topics")
                    .hint("or declare it as a table: `[tables.NAME]` with `location = \"...\"`");
            Step::failed(Name::List, &error)
        }
        Ok(page) => {
            let took = human::duration(began.elapsed());
            let mut step = Step::ok(Name::List, format!("`{location}` may be listed ({took})"));
            let folders = human::counted(page.folders.len() as u64, "folder", "folders");
            let objects = human::counted(page.objects.len() as u64, "object", "objects");
            step.detail(format!("{folders} and {objects} stand directly in it, as far as one page tells"));
            step
        }
    }
}

/// The smallest policy for an action on a landing.
pub(super) fn policy(config: &Config, location: &Location, action: Action) -> Policy {
    let region = config.storage.region.as_deref().unwrap_or_default();
    match location {
        Location::S3 { bucket, prefix } => Policy::new(action, region, bucket, prefix),
        Location::Folder(_) => Policy::new(action, region, "", ""),
    }
}

async fn first_page(stores: &Stores, location: &Location) -> Result<Level> {
    let listed = async {
        let store = stores.open(location).await?;
        store.list_level("").try_next().await
    };
    match listed.await {
        Ok(page) => Ok(page.unwrap_or_default()),
        Err(error) => Err(stores.with_nearby(error, location).await),
    }
}

async fn nothing(stores: &Stores, location: &Location) -> Error {
    let error = Error::statement(format!("`{location}` may be listed, and nothing is there"));
    match stores.nearby(location).await {
        Some(nearby) => error.hint(nearby.hint()).hint("name the folder above the topics: `pinq doctor LOCATION`"),
        None => error.hint("check the connector's `topics.dir`, and whether it has written anything yet"),
    }
}
