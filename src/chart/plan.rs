//! Which columns of an answer a chart shows, and as what.
//!
//! Owns looking up named columns, and the choice where none is named. It must not draw.

use super::data::{ChartData, Column, Number, Values};
use super::spec::{ChartKind, ChartSpec};
use crate::error::{Error, Result};
use crate::printable;
use crate::spelling::nearest;

/// Columns by their position in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Bar {
        labels: Vec<usize>,
        value: usize,
        color: Option<usize>,
    },
    Line {
        x: usize,
        y: Vec<usize>,
        series: Option<usize>,
    },
    Hist {
        value: usize,
    },
    /// A colour for each of `x` and `y`; a terminal has bars instead.
    Heatmap {
        x: usize,
        y: usize,
        value: usize,
    },
    Nothing,
}

/// Labels of a bar where none is named: what is more is left to the table.
const MOST_LABELS: usize = 3;

/// The chart of `data` that `spec` asks for.
///
/// # Errors
/// A column that the answer does not have, one of the wrong type, or no column for a part of the chart.
pub(super) fn plan(spec: &ChartSpec, data: &ChartData) -> Result<Plan> {
    let named = |name: &Option<String>| name.as_deref().map(|name| find(data, name)).transpose();
    let (x, color) = (named(&spec.x)?, named(&spec.color)?);
    let y = spec.y.iter().map(|name| find(data, name)).collect::<Result<Vec<_>>>()?;
    // A histogram counts times, too, and the rows of a heat map may be texts.
    let is_free = matches!(spec.kind, ChartKind::Hist | ChartKind::Heatmap);
    if let (Some(wrong), true) = (y.iter().find(|y| !is_number(data, **y)), !is_free) {
        return Err(Error::usage(format!("`{}` is no column of numbers, which `y=` names", name(data, *wrong)))
            .hint(columns_hint(data)));
    }
    let choice = Choice { data, x, y, color };
    match spec.kind {
        ChartKind::None => Ok(Plan::Nothing),
        ChartKind::Heatmap => choice.heatmap().or_else(|| choice.bar_of_numbers()).ok_or_else(|| {
            choice.missing(
                "a heat map",
                "two columns of labels or times and one of numbers",
                "heatmap x=COLUMN y=COLUMN color=NUMBERS",
            )
        }),
        ChartKind::Bar => choice.bar().ok_or_else(|| {
            choice.missing("a chart of bars", "a column of labels and one of numbers", "bar x=COLUMN y=COLUMN")
        }),
        ChartKind::Line => choice.line().ok_or_else(|| {
            choice.missing(
                "a chart of lines",
                "a column of numbers or times and one of numbers",
                "line x=COLUMN y=COLUMN",
            )
        }),
        ChartKind::Hist => choice
            .hist()
            .ok_or_else(|| choice.missing("a histogram", "one column of numbers or times", "hist x=COLUMN")),
        ChartKind::Fitting => choice.fitting().ok_or_else(|| {
            choice.missing(
                "a chart",
                "a column of labels or times and one of numbers, or one column of numbers alone",
                "bar x=COLUMN y=COLUMN`, `line x=COLUMN y=COLUMN` or `hist x=COLUMN",
            )
        }),
    }
}

/// What is named, and the columns to choose the rest from.
struct Choice<'a> {
    data: &'a ChartData,
    x: Option<usize>,
    y: Vec<usize>,
    color: Option<usize>,
}

impl Choice<'_> {
    fn fitting(&self) -> Option<Plan> {
        let scale = self.x.or_else(|| self.free(is_time_or_year).next());
        let bars = scale.is_none_or(|x| is_text(self.data, x));
        if bars {
            return self.bar_of_texts().or_else(|| self.hist());
        }
        match self.line() {
            // One point for each line is no line: bars show it.
            Some(Plan::Line { series: Some(series), .. }) if !self.is_dense(series) => self.bar(),
            Some(line) => Some(line),
            None => self.hist(),
        }
    }

    fn bar_of_texts(&self) -> Option<Plan> {
        let has_text = self.x.is_some() || self.free(is_text).next().is_some();
        if has_text { self.bar() } else { None }
    }

    fn bar(&self) -> Option<Plan> {
        let label = self.x.or_else(|| self.free(is_text).next()).or_else(|| self.free(is_time_or_year).next());
        let label = label
            .or_else(|| self.free(is_number).nth(usize::from(self.y.is_empty())).and(self.free(is_number).next()))?;
        let others = |column: &usize| *column != label && Some(*column) != self.color;
        let value = self.y.first().copied();
        let value = value.or_else(|| self.free(is_number).filter(others).find(|it| !is_year(self.data, *it)));
        let value = value.or_else(|| self.free(is_number).find(others))?;
        let mut labels = vec![label];
        if self.x.is_none() && self.color.is_none() {
            // In the order of the answer: what it is sorted by comes first.
            let telling = |data: &ChartData, column| is_text(data, column) || is_time_or_year(data, column);
            labels = self.free(telling).filter(|column| *column != value).take(MOST_LABELS).collect();
            if labels.is_empty() {
                labels.push(label);
            }
        }
        labels.extend(self.color.filter(|color| !labels.contains(color)));
        Some(Plan::Bar { labels, value, color: self.color })
    }

    /// Bars where a heat map lacks a column.
    fn bar_of_numbers(&self) -> Option<Plan> {
        self.y.iter().all(|column| is_number(self.data, *column)).then(|| self.bar()).flatten()
    }

    /// The rows are the column of `y=`, and the colours that of `color=`: `x=day y=country color=posts`; the other way
    /// round, as bars have them, where only that fits: `x=day y=posts color=country`.
    fn heatmap(&self) -> Option<Plan> {
        let telling = |data: &ChartData, column| is_text(data, column) || is_time_or_year(data, column);
        let counted = |data: &ChartData, column| is_number(data, column) && !is_year(data, column);
        let x = self.x.or_else(|| self.free(telling).next())?;
        let label = || self.free(telling).find(|column| *column != x);
        let number = || self.free(counted).find(|column| *column != x);
        let (y, value) = match (self.y.first().copied(), self.color) {
            (Some(y), Some(color)) if counted(self.data, color) => (y, color),
            (Some(y), Some(color)) => (color, y),
            (Some(y), None) if counted(self.data, y) => {
                label().map(|label| (label, y)).or(number().map(|it| (y, it)))?
            }
            (Some(y), None) => (y, number()?),
            (None, Some(color)) if counted(self.data, color) => (label()?, color),
            (None, Some(color)) => (color, number()?),
            (None, None) => (label()?, number()?),
        };
        is_number(self.data, value).then_some(Plan::Heatmap { x, y, value })
    }

    fn line(&self) -> Option<Plan> {
        let x = self.x.or_else(|| self.free(is_time_or_year).next()).or_else(|| self.free(is_number).next())?;
        if is_text(self.data, x) {
            return None;
        }
        let series = self.color.or_else(|| self.free(is_text).next().filter(|_| self.y.len() < 2));
        let mut y = self.y.clone();
        if y.is_empty() {
            y = self.free(is_number).filter(|column| *column != x && Some(*column) != series).collect();
        }
        // Several lines of each group would be told apart by two things at once.
        if series.is_some() {
            y.truncate(1);
        }
        (!y.is_empty()).then_some(Plan::Line { x, y, series })
    }

    fn hist(&self) -> Option<Plan> {
        let named = self.x.or(self.y.first().copied());
        let mut free = self.free(|data, column| is_number(data, column) || is_time(data, column));
        let value = named.or_else(|| free.next().filter(|_| free.next().is_none()))?;
        (!is_text(self.data, value)).then_some(Plan::Hist { value })
    }

    /// The columns for which `fits`, those aside that are named.
    fn free<'b>(&'b self, fits: impl Fn(&ChartData, usize) -> bool + 'b) -> impl Iterator<Item = usize> + 'b {
        let taken = |column: usize| self.x == Some(column) || self.color == Some(column) || self.y.contains(&column);
        (0..self.data.columns.len()).filter(move |column| !taken(*column) && fits(self.data, *column))
    }

    /// Whether a value of the column comes twice or more, as a rule.
    fn is_dense(&self, column: usize) -> bool {
        let Some(column) = self.data.columns.get(column) else { return false };
        let labels: std::collections::BTreeSet<String> =
            (0..self.data.kept).map(|row| column.values.label(row)).collect();
        labels.len().saturating_mul(2) <= self.data.kept
    }

    fn missing(&self, what: &str, needs: &str, form: &str) -> Error {
        Error::usage(format!("{what} needs {needs}")).hint(columns_hint(self.data)).hint(format!("name them: `{form}`"))
    }
}

fn find(data: &ChartData, wanted: &str) -> Result<usize> {
    let exact = data.columns.iter().position(|column| column.name == wanted);
    let loose = || data.columns.iter().position(|column| column.name.eq_ignore_ascii_case(wanted));
    if let Some(position) = exact.or_else(loose) {
        return Ok(position);
    }
    let error = Error::usage(format!("the answer has no column `{}`", printable::one_line(wanted)));
    match nearest(wanted, data.columns.iter().map(|column| column.name.as_str())) {
        Some(near) => Err(error.hint(format!("did you mean `{}`?", printable::one_line(near)))),
        None => Err(error.hint(columns_hint(data))),
    }
}

fn columns_hint(data: &ChartData) -> String {
    let of = |column: &Column| {
        let kind = match column.values {
            Values::Text(_) => "text",
            Values::Number(_) => "numbers",
            Values::Time(_, _) => "times",
            Values::Other => "nested",
        };
        format!("`{}` ({kind})", printable::one_line(&column.name))
    };
    format!("the answer has {}", data.columns.iter().map(of).collect::<Vec<_>>().join(", "))
}

fn name(data: &ChartData, column: usize) -> String {
    data.columns.get(column).map(|column| printable::one_line(&column.name).into_owned()).unwrap_or_default()
}

fn values(data: &ChartData, column: usize) -> Option<&Values> {
    data.columns.get(column).map(|column| &column.values)
}

fn is_number(data: &ChartData, column: usize) -> bool {
    matches!(values(data, column), Some(Values::Number(_)))
}

fn is_text(data: &ChartData, column: usize) -> bool {
    matches!(values(data, column), Some(Values::Text(_)))
}

fn is_time(data: &ChartData, column: usize) -> bool {
    matches!(values(data, column), Some(Values::Time(_, _)))
}

/// Whole numbers of the years in which people live, and a name that says so or further numbers to draw over them.
pub(super) fn is_year(data: &ChartData, column: usize) -> bool {
    let Some(Column { name, values: Values::Number(numbers) }) = data.columns.get(column) else { return false };
    let is_year = |number: Number| number.value().fract() == 0.0 && (1900.0..=2100.0).contains(&number.value());
    let mut present = numbers.iter().copied().flatten().peekable();
    let numbers = (0..data.columns.len()).filter(|column| is_number(data, *column)).count();
    present.peek().is_some() && (numbers > 1 || name.to_lowercase().contains("year")) && present.all(is_year)
}

fn is_time_or_year(data: &ChartData, column: usize) -> bool {
    is_time(data, column) || is_year(data, column)
}
