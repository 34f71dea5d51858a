//! Which records land in a topic's partition, and in which order: posts, repeats, strays and losses.
//!
//! A record is a pure function of its topic and post, so a repeat is made by writing it again.

use std::io;

use super::dirt::Dirt;
use super::random::Random;
use super::sink::Sink;
use super::{persons, posts};

/// The three topics, the one with the longest records first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The posts.
    Pin,
    /// Where and when they were made.
    Geo,
    /// By whom.
    User,
}

/// All that the records of a landing depend on.
pub struct World {
    /// The seed of every stream of random numbers.
    pub seed: u64,
    /// Posts in the landing.
    pub posts: u64,
    /// How dirty the records are.
    pub dirt: Dirt,
}

/// One post: the seed of its records and its number in the landing.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// The position, 0 for the first.
    pub position: u64,
    /// The value of `index` and `ind`, of which no two posts have the same.
    pub ind: u64,
}

impl Topic {
    /// In the order of the sizes of their records.
    pub const ALL: [Topic; 3] = [Topic::Pin, Topic::Geo, Topic::User];

    /// The last part of the topic's name.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Pin => "pin",
            Topic::Geo => "geo",
            Topic::User => "user",
        }
    }

    fn number(self) -> u64 {
        match self {
            Topic::Pin => 1,
            Topic::Geo => 2,
            Topic::User => 3,
        }
    }
}

impl World {
    /// A world of that many posts.
    pub fn new(seed: u64, posts: u64, dirt: Dirt) -> Self {
        World { seed, posts, dirt }
    }

    /// The stream of random numbers of one post for one purpose; purposes up to 3 are the topics' own.
    pub fn random(&self, purpose: u64, position: u64) -> Random {
        Random::new([self.seed, purpose, position])
    }

    /// Writes all records of one partition: each post's own, and where the poster or the sink stumbled, also the last
    /// few again, or one of another topic, or none at all.
    pub fn write_partition(&self, topic: Topic, partition: u32, partitions: u32, sink: &mut Sink) -> io::Result<()> {
        for position in (u64::from(partition)..self.posts).step_by(partitions as usize) {
            let mut chances = self.random(3 + topic.number(), position);
            // A poster that dies between two requests posts a pin and neither of the others.
            if topic == Topic::Pin || !chances.chance(self.dirt.lost()) {
                self.write_record(topic, position, sink)?;
            }
            if chances.chance(self.dirt.repeats()) {
                // A restarted poster begins some posts before the one that it was at, in whichever partition they were.
                for back in (0..=chances.below(5)).rev() {
                    self.write_record(topic, position.saturating_sub(back), sink)?;
                }
            }
            if chances.chance(self.dirt.stray()) {
                let other = match (topic, chances.chance(0.7)) {
                    (Topic::Pin, _) => Topic::Geo,
                    (_, true) => Topic::Pin,
                    (Topic::Geo, false) => Topic::User,
                    (Topic::User, false) => Topic::Geo,
                };
                self.write_record(other, position, sink)?;
            }
        }
        Ok(())
    }

    fn write_record(&self, topic: Topic, position: u64, sink: &mut Sink) -> io::Result<()> {
        let post = Post { position, ind: self.ind(position) };
        let mut random = self.random(topic.number(), position);
        sink.record(|out| match topic {
            Topic::Pin => posts::write_pin(out, self, post, &mut random),
            Topic::Geo => posts::write_geo(out, self, post, &mut random),
            Topic::User => persons::write_user(out, self, post, &mut random),
        })
    }

    /// Numbers in no visible order, as posters that pick random rows leave them: multiplying by an odd number is a
    /// bijection below a power of two, so no two posts share one.
    fn ind(&self, position: u64) -> u64 {
        let mask = self.posts.max(16).next_power_of_two().wrapping_sub(1);
        position.wrapping_mul(0x9e37_79b9).wrapping_add(self.seed) & mask
    }
}
