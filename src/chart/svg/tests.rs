//! Charts of small answers as they are, of hostile ones as far as they must hold.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray};
use proptest::prelude::*;

use super::*;

mod well_formed;

pub(super) fn texts<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringViewArray>())
}

pub(super) fn numbers(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

pub(super) fn reals(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

pub(super) fn dates(values: impl IntoIterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Date32Array>())
}

pub(super) fn data(columns: Vec<(&str, ArrayRef)>) -> ChartData {
    let columns = columns.into_iter().map(|(name, array)| (name.to_owned(), array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    ChartData::of(&batch.schema(), [&batch]).unwrap()
}

pub(super) fn drawn(spec: &str, data: &ChartData) -> Option<Svg> {
    let drawn = svg(&ChartSpec::parse(spec).unwrap(), data, "q").unwrap();
    if let Some(svg) = &drawn {
        well_formed::check(&svg.element);
        assert!(svg.element.len() < 300_000, "{} bytes", svg.element.len());
        assert_eq!(svg, &super::svg(&ChartSpec::parse(spec).unwrap(), data, "q").unwrap().unwrap());
    }
    drawn
}

fn described(spec: &str, data: &ChartData) -> String {
    drawn(spec, data).map_or_else(|| "none".to_owned(), |svg| svg.description)
}

fn categories() -> ChartData {
    let names = [Some("travel"), Some("<script>alert(1)</script>"), None, Some("a & \"b\" ]]> \u{202e}x\u{0}")];
    data(vec![("category", texts(names)), ("posts", numbers([Some(27), Some(1100), Some(3), None]))])
}

#[test]
fn bars_are_escaped_and_described() {
    let svg = drawn("bar", &categories()).unwrap();
    snapbox::assert_data_eq!(
        svg.description,
        snapbox::str![
            "bar chart of posts by category: 4 bars, the largest <script>alert(1)</script> 1,100, the smallest NULL 3"
        ]
    );
    snapbox::assert_data_eq!(
        svg.element,
        snapbox::str![[r#"
<svg class="pinq-chart" viewBox="0 0 480 130" width="100%" role="img" aria-labelledby="chart-q-title chart-q-desc">
<title id="chart-q-title">posts by category</title>
<desc id="chart-q-desc">bar chart of posts by category: 4 bars, the largest &lt;script&gt;alert(1)&lt;/script&gt; 1,100, the smallest NULL 3</desc>
<text class="name" x="4" y="14" dy="0.5ex">posts by category</text>
<text class="text" x="240" y="40" dy="0.5ex" text-anchor="end">travel</text>
<rect class="series-1" x="246" y="32" width="4" height="16"><title>travel: 27</title></rect>
<text class="text" x="256" y="40" dy="0.5ex">27</text>
<text class="text" x="240" y="64" dy="0.5ex" text-anchor="end">&lt;script&gt;alert(1)&lt;/script&gt;</text>
<rect class="series-1" x="246" y="56" width="177" height="16"><title>&lt;script&gt;alert(1)&lt;/script&gt;: 1,100</title></rect>
<text class="text" x="429" y="64" dy="0.5ex">1,100</text>
<text class="note" x="240" y="88" dy="0.5ex" text-anchor="end">NULL</text>
<rect class="series-1" x="246" y="80" width="1" height="16"><title>NULL: 3</title></rect>
<text class="text" x="253" y="88" dy="0.5ex">3</text>
<text class="text" x="240" y="112" dy="0.5ex" text-anchor="end">a &amp; &quot;b&quot; ]]&gt; /u{202e}x/u{0}</text>
<text class="note" x="252" y="112" dy="0.5ex">NULL</text>
<polyline class="axis" fill="none" points="246,28 246,126"/>
</svg>

"#]]
    );
}

#[test]
fn lines_have_axes() {
    let days = dates([Some(18000), Some(18001), Some(18002), None]);
    let svg = drawn("line", &data(vec![("day", days), ("posts", numbers([Some(1), Some(7), Some(4), Some(9)]))]));
    snapbox::assert_data_eq!(
        svg.unwrap().element,
        snapbox::str![[r#"
<svg class="pinq-chart" viewBox="0 0 480 334" width="100%" role="img" aria-labelledby="chart-q-title chart-q-desc">
<title id="chart-q-title">posts by day</title>
<desc id="chart-q-desc">line chart of posts by day: 1 line from day 2019-04-14 to 2019-04-16, the largest value 7 at 2019-04-15, the smallest 1 at 2019-04-14; 1 without a value left out</desc>
<text class="name" x="4" y="14" dy="0.5ex">posts by day</text>
<text class="note" x="4" y="320" dy="0.5ex">1 without a value left out</text>
<line class="grid" x1="23" y1="275" x2="455" y2="275"/>
<line class="grid" x1="23" y1="207" x2="455" y2="207"/>
<line class="grid" x1="23" y1="138" x2="455" y2="138"/>
<line class="grid" x1="23" y1="70" x2="455" y2="70"/>
<polyline class="axis" fill="none" points="22,36 22,275"/>
<text class="text" x="15" y="275" dy="0.5ex" text-anchor="end">0</text>
<polyline class="axis" fill="none" points="18,275 22,275"/>
<text class="text" x="15" y="207" dy="0.5ex" text-anchor="end">2</text>
<polyline class="axis" fill="none" points="18,207 22,207"/>
<text class="text" x="15" y="138" dy="0.5ex" text-anchor="end">4</text>
<polyline class="axis" fill="none" points="18,138 22,138"/>
<text class="text" x="15" y="70" dy="0.5ex" text-anchor="end">6</text>
<polyline class="axis" fill="none" points="18,70 22,70"/>
<polyline class="axis" fill="none" points="23,276 455,276"/>
<polyline class="axis" fill="none" points="23,276 23,280"/>
<polyline class="axis" fill="none" points="239,276 239,280"/>
<polyline class="axis" fill="none" points="455,276 455,280"/>
<text class="text" x="46" y="293" dy="0.5ex" text-anchor="middle">2019-04-14</text>
<text class="text" x="240" y="293" dy="0.5ex" text-anchor="middle">2019-04-15</text>
<text class="text" x="434" y="293" dy="0.5ex" text-anchor="middle">2019-04-16</text>
<polyline class="line-1" fill="none" points="23,241 239,36 455,138"/>
<circle class="series-1" cx="23" cy="241" r="3"><title>2019-04-14: 1</title></circle>
<circle class="series-1" cx="239" cy="36" r="3"><title>2019-04-15: 7</title></circle>
<circle class="series-1" cx="455" cy="138" r="3"><title>2019-04-16: 4</title></circle>
</svg>

"#]]
    );
}

#[test]
fn words_say_what_is_shown() {
    let years = || numbers([2018, 2018, 2019, 2019].map(Some));
    let names = || texts(["art", "food", "art", "food"].map(Some));
    let groups = data(vec![("year", years()), ("category", names()), ("n", numbers([5, 3, 2, 13].map(Some)))]);
    let one = data(vec![("category", texts([Some("art")])), ("n", numbers([Some(5)]))]);
    let zeros = data(vec![("category", texts([Some("art"), Some("food")])), ("n", numbers([Some(0), Some(0)]))]);
    let many: Vec<String> = (0..130).map(|number| format!("name {number}")).collect();
    let many = data(vec![
        ("name", texts(many.iter().map(|name| Some(name.as_str())))),
        ("n", numbers((0..130).map(|number| Some(500 - number)))),
    ]);
    let ages = data(vec![("age", numbers((0..100).map(|number| Some(13 + number % 40))))]);
    let said = [
        described("bar", &groups),
        described("bar x=category y=n color=year", &groups),
        described("line", &groups),
        described("heatmap", &groups),
        described("heatmap x=year y=category color=n", &groups),
        described("heatmap x=category y=n color=year", &groups),
        described("bar", &one),
        described("", &one),
        described("bar", &zeros),
        described("bar", &many),
        described("", &ages),
        described("none", &many),
    ];
    snapbox::assert_data_eq!(
        format!("\n{}\n", said.join("\n")),
        snapbox::str![[r#"

bar chart of n by year and category: 4 bars, the largest 2019, food 13, the smallest 2019, art 2
bar chart of n by category and year: 4 bars, the largest food, 2019 13, the smallest art, 2019 2
line chart of n by year: 2 lines from year 2018 to 2019, the largest value food 13 at 2019, the smallest art 2 at 2019
heat map of n by year and category: 2 columns across, 2 rows down; the largest 2019, food 13, the smallest 2019, art 2
heat map of n by year and category: 2 columns across, 2 rows down; the largest 2019, food 13, the smallest 2019, art 2
heat map of n by category and year: 2 columns across, 2 rows down; the largest food, 2019 13, the smallest art, 2019 2
bar chart of n by category: 1 bar, art 5
none
bar chart of n by category: 2 bars, each 0
bar chart of n by name: 40 bars, the largest name 0 500, the smallest name 39 461; the first 40 of 130
histogram of age in 5 ranges: 100 values, min 13, median 29, max 52; most of them, 30, in 20 – 29
none

"#]]
    );
}

#[test]
fn what_is_too_much_is_cut() {
    let names: Vec<String> =
        (0..10_000).map(|number| format!("&&&&&&\"'<>{number}{}", "\u{301}".repeat(100))).collect();
    let names = || texts(names.iter().map(|name| Some(name.as_str())));
    let wild = || (0..10_000).map(|number: i64| Some(number * 7919 % 10_007));
    let days = || dates((0..10_000).map(|number| Some(number * 7919 % 10_000)));
    let huge = [Some(f64::MAX), Some(f64::MIN), Some(f64::NAN), Some(f64::INFINITY), Some(f64::MIN_POSITIVE), None];
    let huge = data(vec![("x", reals(huge)), ("y", reals(huge)), ("name", texts(["a"; 6].map(Some)))]);
    let all = data(vec![("name", names()), ("other", names()), ("day", days()), ("n", numbers(wild()))]);
    for kind in
        ["bar", "bar x=name y=n color=other", "bar x=day", "line", "line color=name", "line x=n y=n", "hist x=n"]
    {
        assert!(drawn(kind, &all).is_some(), "{kind}");
    }
    for kind in ["hist x=day", "heatmap x=day y=name color=n", "heatmap x=name y=other color=n"] {
        assert!(drawn(kind, &all).is_some(), "{kind}");
    }
    for kind in ["bar x=name y=x", "line x=x y=y", "hist x=x", "heatmap x=x y=name color=y", "bar x=x y=y"] {
        assert!(drawn(kind, &huge).is_some(), "{kind}");
    }
    assert!(described("bar x=name y=n", &all).ends_with("; the first 40 of 10,000"));
    let few = data(vec![("name", texts([None, None])), ("n", numbers([None, None]))]);
    for kind in ["bar", "hist x=n", "line x=n y=n", "heatmap x=name y=name color=n"] {
        drawn(kind, &few);
    }
}

#[test]
fn no_rows_and_no_fitting_columns_are_no_chart() {
    let none = data(vec![("name", texts([])), ("n", numbers([]))]);
    let words = data(vec![("name", texts([Some("a"), Some("b")]))]);
    assert_eq!([drawn("bar", &none), drawn("", &none), drawn("", &words)], [None, None, None]);
    let error = svg(&ChartSpec::parse("bar").unwrap(), &words, "q").unwrap_err();
    assert!(error.message().starts_with("a chart of bars needs"), "{}", error.message());
    assert!(svg(&ChartSpec::parse("x=nmae").unwrap(), &words, "q").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_the_texts_are_it_is_xml(
        names in prop::collection::vec(prop::option::of("\\PC{0,20}|[<>&\"'\\[\\]\u{0}-\u{20}\u{7f}-\u{a0}\u{fffe}\u{ffff}]{0,9}"), 2..30),
        column in ".{0,12}",
        values in prop::collection::vec(prop::option::of(any::<f64>()), 30),
        id in ".{0,8}",
    ) {
        let rows = names.len();
        let named = || texts(names.iter().map(Option::as_deref));
        let values = reals(values.into_iter().take(rows));
        let all = data(vec![("a", named()), (&format!("{column}<script "), named()), ("n", values)]);
        for kind in ["bar", "bar x=a y=n", "heatmap", "line x=n y=n", "hist x=n"] {
            let spec = ChartSpec::parse(kind).unwrap();
            if let Some(svg) = svg(&spec, &all, &id).unwrap() {
                well_formed::check(&svg.element);
            }
        }
    }
}
