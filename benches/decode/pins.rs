//! Pin records for the decoder's benchmark, as NDJSON in pieces.
//!
//! It owns their shape: 12 keys in one order, some 574 bytes a record, with the escapes and the letters beyond ASCII
//! that posts have. The same seed always makes the same bytes. It must not time anything.

use std::fmt::Write;

use crate::categories::CATEGORIES;

/// What the scan hands to a decoder at a time.
const PIECE: usize = 1 << 20;
/// As they stand in JSON.
const ODD_WORDS: [&str; 7] = ["déjà", "naïve", "❤️", "😀", "\\\"quoted\\\"", "back\\\\slash", "tab\\there"];
/// The story pages, which have no data of their own: `(title, description, tags, kind, image)`.
const STORY: [&str; 5] = [
    "No Title Data Available",
    "No description available Story format",
    "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",
    "multi-video(story page format)",
    "Image src error.",
];

/// Pieces of about 1 MiB, each of whole lines, `bytes` in all.
pub fn pieces(bytes: usize) -> Vec<Vec<u8>> {
    let mut pins = Pins::new(7);
    let mut pieces = Vec::new();
    let mut made = 0;
    let mut index = 0;
    while made < bytes {
        let mut piece = String::with_capacity(PIECE + 2048);
        while piece.len() < PIECE {
            pins.line(index, &mut piece);
            index += 1;
        }
        made += piece.len();
        pieces.push(piece.into_bytes());
    }
    pieces
}

struct Pins {
    state: u64,
    words: Vec<String>,
    posters: Vec<String>,
}

impl Pins {
    fn new(seed: u64) -> Self {
        let mut pins = Pins { state: seed, words: Vec::new(), posters: Vec::new() };
        for _ in 0..4000 {
            let length = pins.between(2, 11);
            let word = (0..length).map(|_| char::from(b'a' + pins.below(26) as u8)).collect();
            pins.words.push(word);
        }
        pins.words.extend(ODD_WORDS.map(str::to_owned));
        pins.posters = (0..20_000).map(|_| pins.text(2, ' ')).collect();
        pins
    }

    /// Appends the record and a newline.
    fn line(&mut self, index: u64, out: &mut String) {
        let category = CATEGORIES[self.below(13) as usize];
        let [title, description, tags, kind, image] = if self.below(100) < 8 {
            STORY.map(str::to_owned)
        } else {
            let (titles, descriptions) = (self.between(4, 12), self.between(8, 60));
            let (one, other) = (self.next(), self.next());
            let (a, b, c) = (one >> 56, one >> 48 & 0xff, one >> 40 & 0xff);
            [
                self.text(titles, ' '),
                self.text(descriptions, ' '),
                self.text(8, ','),
                ["image", "image", "image", "video"][self.below(4) as usize].to_owned(),
                format!("https://i.pinimg.com/originals/{a:02x}/{b:02x}/{c:02x}/{one:016x}{other:016x}.jpg"),
            ]
        };
        let followers = match self.below(10) {
            0 => "User Info Error".to_owned(),
            1..5 => self.below(1000).to_string(),
            5..9 => format!("{}k", self.between(1, 999)),
            _ => format!("{}M", self.between(1, 20)),
        };
        let id = self.next();
        let downloaded = u8::from(self.below(10) < 9);
        let tail = self.next() >> 16;
        let posters = self.posters.len() as u64;
        let poster = self.below(posters) as usize;
        let poster = &self.posters[poster];
        let written = writeln!(
            out,
            "{{\"index\":{index},\"unique_id\":\"{:08x}-{:04x}-4{:03x}-a{:03x}-{tail:012x}\",\"title\":\"{title}\",\
             \"description\":\"{description}\",\"poster_name\":\"{poster}\",\"follower_count\":\"{followers}\",\
             \"tag_list\":\"{tags}\",\"is_image_or_video\":\"{kind}\",\"image_src\":\"{image}\",\
             \"downloaded\":{downloaded},\"save_location\":\"Local save in /data/{category}\",\
             \"category\":\"{category}\"}}",
            id >> 32,
            id >> 16 & 0xffff,
            id >> 4 & 0xfff,
            id & 0xfff,
        );
        written.expect("a string takes any text");
    }

    fn text(&mut self, words: u64, between: char) -> String {
        let mut text = String::new();
        for position in 0..words {
            if position > 0 {
                text.push(between);
            }
            let known = self.words.len() as u64;
            let word = self.below(known) as usize;
            text.push_str(&self.words[word]);
        }
        text
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// The `SplitMix64` generator.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
