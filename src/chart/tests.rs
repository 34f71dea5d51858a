//! Charts as they are drawn, at 40 and 80 columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray};
use unicode_width::UnicodeWidthStr;

use super::*;

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<StringViewArray>())
}

fn numbers(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<Int64Array>())
}

fn data(columns: Vec<(&str, ArrayRef)>) -> ChartData {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name.to_owned(), array, true)),
    )
    .unwrap();
    ChartData::of(&batch.schema(), [&batch]).unwrap()
}

fn drawn(spec: &str, data: &ChartData, width: usize) -> String {
    let canvas = Canvas { width, height: 14, paint: Paint::Plain };
    let lines = draw(&ChartSpec::parse(spec).unwrap(), data, canvas).unwrap();
    assert!(lines.iter().all(|line| line.width() <= width), "wider than {width}:\n{}", lines.join("\n"));
    format!("\n{}\n", lines.join("\n"))
}

fn said(spec: &str, data: &ChartData) -> String {
    let canvas = Canvas { width: 80, height: 14, paint: Paint::Plain };
    let error = draw(&ChartSpec::parse(spec).unwrap(), data, canvas).unwrap_err();
    format!("{}: {}", error.message(), error.hints().join("; "))
}

fn countries() -> ChartData {
    let names = [Some("Albania"), Some("Bosnia and Herzegovina"), None, Some("日本"), Some("\u{1b}[31mred")];
    let counts = numbers(&[Some(1200), Some(300), Some(1), None, Some(0)]);
    data(vec![("country", texts(&names)), ("posts", counts)])
}

#[test]
fn bars_have_labels_values_and_eighths() {
    snapbox::assert_data_eq!(
        drawn("", &countries(), 40),
        snapbox::str![[r#"

country                posts
Albania                1,200 ███████████
Bosnia and Herzegovina   300 ██▊
NULL                       1 ▏
日本                    NULL
/u{1b}[31mred              0

"#]]
    );
    snapbox::assert_data_eq!(
        drawn("bar", &countries(), 80),
        snapbox::str![[r#"

country                posts
Albania                1,200 ███████████████████████████████████████████████████
Bosnia and Herzegovina   300 ████████████▊
NULL                       1 ▏
日本                    NULL
/u{1b}[31mred              0

"#]]
    );
}

#[test]
fn bars_of_groups_have_headings() {
    let years = numbers(&[Some(2018), Some(2018), Some(2018), Some(2019), Some(2019)]);
    let categories = texts(&[Some("art"), Some("food"), Some("travel"), Some("art"), Some("food")]);
    let groups = data(vec![
        ("year", years),
        ("category", categories),
        ("n", numbers(&[Some(5), Some(3), Some(8), Some(2), Some(13)])),
    ]);
    snapbox::assert_data_eq!(
        drawn("bar", &groups, 40),
        snapbox::str![[r#"

year
  category  n
2018
  art       5 ██████████
  food      3 ██████
  travel    8 ████████████████
2019
  art       2 ████
  food     13 ██████████████████████████

"#]]
    );
    snapbox::assert_data_eq!(
        drawn("bar x=category y=n color=year", &groups, 40),
        snapbox::str![[r#"

category year  n
art      2018  5 ████████▉
food     2018  3 █████▎
travel   2018  8 ██████████████▏
art      2019  2 ███▌
food     2019 13 ███████████████████████

"#]]
    );
}

#[test]
fn negative_bars_go_to_the_left() {
    let data = data(vec![
        ("month", texts(&[Some("May"), Some("June"), Some("July")])),
        ("change", numbers(&[Some(-10), Some(20), Some(-1)])),
    ]);
    snapbox::assert_data_eq!(
        drawn("", &data, 40),
        snapbox::str![[r#"

month change
May   -10 ▐█████████│
June   20           │███████████████████
July   -1          █│

"#]]
    );
}

#[test]
fn points_of_numbers_stand_below_each_other() {
    let medians: Float64Array = [Some(100.0), Some(2.5), None, Some(0.0)].into_iter().collect();
    let names = texts(&[Some("a"), Some("b"), Some("c"), Some("d")]);
    let data = data(vec![("group", names), ("median", Arc::new(medians))]);
    snapbox::assert_data_eq!(
        drawn("", &data, 40),
        snapbox::str![[r#"

group median
a     100.0 ████████████████████████████
b       2.5 ▊
c      NULL
d       0.0

"#]]
    );
}

#[test]
fn rows_that_do_not_fit_are_counted() {
    let names: Vec<String> = (0..40).map(|number| format!("name{number}")).collect();
    let names: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let counts: Vec<Option<i64>> = (0..40).map(Some).collect();
    let all = drawn("", &data(vec![("name", texts(&names)), ("n", numbers(&counts))]), 40);
    assert!(all.ends_with("… 28 more\n"), "{all}");
    assert_eq!(all.trim().lines().count(), 14);
}

#[test]
fn lines_run_over_years_with_a_legend() {
    let years: Vec<Option<i64>> = (2015..2021).flat_map(|year| [Some(year); 2]).collect();
    let groups: Vec<Option<&str>> =
        (0..12).map(|number| Some(if number % 2 == 0 { "18-24" } else { "25-35" })).collect();
    let values: Vec<Option<i64>> = (0..12).map(|number| Some(number * number * 400)).collect();
    let data = data(vec![
        ("post_year", numbers(&years)),
        ("age_group", texts(&groups)),
        ("median_followers", numbers(&values)),
    ]);
    snapbox::assert_data_eq!(
        drawn("", &data, 40),
        snapbox::str![[r#"

median_followers by post_year
● 18-24  ▲ 25-35
60k ┤
    │
    │                                ⢀⠔▲
40k ┤                             ⢀⠤⠊⠁⡠●
    │                          ⢀▲⠒⠁⡠⠔⠉
    │                       ⣀⠔⠊⠁●⠒⠁
20k ┤                   ⢀▲⠒⠉⣀⠔⠊⠁
    │               ⢀⡠⠔⠊⠁●⠒⠉
    │          ⣀⡠⠤⠔▲⠁⠒⠊⠉
  0 ┤▲⣀⠤⠤⠤⠔⠒▲⠉⠉⠒⠉⠉
    └┬──────┬──────┬─────┬──────┬──────┬
     2015 2016   2017  2018   2019  2020

"#]]
    );
    snapbox::assert_data_eq!(
        drawn("", &data, 80),
        snapbox::str![[r#"

median_followers by post_year
● 18-24  ▲ 25-35
60k ┤
    │
    │                                                                     ⢀⣀⠤⠔⠒▲
40k ┤                                                               ⢀⣀⠤⠔⠒⠉⠁⢀⣀⡠⠤●
    │                                                         ⣀⣀▲⠔⠒⠉⠁⣀⡠⠤⠔⠒⠉⠁
    │                                                 ⢀⣀⡠⠤⠒⠒⠉⠉⣀⣀●⠔⠒⠊⠉
20k ┤                                         ⢀⣀⡠▲⠔⠒⠊⠉⠁⣀⡠⠤⠒⠒⠉⠉
    │                                 ⢀⣀⡠⠤⠔⠒⠊⠉⠁⣀⡠●⠔⠒⠊⠉⠁
    │                     ⣀⣀⣀⡠⠤⠤⠤⠔⠒▲⠊⠉⠁⠔⠒⠒⠊⠉⠉⠁
  0 ┤▲⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠔⠒⠒⠒▲⠒⠉⠉⠉⠉⠒⠒⠉⠉⠉⠉⠉
    └┬──────────────┬──────────────┬─────────────┬──────────────┬──────────────┬
     2015         2016           2017          2018           2019          2020

"#]]
    );
}

#[test]
fn lines_run_over_dates() {
    let dates: Date32Array = (0..300).map(|day| Some(17_500 + day)).collect();
    let values: Float64Array = (0..300).map(|day| Some((f64::from(day) / 30.0).sin())).collect();
    let data = data(vec![("day", Arc::new(dates)), ("value", Arc::new(values))]);
    snapbox::assert_data_eq!(
        drawn("", &data, 40),
        snapbox::str![[r#"

value by day
 1 ┤   ⢀⡔⠉⠙⢆                  ⡰⠊⠉⠢⡀
   │  ⢀⠎   ⠈⢣                ⡼⠁   ⠹⡄
   │  ⡞     ⠈⢧              ⡸⠁     ⢱⡀
   │ ⡼       ⠘⡄            ⢰⠃       ⢣
   │⢰⠃        ⠹⡀           ⡎        ⠈⡆
 0 ┤⠇          ⢣          ⡸          ⠹⡀
   │           ⠈⡆        ⢰⠃           ⢣
   │            ⠹⡀      ⢀⡎            ⠈⣆
   │             ⢳      ⡜              ⠘
   │              ⢧    ⡼⠁
-1 ┤               ⠳⣄⣠⠞⠁
   └────┬────────────────────┬──────────
     2018-01              2018-07

"#]]
    );
    snapbox::assert_data_eq!(
        drawn("", &data, 80),
        snapbox::str![[r#"

value by day
 1 ┤       ⢀⡠⠖⠊⠉⠉⠙⠒⢤⡀                                      ⢀⡤⠒⠋⠉⠉⠑⠢⢄
   │     ⢀⡴⠋        ⠈⠲⡄                                  ⣠⠞⠁        ⠙⢦⡀
   │    ⡰⠋            ⠈⠢⡀                              ⢀⠜⠁            ⠙⢄
   │  ⢠⠎                ⠙⢄                           ⢀⡔⠋                ⠳⡀
   │ ⡰⠃                  ⠈⠣⡀                        ⢠⠎                   ⠘⢆
 0 ┤⠜                      ⠑⣄                      ⡰⠁                     ⠈⠣⡀
   │                        ⠈⠢⡀                  ⢀⠞                         ⠑⣄
   │                          ⠙⢄                ⡠⠋                           ⠈⢢⡀
   │                           ⠈⠳⡀            ⢀⠞                               ⠑
   │                             ⠈⠢⣀        ⣀⠔⠁
-1 ┤                               ⠈⠓⠦⣄⣀⣀⡠⠴⠊⠁
   └────────┬──────────────┬──────────────┬───────────────┬──────────────┬──────
         2018-01        2018-03        2018-05         2018-07        2018-09

"#]]
    );
}

#[test]
fn histograms_grow_where_values_span_magnitudes() {
    let ages: Vec<Option<i64>> =
        (0..200).map(|number| (number % 50 != 0).then_some(18 + (number * number) % 47)).collect();
    snapbox::assert_data_eq!(
        drawn("", &data(vec![("age", numbers(&ages))]), 40),
        snapbox::str![[r#"

age
10 – 19 13 ██████▍
20 – 29 59 █████████████████████████████
30 – 39 50 ████████████████████████▋
40 – 49 34 ████████████████▊
50 – 59 32 ███████████████▊
60 – 69  8 ███▉
196 values  min 18  median 35  max 60
4 NULL

"#]]
    );
    let followers: Vec<Option<i64>> =
        (0..200).map(|number| Some(if number < 3 { 0 } else { 2_i64.pow(number as u32 % 21) })).collect();
    snapbox::assert_data_eq!(
        drawn("hist", &data(vec![("followers", numbers(&followers))]), 80),
        snapbox::str![[r#"

followers (ranges grow: log scale)
0           3 █████▍
1 – 10     37 ██████████████████████████████████████████████████████████████████
10 – 100   30 █████████████████████████████████████████████████████▌
100 – 1k   30 █████████████████████████████████████████████████████▌
1k – 10k   37 ██████████████████████████████████████████████████████████████████
10k – 100k 27 ████████████████████████████████████████████████▏
100k – 1M  27 ████████████████████████████████████████████████▏
1M –        9 ████████████████
200 values  min 0  median 768  max 1,048,576

"#]]
    );
    let days: Date32Array = (0..300).map(|day| Some(17_500 + day)).collect();
    snapbox::assert_data_eq!(
        drawn("hist x=day", &data(vec![("day", Arc::new(days))]), 40),
        snapbox::str![[r#"

day
2017-11 – 32 █████████████▉
2018-01 – 59 █████████████████████████▊
2018-03 – 61 ██████████████████████████▋
2018-05 – 61 ██████████████████████████▋
2018-07 – 62 ███████████████████████████
2018-09 – 25 ██████████▉
300 values  min 2017-11-30
median 2018-04-28  max 2018-09-25

"#]]
    );
}

#[test]
fn an_error_says_which_columns_a_chart_needs() {
    let texts_only = data(vec![("title", texts(&[Some("a")])), ("country", texts(&[Some("b")]))]);
    assert!(said("", &texts_only).starts_with("a chart needs a column of labels or times and one of numbers"));
    assert!(
        said("", &texts_only).contains("the answer has `title` (text), `country` (text); name them: `bar x=COLUMN")
    );
    assert_eq!(said("bar x=titel", &texts_only), "the answer has no column `titel`: did you mean `title`?");
    assert!(said("bar x=title y=country", &texts_only).starts_with("`country` is no column of numbers"));
    let two = data(vec![("age", numbers(&[Some(1)])), ("followers", numbers(&[Some(2)]))]);
    assert!(said("hist", &two).starts_with("a histogram needs one column of numbers or times"));
    assert!(said("", &two).starts_with("a chart needs"));
}

#[test]
fn odd_answers_are_drawn_too() {
    let empty = data(vec![("a", texts(&[])), ("n", numbers(&[]))]);
    assert_eq!(drawn("", &empty, 40), "\nno rows, so there is nothing to draw\n");
    for value in [None, Some(0), Some(i64::MAX), Some(i64::MIN), Some(-1)] {
        let one = data(vec![("a", texts(&[Some("x")])), ("year", numbers(&[value])), ("n", numbers(&[value]))]);
        for spec in ["bar", "bar x=a y=n", "line x=year y=n", "hist x=n", "none"] {
            for width in [1, 20, 40, 80, 200] {
                let canvas = Canvas { width, height: 1, paint: Paint::Ansi };
                draw(&ChartSpec::parse(spec).unwrap(), &one, canvas).unwrap();
            }
        }
    }
    let floats: Float64Array = [f64::NAN, f64::INFINITY, 1e300, -1e300, 1e-300, 0.0].into_iter().map(Some).collect();
    let data = data(vec![("x", Arc::new(floats.clone())), ("y", Arc::new(floats))]);
    for spec in ["hist x=x", "line x=x y=y", "bar x=x y=y"] {
        drawn(spec, &data, 40);
    }
}

#[test]
fn a_long_answer_is_cut_and_says_so() {
    let numbers = numbers(&(0..6000).map(Some).collect::<Vec<_>>());
    let batch = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
    let data = ChartData::of(&batch.schema(), [&batch, &batch]).unwrap();
    assert!(drawn("", &data, 80).contains("drawn from the first 10,000 of 12,000 rows"));
}
