//! Makes landings: records of the pin, geo and user topics with all their dirt, in the sink's layout.
//!
//! Every record is a pure function of the seed, its topic and its post, and every choice is made by the generator's own
//! random numbers in integer or exactly rounded arithmetic, so a seed gives the same bytes on every platform and with
//! any number of threads. It must not read a clock or the environment.

mod countries;
mod dirt;
mod persons;
mod posts;
mod random;
mod sink;
mod topics;
mod words;

use std::fmt;
use std::fs;
use std::io;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Parser;

use dirt::Dirt;
use sink::{ObjectSizes, Sink};
use topics::{Topic, World};

/// Make a landing of the pin, geo and user topics, as the Kafka Connect S3 sink lays it out.
#[derive(Clone, Debug, Parser)]
#[command(name = "landing")]
pub struct Arguments {
    /// The folder to make; the topics stand in its `topics` folder, which must not exist yet
    pub out: PathBuf,
    /// Posts to make: each is one record in each of the three topics, and now and then a repeat
    #[arg(long, default_value_t = 1000)]
    pub posts: u64,
    /// Records in each object; 1 is the sink's `flush.size=1`
    #[arg(long, value_name = "COUNT", default_value = "1000")]
    pub records_per_object: NonZeroU64,
    /// Let objects hold anything from one record to a few hundred, in place of `--records-per-object`
    #[arg(long, conflicts_with = "records_per_object")]
    pub mixed_objects: bool,
    /// Partitions of each topic
    #[arg(long, default_value = "1")]
    pub partitions: NonZeroU32,
    /// The seed: the same seed and options give the same bytes
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// The share of objects that are `.json.gz`, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub gzip_share: f64,
    /// How dirty the records are: 1 is what real topics show, 0 is clean, 5 is five times as dirty
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub dirt: f64,
    /// The first part of the topics' names; 12 hex digits made from the seed unless given
    #[arg(long)]
    pub id: Option<String>,
}

/// What was made, for the last line that the example says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Objects written.
    pub objects: u64,
    /// Records in them, repeats and strays included.
    pub records: u64,
    /// Bytes of the records, before compression.
    pub bytes: u64,
}

/// Makes the landing that `arguments` describe and says how much was written.
///
/// # Errors
/// Where the `topics` folder exists already, since two landings in one folder would be neither of them, or where
/// something can't be written.
pub fn generate(arguments: &Arguments) -> io::Result<Made> {
    let topics = arguments.out.join("topics");
    if topics.exists() {
        let message = format!("`{}` exists already; give a new folder or remove it", topics.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    let world = World::new(arguments.seed, arguments.posts, Dirt::new(arguments.dirt));
    let id = match &arguments.id {
        Some(id) => id.clone(),
        None => random::topic_id(arguments.seed),
    };
    let sizes = match arguments.mixed_objects {
        true => ObjectSizes::Mixed,
        false => ObjectSizes::Fixed(arguments.records_per_object.get()),
    };
    // The largest topic first, so that no thread ends with a whole pin partition before it.
    let partitions = arguments.partitions.get();
    let jobs: Vec<(Topic, u32)> =
        Topic::ALL.into_iter().flat_map(|topic| (0..partitions).map(move |partition| (topic, partition))).collect();

    let next = AtomicUsize::new(0);
    let made = Mutex::new(Ok(Made::default()));
    let work = || {
        while let Some(&(topic, partition)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = format!("{id}.{}", topic.name());
            let folder = topics.join(&name).join(format!("partition={partition}"));
            let written = fs::create_dir_all(&folder).and_then(|()| {
                let mut sink = Sink::new(folder, name, partition, sizes, arguments.gzip_share, arguments.seed);
                world.write_partition(topic, partition, partitions, &mut sink)?;
                sink.finish()
            });
            let Ok(mut total) = made.lock() else { return };
            match (&mut *total, written) {
                (Ok(total), Ok(part)) => total.add(part),
                (Ok(_), Err(error)) => {
                    *total = Err(error);
                    return;
                }
                (Err(_), _) => return,
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from).min(jobs.len()) {
            scope.spawn(work);
        }
    });
    made.into_inner().unwrap_or_else(|_| Err(io::Error::other("a writing thread panicked")))
}

impl Made {
    fn add(&mut self, part: Made) {
        self.objects += part.objects;
        self.records += part.records;
        self.bytes += part.bytes;
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records in {} objects, {} bytes before compression", self.records, self.objects, self.bytes)
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=20.0).contains(&value) => Ok(value),
        _ => Err("a factor is a number from 0 to 20".to_owned()),
    }
}
