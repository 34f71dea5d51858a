//! What is compared: each takes pieces of NDJSON and hands on batches of Arrow arrays of the same columns.
//!
//! It owns the best way that each library has for the job. Every one but the pass of `simdutf8` does the whole of it:
//! bytes in, arrays out, in batches of the same size. It must not time anything.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_json::ReaderBuilder;
use pinq_decoder::column::{Column, ColumnType};
use pinq_decoder::json::{DecodeOptions, Decoder, Filled, Framing, Records};
use sonic_rs::{JsonValueTrait, LazyValue, PointerTree};

use super::rows::{Builders, Row, ThreeRows, TwelveRows, is_number};

/// Takes each batch: how many rows, and an array for each column.
pub type Sink<'s> = &'s mut dyn FnMut(usize, Vec<ArrayRef>);

/// One way of doing the job.
pub struct Candidate {
    /// What is printed.
    pub name: &'static str,
    /// The columns whose arrays come out, in their order.
    pub columns: &'static [&'static str],
    /// Decodes all pieces.
    pub run: Box<dyn FnMut(&[Vec<u8>], Sink<'_>)>,
}

/// The rows of a batch, as the engine asks for them.
const BATCH: usize = 8192;

const NONE: &[&str] = &[];
const THREE: &[&str] = &["index", "follower_count", "category"];
const TWELVE: &[&str] = &[
    "index",
    "unique_id",
    "title",
    "description",
    "poster_name",
    "follower_count",
    "tag_list",
    "is_image_or_video",
    "image_src",
    "downloaded",
    "save_location",
    "category",
];

/// The candidate that the others are a share of.
pub const CEILING: &str = "simdutf8 validation";

/// All of them, in the order in which they are printed.
pub fn candidates() -> Vec<Candidate> {
    vec![
        Candidate { name: CEILING, columns: NONE, run: Box::new(validation()) },
        Candidate { name: "pinq, count(*)", columns: NONE, run: Box::new(pinq(decoder(NONE, false))) },
        Candidate { name: "pinq, 3 of 12", columns: THREE, run: Box::new(pinq(decoder(THREE, false))) },
        Candidate { name: "pinq, 3 of 12, fingerprints", columns: THREE, run: Box::new(pinq(decoder(THREE, true))) },
        Candidate {
            name: "pinq portable, 3 of 12",
            columns: THREE,
            run: Box::new(pinq(decoder(THREE, false).portable())),
        },
        Candidate { name: "sonic-rs lazy, 3 of 12", columns: THREE, run: Box::new(sonic_lazy()) },
        Candidate { name: "sonic-rs lazy, unchecked, 3 of 12", columns: THREE, run: Box::new(sonic_unchecked()) },
        Candidate { name: "sonic-rs typed, 3 of 12", columns: THREE, run: Box::new(sonic::<ThreeRows>(THREE)) },
        Candidate { name: "sonic-rs stream, 3 of 12", columns: THREE, run: Box::new(sonic_stream::<ThreeRows>(THREE)) },
        Candidate { name: "simd-json typed, 3 of 12", columns: THREE, run: Box::new(simd_json::<ThreeRows>(THREE)) },
        Candidate { name: "serde_json typed, 3 of 12", columns: THREE, run: Box::new(serde::<ThreeRows>(THREE)) },
        Candidate { name: "arrow-json, 3 of 12", columns: THREE, run: Box::new(arrow(THREE, DataType::Utf8View)) },
        Candidate { name: "arrow-json Utf8, 3 of 12", columns: THREE, run: Box::new(arrow(THREE, DataType::Utf8)) },
        Candidate { name: "pinq, 12 of 12", columns: TWELVE, run: Box::new(pinq(decoder(TWELVE, false))) },
        Candidate { name: "sonic-rs typed, 12 of 12", columns: TWELVE, run: Box::new(sonic::<TwelveRows>(TWELVE)) },
        Candidate {
            name: "simd-json typed, 12 of 12",
            columns: TWELVE,
            run: Box::new(simd_json::<TwelveRows>(TWELVE)),
        },
        Candidate { name: "serde_json typed, 12 of 12", columns: TWELVE, run: Box::new(serde::<TwelveRows>(TWELVE)) },
        Candidate { name: "arrow-json, 12 of 12", columns: TWELVE, run: Box::new(arrow(TWELVE, DataType::Utf8View)) },
        Candidate { name: "arrow-json Utf8, 12 of 12", columns: TWELVE, run: Box::new(arrow(TWELVE, DataType::Utf8)) },
    ]
}

/// One look at every byte: what reading text can hardly be faster than.
fn validation() -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    |pieces, sink| {
        for piece in pieces {
            let text = simdutf8::basic::from_utf8(piece).expect("the pins are UTF-8");
            sink(std::hint::black_box(text).len().min(1), Vec::new());
        }
    }
}

/// A decoder as the scan has it, of these columns of a table that has all twelve.
fn decoder(names: &[&str], fingerprints: bool) -> Decoder {
    let kind = |name: &str| if is_number(name) { ColumnType::BigInt } else { ColumnType::Varchar };
    let columns = names.iter().map(|name| Column::new(*name, kind(name))).collect();
    let unread: Vec<String> =
        TWELVE.iter().filter(|name| !names.contains(name)).map(|name| (*name).to_owned()).collect();
    Decoder::new(columns, &unread, DecodeOptions { fingerprints, ..DecodeOptions::PLAIN })
}

/// The loop of the scan over each piece.
fn pinq(mut decoder: Decoder) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    move |pieces, sink| {
        for piece in pieces {
            let mut records = Records::new(piece, Framing::detect(piece), 1, 0, 0);
            while decoder.fill(&mut records, BATCH).expect("the pins are good") == Filled::Rows {
                hand_on(&mut decoder, sink);
            }
        }
        hand_on(&mut decoder, sink);
    }
}

fn hand_on(decoder: &mut Decoder, sink: Sink<'_>) {
    let decoded = decoder.finish().expect("the arrays are small");
    sink(decoded.rows, decoded.columns);
}

fn arrow(names: &'static [&'static str], text: DataType) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let kind = |name: &str| if is_number(name) { DataType::Int64 } else { text.clone() };
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, kind(name), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut decoder = ReaderBuilder::new(schema).with_batch_size(BATCH).build_decoder().expect("the schema is plain");
    move |pieces, sink| {
        let mut flush = |decoder: &mut arrow_json::reader::Decoder| {
            if let Some(batch) = decoder.flush().expect("the pins are good") {
                sink(batch.num_rows(), batch.columns().to_vec());
            }
        };
        for piece in pieces {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let read = decoder.decode(rest).expect("the pins are good");
                rest = &rest[read..];
                if !rest.is_empty() {
                    flush(&mut decoder);
                }
            }
        }
        flush(&mut decoder);
    }
}

/// The lines of the pieces, each read into a row by `read`.
fn lines(pieces: &[Vec<u8>], builders: &mut Builders, sink: Sink<'_>, mut read: impl FnMut(&[u8], &mut Builders)) {
    for piece in pieces {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            read(&piece[start..end], builders);
            start = end + 1;
            if builders.rows() == BATCH {
                let (rows, arrays) = builders.finish();
                sink(rows, arrays);
            }
        }
    }
    let (rows, arrays) = builders.finish();
    sink(rows, arrays);
}

fn serde<R: Row>(names: &'static [&'static str]) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let mut builders = Builders::new(names);
    move |pieces, sink| {
        lines(pieces, &mut builders, sink, |line, builders| {
            R::append(&serde_json::from_slice::<R::Of<'_>>(line).expect("the pins are good"), builders);
        });
    }
}

fn sonic<R: Row>(names: &'static [&'static str]) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let mut builders = Builders::new(names);
    move |pieces, sink| {
        lines(pieces, &mut builders, sink, |line, builders| {
            R::append(&sonic_rs::from_slice::<R::Of<'_>>(line).expect("the pins are good"), builders);
        });
    }
}

/// One reader over a whole piece, which checks its UTF-8 at once. It ends a piece with an error about one more
/// record; that no row is lost by it is what the comparison of the arrays shows.
fn sonic_stream<R: Row>(names: &'static [&'static str]) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let mut builders = Builders::new(names);
    move |pieces, sink| {
        for piece in pieces {
            let rows = sonic_rs::Deserializer::from_slice(piece.trim_ascii_end()).into_stream::<R::Of<'_>>();
            for row in rows.map_while(Result::ok) {
                R::append(&row, &mut builders);
                if builders.rows() == BATCH {
                    let (rows, arrays) = builders.finish();
                    sink(rows, arrays);
                }
            }
        }
        let (rows, arrays) = builders.finish();
        sink(rows, arrays);
    }
}

/// simd-json unescapes in place, so each line is copied first; the copy costs a few percent.
fn simd_json<R: Row>(names: &'static [&'static str]) -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let mut builders = Builders::new(names);
    let mut buffers = simd_json::Buffers::default();
    let mut copy = Vec::new();
    move |pieces, sink| {
        lines(pieces, &mut builders, sink, |line, builders| {
            copy.clear();
            copy.extend_from_slice(line);
            let row = simd_json::serde::from_slice_with_buffers::<R::Of<'_>>(&mut copy, &mut buffers);
            R::append(&row.expect("the pins are good"), builders);
        });
    }
}

fn pointers() -> PointerTree {
    let mut tree = PointerTree::new();
    for name in THREE {
        tree.add_path([*name]);
    }
    tree
}

fn append_lazy(values: &[Option<LazyValue<'_>>], builders: &mut Builders) {
    let [index, follower_count, category] = values else { panic!("a value a pointer") };
    let text = |value: &'_ Option<LazyValue<'_>>| value.as_ref().is_some_and(|value| value.is_str());
    assert!(text(follower_count) && text(category), "the pins have both");
    let texts = [follower_count, category].map(|value| value.as_ref().and_then(|value| value.as_str()));
    builders.append([index.as_ref().and_then(|value| value.as_i64())], texts);
}

/// sonic-rs's search for some keys, with all checks.
fn sonic_lazy() -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let tree = pointers();
    let mut builders = Builders::new(THREE);
    move |pieces, sink| {
        lines(pieces, &mut builders, sink, |line, builders| {
            append_lazy(&sonic_rs::get_many(line, &tree).expect("the pins are good"), builders);
        });
    }
}

/// The same without any check of what is passed over, which accepts records that are no JSON.
#[expect(unsafe_code, reason = "what the library can do at its fastest is measured, over records that are known")]
fn sonic_unchecked() -> impl FnMut(&[Vec<u8>], Sink<'_>) {
    let tree = pointers();
    let mut builders = Builders::new(THREE);
    move |pieces, sink| {
        lines(pieces, &mut builders, sink, |line, builders| {
            // SAFETY: the lines are valid JSON and UTF-8: this program wrote them.
            let values = unsafe { sonic_rs::get_many_unchecked(line, &tree) };
            append_lazy(&values.expect("the pins are good"), builders);
        });
    }
}
