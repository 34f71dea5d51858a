//! The way from the configuration to the first record, walked step by step: what works, what does not, what to do.
//!
//! Owns the steps, their order and what each says. A step uses what every run uses (`config`, `store`, `engine`, `cache`)
//! and must not do anything in another way: what it finds is what a run would meet. It must not print, and leaves nothing
//! behind. It is bounded: so many keys, so many objects, so much time, and it says where it stopped.

mod access;
mod beginning;
mod cache;
mod configuration;
mod contents;
mod listing;
mod machine;
mod offsets;
mod planning;
mod sample;
mod sampling;
mod sizes;
mod step;

use std::time::Duration;

pub use step::{Diagnosis, Status, Step};

use self::contents::Contents;
use self::sampling::Sample;
use self::step::{Name, Walk};
use crate::config::{Config, Environment, StorageConfig, TableSource, ViewsConfig, ViewsOrigin};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::location::Location;
use crate::store::Stores;

/// A request is tried again so often at most, and answered in so much time, or its step says what is wrong.
const RETRIES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(10);

/// Walks the way. `configured` is what came of reading the configuration; `tell` gets each step as it is done.
///
/// # Errors
/// Those of `tell` alone: what is wrong with the way is in its steps.
pub async fn examine(
    configured: Result<Config>,
    environment: &Environment,
    tell: &mut (dyn FnMut(&Step) -> Result<()> + Send),
) -> Result<Diagnosis> {
    let mut walk = Walk::new(tell);
    let config = match configured {
        Ok(config) => config,
        Err(error) => {
            walk.add(Step::failed(Name::Configuration, &error))?;
            walk.skip_all(&Name::ON_DISK, Name::Configuration)?;
            return Ok(walk.end(None));
        }
    };
    let location = location_of(&config);
    walk.add(configuration::step(&config, environment, location.as_ref()))?;
    let mut config = Config { storage: hurried(&config.storage), ..config };
    if let Some(Location::S3 { bucket, .. }) = &location {
        let stores = Stores::new(&config.storage, environment);
        // Whoever comes later need not ask for it again.
        let region = access::steps(&mut walk, &stores, bucket).await?;
        config.storage.region = config.storage.region.or(region);
    }
    let engine = opened(&config, environment);
    let mut sample = None;
    match &location {
        None => walk.skip_all(&Name::OF_LANDING, Name::Configuration)?,
        Some(location) => sample = landing(&mut walk, &config, environment, &engine, location).await?,
    }
    walk.add(cache::step(&config, engine.engine.as_ref()).await)?;
    walk.add(machine::step(&config, environment))?;
    match (&engine.trouble, &sample, walk.first_failed()) {
        (Some(trouble), ..) => {
            walk.add(Step::failed(Name::Views, trouble))?;
            walk.skip(Name::Questions, Name::Views)?;
        }
        (None, Some(sample), _) => {
            walk.add(planning::views(sample).await)?;
            walk.add(planning::questions(sample, &config).await)?;
        }
        (None, None, cause) => walk.skip_all(&[Name::Views, Name::Questions], cause.unwrap_or(Name::Sample))?,
    }
    Ok(walk.end(location.map(|location| location.to_string())))
}

/// The steps that need the landing; its sample, where there is one.
async fn landing(
    walk: &mut Walk<'_>,
    config: &Config,
    environment: &Environment,
    engine: &Opened,
    location: &Location,
) -> Result<Option<Sample>> {
    let stores = Stores::new(&config.storage, environment);
    if let Some(cause) = walk.first_failed() {
        walk.skip_all(&Name::OF_LANDING, cause)?;
        return Ok(None);
    }
    walk.add(listing::step(&stores, config, location).await)?;
    if walk.has_failed(Name::List) {
        walk.skip_all(&Name::FROM_READ, Name::List)?;
        return Ok(None);
    }
    let (step, contents) = match &engine.engine {
        Some(engine) => contents::step(&stores, config, engine).await,
        None => (Step::failed(Name::Landing, &Error::bug("no engine could be opened")), Contents::default()),
    };
    if walk.add(step)? == Status::Failed {
        walk.skip_all(&[Name::Read, Name::Sample, Name::Offsets, Name::Sizes], Name::Landing)?;
        return Ok(None);
    }
    let (step, sample) = sampling::step(&contents, config, environment, location).await;
    walk.add(step)?;
    let sample = match sample {
        // One object that can't be read is no reason not to look at the others.
        Some(sample) if sample.holds_any() || !walk.has_failed(Name::Read) => sample,
        _ => {
            walk.skip_all(&[Name::Sample, Name::Offsets], Name::Read)?;
            walk.add(sizes::step(&contents, &[]))?;
            return Ok(None);
        }
    };
    let decoded = sample::decode(&sample).await;
    walk.add(sample::step(&decoded, &sample, config))?;
    walk.add(offsets::step(&sample, &contents).await)?;
    walk.add(sizes::step(&contents, &decoded))?;
    Ok(Some(sample))
}

/// Where the walk leads: the landing, or else the first table with a place of its own.
fn location_of(config: &Config) -> Option<Location> {
    let of_tables = config.tables.iter().find_map(|table| match &table.source {
        TableSource::Location(location) => Some(location.clone()),
        TableSource::TopicOfThatName | TableSource::Topic(_) => None,
    });
    config.landing.clone().or(of_tables)
}

/// The same storage for somebody who waits at a screen.
fn hurried(storage: &StorageConfig) -> StorageConfig {
    StorageConfig {
        retries: storage.retries.min(RETRIES),
        connect_timeout: storage.connect_timeout.min(PATIENCE),
        request_timeout: storage.request_timeout.min(PATIENCE),
        ..storage.clone()
    }
}

/// An engine, and why it is not the one that the configuration describes.
struct Opened {
    engine: Option<Engine>,
    /// What is wrong with the views.
    trouble: Option<Error>,
}

/// Opening looks at the views and the folder to spill to alone, so without these there is an engine in any case.
fn opened(config: &Config, environment: &Environment) -> Opened {
    // What is wrong with the folder to spill to is told of the memory.
    let config = match Engine::open(&without_views(config), environment) {
        Ok(_) => config.clone(),
        Err(_) => without_spilling(config),
    };
    match Engine::open(&config, environment) {
        Ok(engine) => Opened { engine: Some(engine), trouble: None },
        Err(error) => Opened { engine: Engine::open(&without_views(&config), environment).ok(), trouble: Some(error) },
    }
}

/// The same with the views that are compiled in.
fn without_views(config: &Config) -> Config {
    let path = std::path::PathBuf::from("/nonexistent/pinq/views");
    Config { views: ViewsConfig { path, origin: ViewsOrigin::Default }, ..config.clone() }
}

/// The same with the system's folder for temporary files.
fn without_spilling(config: &Config) -> Config {
    let mut config = config.clone();
    config.session.spill_folder = None;
    config
}
