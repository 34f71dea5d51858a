//! The records of the pin and geo topics, keys in wire order.

use super::countries::COUNTRIES;
use super::dirt::{Instant, write_number};
use super::random::Random;
use super::topics::{Post, World};
use super::words::{CATEGORIES, DEEDS, JOINTS, ODDITIES, POSTER_KINDS, QUALITIES, THINGS};

/// Appends the pin record of a post, without a newline.
pub fn write_pin(out: &mut Vec<u8>, world: &World, post: Post, random: &mut Random) {
    let dirt = world.dirt;
    let story = random.chance(dirt.story());
    // Sentinels come together in a story, yet never surely; elsewhere each comes alone.
    let lacks = |random: &mut Random| random.chance(if story { 0.8 } else { dirt.sentinel() });

    out.extend_from_slice(b"{\"index\":");
    write_number(out, post.ind);
    out.extend_from_slice(b",\"unique_id\":\"");
    write_unique_id(out, random);
    out.extend_from_slice(b"\",\"title\":");
    match lacks(random) {
        true => out.extend_from_slice(b"\"No Title Data Available\""),
        false => {
            let mut title = Vec::with_capacity(96);
            write_title(&mut title, random);
            dirt.write_text(out, random, &title);
        }
    }
    out.extend_from_slice(b",\"description\":");
    match lacks(random) {
        true if story => out.extend_from_slice(b"\"No description available Story format\""),
        true => out.extend_from_slice(random.pick(&["\"No description available\"", "\"Untitled\""]).as_bytes()),
        false => {
            let mut description = Vec::with_capacity(320);
            write_description(&mut description, random);
            dirt.write_text(out, random, &description);
        }
    }
    out.extend_from_slice(b",\"poster_name\":");
    // Few posters make most of the posts. One poster has the same followers in all of its posts.
    let poster = random.skewed(world.posts / 4 + 20);
    match lacks(random) {
        true => out.extend_from_slice(b"\"User Info Error\""),
        false => {
            let mut name = Vec::with_capacity(48);
            write_poster_name(&mut name, world, poster);
            dirt.write_text(out, random, &name);
        }
    }
    out.extend_from_slice(b",\"follower_count\":");
    match lacks(random) {
        true => out.extend_from_slice(b"\"User Info Error\""),
        false if random.chance(dirt.missing()) => out.extend_from_slice(b"\"\""),
        false => {
            let blank = if random.chance(dirt.missing()) { " " } else { "" };
            out.push(b'"');
            out.extend_from_slice(blank.as_bytes());
            write_follower_count(out, &mut world.random(8, poster));
            out.extend_from_slice(blank.as_bytes());
            out.push(b'"');
        }
    }
    out.extend_from_slice(b",\"tag_list\":");
    match lacks(random) {
        true => out.extend_from_slice(b"\"N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e\""),
        false => {
            let mut tags = Vec::with_capacity(160);
            write_tags(&mut tags, random);
            dirt.write_text(out, random, &tags);
        }
    }
    out.extend_from_slice(b",\"is_image_or_video\":");
    out.extend_from_slice(match (story, random.chance(0.75)) {
        (true, _) => b"\"multi-video(story page format)\"".as_slice(),
        (false, true) => b"\"image\"".as_slice(),
        (false, false) => b"\"video\"".as_slice(),
    });
    out.extend_from_slice(b",\"image_src\":");
    match lacks(random) {
        true => out.extend_from_slice(b"\"Image src error.\""),
        false => write_image(out, random),
    }
    let downloaded = !story || random.chance(0.2);
    out.extend_from_slice(if downloaded { b",\"downloaded\":1".as_slice() } else { b",\"downloaded\":0".as_slice() });
    let category = random.pick(&CATEGORIES);
    out.extend_from_slice(b",\"save_location\":\"Local save in /data/");
    out.extend_from_slice(category.as_bytes());
    out.extend_from_slice(b"\",\"category\":");
    dirt.write_text(out, random, category.as_bytes());
    out.push(b'}');
}

/// Appends the geo record of a post, without a newline.
pub fn write_geo(out: &mut Vec<u8>, world: &World, post: Post, random: &mut Random) {
    out.extend_from_slice(b"{\"ind\":");
    write_number(out, post.ind);
    out.extend_from_slice(b",\"timestamp\":");
    let instant = Instant::within(random, 2017, 2023);
    world.dirt.write_instant(out, random, instant, post.position);
    out.extend_from_slice(b",\"latitude\":");
    write_degrees(out, random, 90);
    out.extend_from_slice(b",\"longitude\":");
    write_degrees(out, random, 180);
    out.extend_from_slice(b",\"country\":");
    let country = COUNTRIES[random.skewed(COUNTRIES.len() as u64) as usize];
    world.dirt.write_text(out, random, country.as_bytes());
    out.push(b'}');
}

fn write_title(out: &mut Vec<u8>, random: &mut Random) {
    match random.below(3) {
        0 => {
            write_number(out, random.between(3, 99));
            out.push(b' ');
        }
        1 => {
            out.extend_from_slice(b"How to ");
            push_word(out, random.pick(&DEEDS));
        }
        _ => out.extend_from_slice(b"The "),
    }
    write_words(out, random, 2, 9);
}

fn write_description(out: &mut Vec<u8>, random: &mut Random) {
    write_words(out, random, 6, 44);
    if random.chance(0.3) {
        // Where the site cuts a text it puts an ellipsis and a no-break space.
        out.extend_from_slice("\u{2026}\u{a0}".as_bytes());
    }
}

fn write_tags(out: &mut Vec<u8>, random: &mut Random) {
    for position in 0..random.between(1, 9) {
        if position > 0 {
            out.push(b',');
        }
        push_word(out, random.pick(&QUALITIES));
        out.extend_from_slice(random.pick(&THINGS).as_bytes());
    }
}

/// Appends between `least` and `most` words with blanks between them, now and then one of the oddities.
fn write_words(out: &mut Vec<u8>, random: &mut Random, least: u64, most: u64) {
    let words = random.between(least, most);
    for position in 0..words {
        let list: &[&str] = match random.below(32) {
            0 => &ODDITIES,
            1..=9 => &QUALITIES,
            10..=13 => &DEEDS,
            14..=22 => &JOINTS,
            _ => &THINGS,
        };
        out.extend_from_slice(random.pick(list).as_bytes());
        if position + 1 < words {
            out.push(b' ');
        }
    }
}

fn write_poster_name(out: &mut Vec<u8>, world: &World, poster: u64) {
    let mut random = world.random(7, poster);
    push_word(out, random.pick(&QUALITIES));
    push_word(out, random.pick(&THINGS));
    out.extend_from_slice(random.pick(&POSTER_KINDS).as_bytes());
    // The lists make some fifty thousand names; a large landing has more posters than that.
    if poster >= 10_000 {
        out.push(b' ');
        write_number(out, poster);
    }
}

fn write_follower_count(out: &mut Vec<u8>, random: &mut Random) {
    match random.below(100) {
        0..=1 => out.push(b'0'),
        2..=36 => write_number(out, random.between(1, 999)),
        37..=40 => {
            write_number(out, random.between(1, 99));
            out.push(b'.');
            write_number(out, random.between(1, 9));
            out.extend_from_slice(random.pick(&["k", "k", "K", "M"]).as_bytes());
        }
        41..=92 => {
            write_number(out, random.skewed(900) + 1);
            out.extend_from_slice(random.pick(&["k", "k", "k", "k", "k", "K"]).as_bytes());
        }
        // A few great numbers that many share, so that first places tie.
        _ => out.extend_from_slice(random.pick(&["1M", "1M", "2M", "3M", "5M", "5M", "8M", "8m"]).as_bytes()),
    }
}

fn write_image(out: &mut Vec<u8>, random: &mut Random) {
    let mut name = [0_u8; 32];
    fill_hex(&mut name, random);
    out.extend_from_slice(b"\"https://images.example.com/originals/");
    for part in [&name[0..2], &name[2..4], &name[4..6]] {
        out.extend_from_slice(part);
        out.push(b'/');
    }
    out.extend_from_slice(&name);
    out.extend_from_slice(b".jpg\"");
}

fn write_unique_id(out: &mut Vec<u8>, random: &mut Random) {
    let mut digits = [0_u8; 32];
    fill_hex(&mut digits, random);
    digits[12] = b'4';
    digits[16] = b'a';
    for (position, part) in
        [&digits[0..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].iter().enumerate()
    {
        if position > 0 {
            out.push(b'-');
        }
        out.extend_from_slice(part);
    }
}

fn fill_hex(digits: &mut [u8; 32], random: &mut Random) {
    for half in digits.chunks_mut(16) {
        let mut bits = random.bits();
        for digit in half {
            *digit = b"0123456789abcdef"[(bits & 15) as usize];
            bits >>= 4;
        }
    }
}

/// Appends a number of degrees with up to four decimals, between minus and plus `limit`.
fn write_degrees(out: &mut Vec<u8>, random: &mut Random, limit: u64) {
    if random.chance(0.5) {
        out.push(b'-');
    }
    let parts = random.below(limit * 10_000);
    write_number(out, parts / 10_000);
    out.push(b'.');
    let decimals = parts % 10_000;
    let digits = [decimals / 1000, decimals / 100 % 10, decimals / 10 % 10, decimals % 10];
    // As a serialiser writes a double: no zeros at the end, but one digit at least.
    let kept = digits.iter().rposition(|&digit| digit != 0).map_or(1, |last| last + 1);
    out.extend(digits.iter().take(kept).map(|&digit| b'0' + digit as u8));
}

fn push_word(out: &mut Vec<u8>, word: &str) {
    out.extend_from_slice(word.as_bytes());
    out.push(b' ');
}
