//! Cells of csv and tsv that a spreadsheet would take for a formula.
//!
//! Owns which those are and what becomes of them. It must not know how a format quotes.

use std::borrow::Cow;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What becomes of cells of csv and tsv that a spreadsheet would take for a formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formulas {
    /// They stay as they are: whoever reads the file gets what is in the data.
    #[default]
    Keep,
    /// They begin with `'`, so that a spreadsheet shows them as text. Numbers are none.
    Escape,
}

impl Formulas {
    /// The cell as it is written.
    pub(super) fn guard(self, text: &str) -> Cow<'_, str> {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
        match self {
            Formulas::Escape if is_formula && text.parse::<f64>().is_err() => Cow::Owned(format!("'{text}")),
            Formulas::Escape | Formulas::Keep => Cow::Borrowed(text),
        }
    }
}

impl FromStr for Formulas {
    type Err = Error;

    fn from_str(text: &str) -> Result<Formulas> {
        match text {
            "keep" => Ok(Formulas::Keep),
            "escape" => Ok(Formulas::Escape),
            _ => {
                Err(Error::usage(format!("`{text}` is not what can become of formulas"))
                    .hint("write `keep` or `escape`"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_escaped_and_numbers_are_not() {
        for formula in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=", "-", "＝1", "-2020-01-01"] {
            assert_eq!(Formulas::Escape.guard(formula), format!("'{formula}"));
            assert_eq!(Formulas::Keep.guard(formula), formula);
        }
        for other in ["", "1", "-1", "+1.5e3", "-0.0", "a=1", "'=1", " =1", "é"] {
            assert_eq!(Formulas::Escape.guard(other), other);
        }
        assert_eq!("keep".parse::<Formulas>().unwrap(), Formulas::default());
        assert!("drop".parse::<Formulas>().unwrap_err().hints()[0].contains("`escape`"));
    }
}
