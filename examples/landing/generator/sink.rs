//! Objects as the S3 sink writes them: `<topic>+<partition>+<start offset, ten digits>.json`, NDJSON, perhaps gzip.
//!
//! Owns names, offsets, sizes and compression of the objects of one partition. It knows nothing of what a record says.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::Made;
use super::random::Random;

/// How many records an object holds.
#[derive(Clone, Copy, Debug)]
pub enum ObjectSizes {
    /// Always that many, the last object perhaps fewer.
    Fixed(u64),
    /// Some of one record, some of a few, some of hundreds.
    Mixed,
}

/// The objects of one partition, written one after another.
pub struct Sink {
    folder: PathBuf,
    topic: String,
    partition: u32,
    sizes: ObjectSizes,
    gzip_share: f64,
    random: Random,
    /// What the open object still takes; 0 where none is open.
    room: u64,
    object: Option<Object>,
    /// Records that wait to be written, so that a tiny object costs one write and a large one few.
    pending: Vec<u8>,
    made: Made,
}

enum Object {
    Plain(File),
    Gzip(Box<GzEncoder<File>>),
}

/// A large object is written in pieces of this many bytes, so memory stays small whatever its size.
const PIECE: usize = 1 << 20;

/// The sizes that mixed objects take in turn. Two partitions begin at different places.
const MIXED: [u64; 7] = [1, 1, 130, 1, 12, 1, 210];

impl Sink {
    /// The sink of a partition whose `folder` exists.
    pub fn new(folder: PathBuf, topic: String, partition: u32, sizes: ObjectSizes, gzip_share: f64, seed: u64) -> Self {
        let name = topic.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let random = Random::new([seed, name, u64::from(partition)]);
        let pending = Vec::with_capacity(PIECE + (PIECE >> 2));
        Sink {
            folder,
            topic,
            partition,
            sizes,
            gzip_share,
            random,
            room: 0,
            object: None,
            pending,
            made: Made::default(),
        }
    }

    /// Takes one record: `write` appends its JSON, without the newline, to the buffer.
    pub fn record(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        if self.room == 0 {
            self.open()?;
        }
        write(&mut self.pending);
        self.pending.push(b'\n');
        self.made.records += 1;
        self.room -= 1;
        if self.room == 0 {
            self.close()?;
        } else if self.pending.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the last object and says what was written.
    pub fn finish(mut self) -> io::Result<Made> {
        self.close()?;
        Ok(self.made)
    }

    fn open(&mut self) -> io::Result<()> {
        self.room = match self.sizes {
            ObjectSizes::Fixed(records) => records,
            ObjectSizes::Mixed => {
                let turn = self.made.objects.wrapping_add(3 * u64::from(self.partition));
                MIXED[(turn % MIXED.len() as u64) as usize]
            }
        };
        let gzip = self.random.chance(self.gzip_share);
        let ending = if gzip { "json.gz" } else { "json" };
        let name = format!("{}+{}+{:010}.{ending}", self.topic, self.partition, self.made.records);
        let file = File::create_new(self.folder.join(name))?;
        self.object = Some(match gzip {
            // No time and no platform in the header: the bytes depend on the records alone.
            true => {
                let header = GzBuilder::new().mtime(0).operating_system(255);
                Object::Gzip(Box::new(header.write(file, Compression::new(6))))
            }
            false => Object::Plain(file),
        });
        self.made.objects += 1;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.object {
            Some(Object::Plain(file)) => file.write_all(&self.pending)?,
            Some(Object::Gzip(encoder)) => encoder.write_all(&self.pending)?,
            None => {}
        }
        self.made.bytes += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.flush()?;
        if let Some(Object::Gzip(encoder)) = self.object.take() {
            encoder.finish()?;
        }
        self.room = 0;
        Ok(())
    }
}
