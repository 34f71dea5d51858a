//! What chart is wanted: `bar x=country y=category_count color=category`.
//!
//! Owns the grammar, which statements' headings (`-- chart: ...`), `--chart=...` and `\chart ...` share. It must not
//! know which columns an answer has: `plan` looks them up.

use std::str::FromStr;

use crate::error::{Error, Result};
use crate::spelling::nearest;

/// How an answer is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartKind {
    /// What fits the types of the columns.
    #[default]
    Fitting,
    /// A bar for each row.
    Bar,
    /// Points joined in the order of x.
    Line,
    /// How often values fall into each of some ranges.
    Hist,
    /// A page shows colours over x and y; a terminal shows bars.
    Heatmap,
    /// No chart.
    None,
}

/// A kind, and the columns that were named for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartSpec {
    /// How the answer is drawn.
    pub kind: ChartKind,
    /// The column of labels, of the horizontal axis, or the one whose values are counted.
    pub x: Option<String>,
    /// The columns of numbers.
    pub y: Vec<String>,
    /// The column that tells groups or lines apart.
    pub color: Option<String>,
}

const KINDS: [(&str, ChartKind); 6] = [
    ("auto", ChartKind::Fitting),
    ("bar", ChartKind::Bar),
    ("line", ChartKind::Line),
    ("hist", ChartKind::Hist),
    ("heatmap", ChartKind::Heatmap),
    ("none", ChartKind::None),
];

const FORM: &str =
    "a chart is `bar`, `line`, `hist`, `heatmap` or `auto`, then columns: `bar x=country y=count color=category`";

impl ChartSpec {
    /// The spec that `text` writes: a kind, then `x=COLUMN`, `y=COLUMN[,COLUMN]`, `color=COLUMN`, each of them
    /// optional. A name with blanks or commas stands in double quotes.
    ///
    /// # Errors
    /// Of `Kind::Usage`: what is no kind or no setting, and what is said twice.
    pub fn parse(text: &str) -> Result<ChartSpec> {
        let mut spec = ChartSpec::default();
        let mut kind = None;
        for word in words(text)? {
            let Some((key, value)) = word.split_once('=').filter(|(key, _)| !key.contains('"')) else {
                if kind.replace(word.parse()?).is_some() {
                    return Err(Error::usage(format!("a chart has one kind, and `{word}` is a second one")).hint(FORM));
                }
                continue;
            };
            let mut names = names(value);
            if names.iter().any(String::is_empty) {
                return Err(Error::usage(format!("`{key}=` names no column")).hint(FORM));
            }
            let known = match key {
                "x" => spec.x.is_some(),
                "y" => !spec.y.is_empty(),
                "color" | "colour" => spec.color.is_some(),
                _ => {
                    let error = Error::usage(format!("a chart has no setting `{key}`"));
                    return Err(error.hint("there are `x`, `y` and `color`").hint(FORM));
                }
            };
            if known {
                return Err(Error::usage(format!("`{key}=` is given twice")).hint(FORM));
            }
            match (key, names.len()) {
                ("y", _) => spec.y = names,
                ("x", 1) => spec.x = names.pop(),
                (_, 1) => spec.color = names.pop(),
                _ => return Err(Error::usage(format!("`{key}=` names one column; only `y=` takes several"))),
            }
        }
        spec.kind = kind.unwrap_or_default();
        Ok(spec)
    }

    /// Every column that it names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.x.iter().chain(&self.y).chain(&self.color).map(String::as_str)
    }
}

impl FromStr for ChartKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<ChartKind> {
        if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == text) {
            return Ok(*kind);
        }
        let error = Error::usage(format!("there is no chart `{text}`"));
        let names = KINDS.map(|(name, _)| name);
        Err(match nearest(text, names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(FORM),
        })
    }
}

/// The words of `text`; blanks in double quotes do not part them. Quotes stay.
fn words(text: &str) -> Result<Vec<String>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        quoted ^= character == '"';
        if character.is_whitespace() && !quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(character);
        }
    }
    if quoted {
        return Err(Error::usage(format!("a double quote stays open in the chart `{text}`")));
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    Ok(words)
}

/// The names in a value, which commas part.
fn names(value: &str) -> Vec<String> {
    let (mut names, mut name, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => name.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name)),
            character => name.push(character),
        }
    }
    names.push(name);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = ChartSpec::parse(text).unwrap_err();
        format!("{}: {}", error.message(), error.hints().join("; "))
    }

    #[test]
    fn reads_kinds_and_columns() {
        let spec = ChartSpec::parse("bar x=country y=category_count color=category").unwrap();
        assert_eq!(
            (spec.kind, spec.x.as_deref(), spec.color.as_deref()),
            (ChartKind::Bar, Some("country"), Some("category"))
        );
        assert_eq!(spec.y, ["category_count"]);
        assert_eq!(ChartSpec::parse("  ").unwrap(), ChartSpec::default());
        let spec = ChartSpec::parse(r#"y="a b",c,"d"",e" line"#).unwrap();
        assert_eq!((spec.kind, spec.y), (ChartKind::Line, vec!["a b".to_owned(), "c".to_owned(), "d\",e".to_owned()]));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error("bra x=a"), "there is no chart `bra`: did you mean `bar`?");
        assert!(error("bar z=a").starts_with("a chart has no setting `z`: there are `x`, `y` and `color`"));
        assert!(error("bar line").starts_with("a chart has one kind, and `line` is a second one"));
        assert!(error("bar x=").starts_with("`x=` names no column"));
        assert!(error("bar x=a x=b").starts_with("`x=` is given twice"));
        assert!(error("bar x=a,b").starts_with("`x=` names one column"));
        assert!(error("bar x=\"a").starts_with("a double quote stays open"));
    }
}
