//! What a terminal shows, at several widths, for values of every kind.

use std::io;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::record_batch::RecordBatchOptions;

use super::*;
use crate::output::widths::columns;

#[derive(Clone, Default)]
struct Terminal(Arc<Mutex<Vec<u8>>>);

impl Terminal {
    fn shown(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn options(width: usize, upright: Upright) -> ScreenOptions {
    ScreenOptions { width, upright, colour: false }
}

fn drawn(batches: &[RecordBatch], options: &ScreenOptions) -> String {
    let terminal = Terminal::default();
    let mut encoder = screen(batches[0].schema(), Box::new(terminal.clone()), options);
    for batch in batches {
        encoder.write(batch).unwrap();
    }
    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    assert_eq!(encoder.finish().unwrap(), Written { rows });
    let shown = terminal.shown();
    if options.upright != Upright::Never {
        let plain = shown.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "").replace("\u{1b}[2m", "");
        assert!(plain.lines().all(|line| columns(line) <= options.width), "{shown}");
    }
    shown
}

fn answer() -> RecordBatch {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
    let texts = [
        Some("The quick brown fox jumps over the lazy dog, and the dog does not mind"),
        Some("NULL"),
        Some("日本語のテキスト 👩\u{200d}💻 e\u{301}te\u{301} \u{202e}tac\n\u{1b}[31m"),
    ];
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int64Array::from(vec![Some(1), None, Some(-90_071)])) as ArrayRef, true),
        ("a_rather_long_name", Arc::new(StringViewArray::from(texts.to_vec())) as ArrayRef, true),
        ("double", Arc::new(Float64Array::from(vec![12500.0, 0.1, f64::NAN])) as ArrayRef, true),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_598_586_767_000_000), None, Some(0)])) as ArrayRef,
            true,
        ),
        ("list", Arc::new(list) as ArrayRef, true),
    ])
    .unwrap()
}

fn numbers(numbers: impl IntoIterator<Item = i64>) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    RecordBatch::try_from_iter([("n", numbers)]).unwrap()
}

fn wide(columns: usize) -> RecordBatch {
    let value: ArrayRef = Arc::new(StringViewArray::from(vec!["some text that is long", "x"]));
    RecordBatch::try_from_iter((0..columns).map(|number| (format!("column{number}"), value.clone()))).unwrap()
}

#[test]
fn look() {
    for width in [40, 60, 80, 200] {
        println!("{}", drawn(&[answer()], &options(width, Upright::Auto)));
    }
    println!("{}", drawn(&[answer()], &options(40, Upright::Never)));
    println!("{}", drawn(&[wide(60)], &options(80, Upright::Never)));
    println!("{}", drawn(&[answer()], &ScreenOptions { width: 200, upright: Upright::Auto, colour: true }));
    println!("{}", drawn(&[numbers(0..3), numbers(9..12), numbers([1234567890])], &options(40, Upright::Auto)));
}
