//! Numbers as a chart shows them, and steps of an axis that people count in.
//!
//! Owns separators, short forms such as `1.2M`, and round steps.

/// A whole number with separators: `-1,234,567`.
pub(super) fn whole(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with separators and at most four places, fewer where it is large: `12,500.5`, `0.0012`.
pub(super) fn real(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        return plain(number);
    }
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{number:.3e}");
    }
    let places = match size {
        _ if size >= 1000.0 => 1,
        _ if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{number:.places$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (before, after) = digits.split_once('.').map_or((digits, None), |(before, after)| (before, Some(after)));
    let before = before.parse().map_or_else(|_| before.to_owned(), whole);
    match after {
        Some(after) => format!("{sign}{before}.{after}"),
        None if before == "0" => before,
        None => format!("{sign}{before}"),
    }
}

/// The shortest text that reads back, without separators.
pub(super) fn plain(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

/// A number in few columns, for axes: `850`, `1.5k`, `20M`, `0.05`.
pub(super) fn short(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let size = number.abs();
    if size >= 1e15 {
        return format!("{number:.1e}");
    }
    match UNITS.iter().find(|(unit, _)| size >= *unit) {
        // What has more digits is as short with its separator.
        Some((unit, _)) if *unit == 1e3 && size < 1e4 && size % 100.0 != 0.0 => real(number),
        Some((unit, name)) => format!("{}{name}", real(number / unit)),
        None => real(number),
    }
}

/// A step of 1, 2 or 5 times a power of ten (or 2.5, where parts are allowed), so that at most `most` of them cover
/// `span`.
pub(super) fn round_step(span: f64, most: usize, parts: Parts) -> f64 {
    let raw = span / (most.max(1) as f64);
    if !(raw.is_finite() && raw > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    // What is computed as 0.1 + 0.2 still counts as 0.3.
    let step = steps.into_iter().find(|step| *step >= raw * (1.0 - 1e-9)).unwrap_or(raw);
    match parts {
        Parts::Whole => step.max(1.0),
        Parts::Any => step,
    }
}

/// Whether an axis may have steps between whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// Steps of counts and years.
    Whole,
    /// Any step.
    Any,
}

/// The multiples of `step` from `low` to `high`, both included.
pub(super) fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = if last >= first { (last - first).min(1000.0) as usize + 1 } else { 0 };
    (0..count).map(|number| (first + number as f64) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_easily() {
        assert_eq!([0, -1234, 1_234_567].map(whole), ["0", "-1,234", "1,234,567"]);
        assert_eq!(
            [0.0, -0.00001, 12500.5, 0.25, -1234.0, 2.34567].map(real),
            ["0", "-1.000e-5", "12,500.5", "0.25", "-1,234", "2.35"]
        );
        assert_eq!(
            [950.0, 1500.0, 1234.0, 15_000.0, 2e6, 0.05, -3e9].map(short),
            ["950", "1.5k", "1,234", "15k", "2M", "0.05", "-3G"]
        );
        assert_eq!(real(f64::NAN), "NaN");
        assert_eq!(real(-0.0), "0");
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(97.0, 10, Parts::Any), 10.0);
        assert_eq!(round_step(5.0, 10, Parts::Whole), 1.0);
        assert_eq!(round_step(5.0, 10, Parts::Any), 0.5);
        assert_eq!(round_step(0.0, 10, Parts::Any), 1.0);
        assert_eq!(multiples(3.0, 21.0, 5.0), [5.0, 10.0, 15.0, 20.0]);
    }
}
