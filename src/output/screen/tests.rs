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

/// Screens as they were looked at; the headings say what is drawn.
#[test]
fn screens_are_as_they_were() {
    let shown: String = [
        ("five columns, 40 wide", drawn(&[answer()], &options(40, Upright::Auto))),
        ("five columns, 80 wide", drawn(&[answer()], &options(80, Upright::Auto))),
        ("five columns, 200 wide", drawn(&[answer()], &options(200, Upright::Auto))),
        ("five columns, 40 wide, never upright", drawn(&[answer()], &options(40, Upright::Never))),
        ("five columns, 200 wide, always upright", drawn(&[answer()], &options(200, Upright::Always))),
        ("60 columns, 80 wide, never upright", drawn(&[wide(60)], &options(80, Upright::Never))),
        ("six columns, 80 wide", drawn(&[wide(6)], &options(80, Upright::Auto))),
        ("no rows, 40 wide", drawn(&[answer().slice(0, 0)], &options(60, Upright::Auto))),
    ]
    .into_iter()
    .map(|(name, screen)| format!("# {name}\n{screen}\n"))
    .collect();
    let expected = include_str!("screens.txt");
    assert!(shown == expected, "{shown}");
}

#[test]
fn colours_tell_null_from_the_text_and_end_on_their_line() {
    let batch = answer().project(&[1]).unwrap().slice(1, 1);
    let null = answer().project(&[4]).unwrap().slice(1, 1);
    let colour = ScreenOptions { width: 80, upright: Upright::Auto, colour: true };
    assert!(drawn(std::slice::from_ref(&batch), &colour).contains("│ NULL "));
    assert!(drawn(std::slice::from_ref(&null), &colour).contains("│ \u{1b}[2mNULL\u{1b}[0m │"));
    assert!(drawn(&[null], &colour).contains("│ \u{1b}[1mlist\u{1b}[0m │"));
    let upright = drawn(&[answer()], &ScreenOptions { upright: Upright::Always, ..colour });
    assert!(upright.contains("\u{1b}[1mid\u{1b}[0m                 │ \u{1b}[2mNULL\u{1b}[0m\n"), "{upright}");
    for line in upright.lines() {
        assert!(!line.contains('\u{1b}') || line.ends_with("\u{1b}[0m") || line.matches("\u{1b}[").count() % 2 == 0);
    }
}

#[test]
fn first_rows_show_before_the_second_batch_comes() {
    let terminal = Terminal::default();
    let mut encoder = screen(numbers([0]).schema(), Box::new(terminal.clone()), &options(40, Upright::Auto));
    encoder.write(&numbers(0..3)).unwrap();
    assert!(terminal.shown().ends_with("│ 2 │\n"), "{}", terminal.shown());
}

#[test]
fn a_number_that_outgrows_its_column_starts_the_table_anew() {
    let shown = drawn(&[numbers(0..3), numbers(9..12), numbers([1_234_567_890])], &options(40, Upright::Auto));
    assert_eq!(shown.matches('╞').count(), 3, "{shown}");
    assert!(shown.contains("│   10 │") && shown.contains(" 1234567890 │"), "{shown}");
    let many = drawn(&[numbers(0..8_000), numbers(8_000..9_000)], &options(40, Upright::Auto));
    assert_eq!(many.matches('╞').count(), 1, "the whole first batch is measured where values cannot be wrapped");
}

#[test]
fn later_text_wraps_within_the_widths_of_the_first() {
    let text = |text: &str| {
        let column: ArrayRef = Arc::new(StringViewArray::from(vec![text]));
        RecordBatch::try_from_iter([("text", column)]).unwrap()
    };
    let shown = drawn(&[text("first"), text("one two three"), text(&"long ".repeat(9))], &options(40, Upright::Auto));
    let expected = "\
┌───────┐
│ text  │
╞═══════╡
│ first │
├╌╌╌╌╌╌╌┤
│ one   │
│ two   │
│ three │
├╌╌╌╌╌╌╌┤
│ long  │
│ long  │
│ long  │
│ long  │
│ long  │
│ long… │
└───────┘
";
    assert_eq!(shown, expected);
}

#[test]
fn many_columns_turn_upright_and_none_draw_nothing() {
    let shown = drawn(&[wide(60)], &options(40, Upright::Auto));
    assert_eq!((shown.lines().count(), shown.matches("── record ").count()), (122, 2));
    let none = RecordBatchOptions::new().with_row_count(Some(3));
    let none = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &none).unwrap();
    for upright in [Upright::Auto, Upright::Always, Upright::Never] {
        assert_eq!(drawn(std::slice::from_ref(&none), &options(40, upright)), "");
    }
}

#[test]
fn no_width_is_too_narrow_to_draw() {
    for width in 0..30 {
        for upright in [Upright::Auto, Upright::Always, Upright::Never] {
            let terminal = Terminal::default();
            let mut encoder = screen(answer().schema(), Box::new(terminal.clone()), &options(width, upright));
            encoder.write(&answer()).unwrap();
            encoder.finish().unwrap();
            assert!(!terminal.shown().is_empty());
        }
    }
}

#[test]
fn a_plan_is_a_tree() {
    let field = |name| Field::new(name, DataType::Utf8View, true);
    let schema = Arc::new(Schema::new(vec![field("plan_type"), field("plan")]));
    let text = |text: &str| Arc::new(StringViewArray::from(vec![text])) as ArrayRef;
    let batch = RecordBatch::try_new(schema, vec![text("logical_plan"), text("Sort\n  Scan")]).unwrap();
    assert_eq!(drawn(&[batch], &options(40, Upright::Always)), "logical_plan\nSort\n  Scan\n");
}
