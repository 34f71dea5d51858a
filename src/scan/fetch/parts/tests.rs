//! The seams between the parts of an object, wherever its chunks end.

use super::*;

fn cutter(framing: Framing, record_bytes: u64, positions: Positions) -> Cutter {
    let object = Object { key: "a.json".into(), size: 0, modified: Default::default(), etag: None };
    let limit = ObjectLimit { table: "pin".into(), bytes: u64::MAX, record_bytes };
    Cutter::new(Arc::new(object), framing, limit, positions)
}

fn cut(text: &[u8], chunk: usize) -> Vec<Piece> {
    let mut cutter = cutter(Framing::Lines, 64 << 20, Positions::Counted);
    let mut push = |chunk| cutter.push(&Bytes::copy_from_slice(chunk), Some(count_line_ends(chunk))).unwrap();
    let mut pieces: Vec<_> = text.chunks(chunk).flat_map(&mut push).collect();
    pieces.extend(cutter.finish());
    let end = pieces.pop().unwrap();
    assert!(matches!(end.start, Start::End { byte } if byte == text.len() as u64));
    pieces
}

#[test]
fn parts_are_whole_lines_at_their_places_however_the_chunks_fall() {
    let text = b"{\"a\":1}\n\n{\"b\":\"a long record, longer than the chunks\"}\r\n{}\n{\"c\":3}";
    for chunk in 1..text.len() + 2 {
        let mut seen = Vec::new();
        for piece in cut(text, chunk) {
            let Start::Part { framing, line, byte, record } = piece.start else { panic!("a part") };
            assert_eq!((framing, byte), (Framing::Lines, seen.len() as u64), "chunks of {chunk}");
            let before = memchr::memchr_iter(b'\n', &seen).count() as u64;
            assert_eq!(line, before + 1, "chunks of {chunk}");
            let records = Records::new(&seen, Framing::Lines, 1, 0, 0).count() as u64;
            assert_eq!(record, records, "chunks of {chunk}");
            assert!(seen.last().is_none_or(|byte| *byte == b'\n'), "chunks of {chunk}");
            seen.extend_from_slice(&piece.bytes);
        }
        assert_eq!(seen, text, "chunks of {chunk}");
    }
}

#[test]
fn a_large_chunk_makes_many_parts_without_a_copy() {
    let line = [&[b'x'; 1023][..], b"\n"].concat();
    let text = Bytes::from(line.repeat(8 << 10));
    let mut cutter = cutter(Framing::Lines, 64 << 20, Positions::Uncounted);
    let pieces = cutter.push(&text, Some(8 << 10)).unwrap();
    assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).collect::<Vec<_>>(), [PART_BYTES; 4]);
    let line = |piece: &Piece| if let Start::Part { line, .. } = piece.start { line } else { 0 };
    assert_eq!(pieces.iter().map(line).collect::<Vec<_>>(), [1, 2049, 4097, 6145]);
    assert!(pieces.iter().zip(0..).all(|(piece, n)| piece.bytes.as_ptr() == text.slice(n * PART_BYTES..).as_ptr()));
    assert_eq!(cutter.finish().count(), 1);
}

#[test]
fn a_record_longer_than_a_part_is_one() {
    let text = [&vec![b'x'; PART_BYTES * 3][..], b"\nend"].concat();
    for chunk in [text.len(), PART_BYTES, 1 << 16] {
        let pieces = cut(&text, chunk);
        assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).collect::<Vec<_>>(), [PART_BYTES * 3 + 1, 3]);
    }
}

#[test]
fn nothing_makes_no_part() {
    assert!(cut(b"", 1).is_empty());
}

/// A record's line, byte, position and text.
type Seen = (u64, u64, u64, String);

/// The records that the pieces of a text hold, each with its place, the largest tail on the way, and the lines that
/// were passed over.
fn read(text: &[u8], framing: Framing, most: u64, chunk: usize) -> (Vec<Seen>, usize, Vec<u64>) {
    let mut cutter = cutter(framing, most, Positions::Counted);
    let (mut pieces, mut largest) = (Vec::new(), 0);
    for chunk in text.chunks(chunk) {
        pieces.extend(cutter.push(&Bytes::copy_from_slice(chunk), Some(count_line_ends(chunk))).unwrap());
        largest = largest.max(cutter.tail.capacity());
    }
    pieces.extend(cutter.finish());
    let (mut read, mut passed) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece.start {
            Start::Part { framing, line, byte, record } => {
                for record in Records::new(&piece.bytes, framing, line, byte, record) {
                    let record = record.unwrap();
                    let text = String::from_utf8_lossy(record.text).into_owned();
                    read.push((record.line, record.byte, record.position, text));
                }
            }
            Start::Passed { length, .. } => passed.push(length),
            Start::End { byte } => assert_eq!(byte, text.len() as u64),
            other => panic!("{other:?}"),
        }
    }
    (read, largest, passed)
}

fn all(text: &[u8], framing: Framing) -> Vec<Seen> {
    let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let records = Records::new(text, framing, 1, 0, 0).map(Result::unwrap);
    records.map(|record| (record.line, record.byte, record.position, shown(record.text))).collect()
}

#[test]
fn a_line_without_an_end_is_passed_over_in_little_memory() {
    let endless = format!("{{\"id\":1,\"a\":\"{}\"}}", "x".repeat(40 << 20));
    let text = format!("{{\"id\":0}}\n{endless}\n{{\"id\":2}}\n");
    for chunk in [PART_BYTES, 1 << 16, 3_000_001] {
        let (read, largest, passed) = read(text.as_bytes(), Framing::Lines, 1 << 20, chunk);
        let after = (endless.len() + 10) as u64;
        assert_eq!(read, [(1, 0, 0, "{\"id\":0}".into()), (3, after, 2, "{\"id\":2}".into())], "chunks of {chunk}");
        assert_eq!(passed, [endless.len() as u64]);
        assert!(largest < 5 * PART_BYTES, "{largest}");
    }
    let (_, largest, passed) = read(endless.as_bytes(), Framing::Lines, 1 << 20, PART_BYTES);
    assert!(passed == [endless.len() as u64] && largest < 5 * PART_BYTES);
}

#[test]
fn records_of_one_endless_line_or_array_are_cut_between_them() {
    let record = |id: usize| format!("{{\"id\":{id},\"a\":\"{}\"}}", "]},{[\\\"".repeat(5_000));
    let joined = |separator: &str| (0..300).map(record).collect::<Vec<_>>().join(separator);
    for (text, framing) in [
        (joined(""), Framing::Lines),
        (format!("{{}}\n{}\n{{}}", joined(" ")), Framing::Lines),
        (joined("\n\n"), Framing::Values),
        (format!("[{}]\n{{}}", joined("\n,\n")), Framing::Values),
        (format!("[{}{}]", " ".repeat(9 << 20), joined(",")), Framing::Values),
        (format!("{{}}{}{{}}\n{{}}", " ".repeat(9 << 20)), Framing::Lines),
        (format!("{}{{}}", " \r".repeat(4 << 20)), Framing::Lines),
    ] {
        for chunk in [PART_BYTES, 300_007] {
            let (read, largest, passed) = read(text.as_bytes(), framing, 1 << 20, chunk);
            assert!(read == all(text.as_bytes(), framing) && passed.is_empty(), "{framing:?} {chunk}");
            assert!(largest < 5 * PART_BYTES, "{framing:?}: {largest}");
        }
    }
}

#[test]
fn a_value_over_lines_without_an_end_is_an_error() {
    let text = format!("{{\n\"a\": \"{}\"\n}}\n{{\n}}", "x".repeat(8 << 20));
    let mut cutter = cutter(Framing::Values, 1 << 20, Positions::Uncounted);
    let error =
        text.as_bytes().chunks(PART_BYTES).find_map(|chunk| cutter.push(&Bytes::copy_from_slice(chunk), None).err());
    let error = error.unwrap();
    assert!(error.message().contains("line 1 (byte 0) or after it has more than the 1048576 bytes"), "{error}");
    assert!(error.hints()[0].contains("`max_record_size` under `[tables.pin]`"));
}

/// What is wrong with an array, and how many items it has, in its pieces.
fn wrong(text: &str, chunk: usize) -> (usize, Vec<String>) {
    let mut cutter = cutter(Framing::Values, 1 << 20, Positions::Counted);
    let mut pieces = Vec::new();
    for chunk in text.as_bytes().chunks(chunk) {
        pieces.extend(cutter.push(&Bytes::copy_from_slice(chunk), None).unwrap());
    }
    pieces.extend(cutter.finish());
    let (mut items, mut wrong) = (0, Vec::new());
    for piece in &pieces {
        let Start::Part { framing, line, byte, record } = piece.start else { continue };
        for record in Records::new(&piece.bytes, framing, line, byte, record) {
            match record {
                Ok(_) => items += 1,
                Err(bad) => wrong.push(bad.reason),
            }
        }
    }
    (items, wrong)
}

#[test]
fn what_is_wrong_with_an_array_is_told_once_wherever_it_is_cut() {
    let item = format!("{{\"a\":\"{}\"}}", "x".repeat(400_000));
    for (separator, items, expected) in
        [(",\n", 12, vec![]), (",,\n", 12, vec!["a comma where"; 11]), (" \n", 12, vec!["no comma"; 11])]
    {
        let joined = vec![item.as_str(); items].join(separator);
        for (end, last) in [
            ("]", None),
            (",\n]", Some("a trailing comma")),
            ("", Some("the array is not closed")),
            (",\n", Some("the array is not closed")),
            ("\n", Some("the array is not closed")),
        ] {
            let text = format!("[{joined}{end}");
            let cuts = [text.len(), text.len() - 1]
                .into_iter()
                .chain([PART_BYTES])
                .chain((0..3).map(|more| 7 * item.len() + more));
            for chunk in cuts {
                let (found, wrong) = wrong(&text, chunk);
                let expected: Vec<&str> = expected.iter().copied().chain(last).collect();
                let is_same = wrong.len() == expected.len()
                    && wrong.iter().zip(&expected).all(|(wrong, expected)| wrong.contains(expected));
                assert!(found == items && is_same, "{separator:?} {end:?} in chunks of {chunk}: {found}, {wrong:?}");
            }
        }
    }
}
