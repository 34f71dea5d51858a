//! The records of the user topic, keys in wire order. One person appears under many posts.

use super::dirt::{Instant, write_number};
use super::random::Random;
use super::topics::{Post, World};
use super::words::{FIRST_NAMES, LAST_NAMES};

/// Appends the user record of a post, without a newline.
pub fn write_user(out: &mut Vec<u8>, world: &World, post: Post, random: &mut Random) {
    // All that a person is follows from the number; only the format of the day of joining is the record's own.
    let person = random.skewed(world.posts / 3 + 10);
    let mut traits = world.random(9, person);
    let dirt = world.dirt;

    out.extend_from_slice(b"{\"ind\":");
    write_number(out, post.ind);
    out.extend_from_slice(b",\"first_name\":");
    dirt.write_text(out, random, traits.pick(&FIRST_NAMES).as_bytes());
    out.extend_from_slice(b",\"last_name\":");
    dirt.write_text(out, random, traits.pick(&LAST_NAMES).as_bytes());
    let age = age(&mut traits);
    match traits.chance(dirt.missing()) {
        true => out.extend_from_slice(b",\"age\":null"),
        false => {
            out.extend_from_slice(b",\"age\":");
            write_number(out, age);
        }
    }
    out.extend_from_slice(b",\"date_joined\":");
    let joined = Instant::within(&mut traits, 2014, 2021);
    dirt.write_instant(out, random, joined, post.position);
    out.push(b'}');
}

/// From 16 to 80, most of them young, and the ages at the borders of the age groups more often than others.
fn age(traits: &mut Random) -> u64 {
    match traits.below(10) {
        0 => [17, 18, 24, 25, 35, 36, 50, 51][traits.below(8) as usize],
        1..=5 => traits.between(16, 35),
        6..=8 => traits.between(20, 60),
        _ => traits.between(16, 80),
    }
}
