//! Which columns two answers have in common, and which ones tell rows apart.
//!
//! Owns names and positions. It must not look at rows.

use arrow::datatypes::Schema;

use crate::error::{Error, Result};
use crate::spelling::nearest;

/// The columns of two answers.
pub(super) struct Columns {
    /// Positions now and before of each column that both have, in the order of now.
    pub(super) common: Vec<(usize, usize)>,
    /// Names of those that only the answer now has.
    pub(super) added: Vec<String>,
    /// Names of those that only the answer before had.
    pub(super) removed: Vec<String>,
}

impl Columns {
    /// Columns are the same by name; the second of a name is that of the other answer's second.
    pub(super) fn of(now: &Schema, before: &Schema) -> Columns {
        let mut theirs: Vec<Option<&str>> = before.fields().iter().map(|field| Some(field.name().as_str())).collect();
        let (mut common, mut added) = (Vec::new(), Vec::new());
        for (position, field) in now.fields().iter().enumerate() {
            let same = theirs.iter_mut().enumerate().find(|(_, name)| **name == Some(field.name()));
            match same {
                Some((their, name)) => {
                    *name = None;
                    common.push((position, their));
                }
                None => added.push(field.name().clone()),
            }
        }
        let removed = theirs.into_iter().flatten().map(str::to_owned).collect();
        Columns { common, added, removed }
    }

    /// The names of columns now.
    pub(super) fn names(&self, now: &Schema, positions: &[usize]) -> Vec<String> {
        positions.iter().filter_map(|position| now.fields().get(*position)).map(|field| field.name().clone()).collect()
    }
}

/// The columns that a heading names: `country, "of the year"`.
///
/// # Errors
/// Of `Kind::Statement`: there is none between two commas, or at all.
pub fn key_columns(text: &str) -> Result<Vec<String>> {
    let (mut names, mut quoted) = (vec![String::new()], false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let name = names.last_mut();
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => name.into_iter().for_each(|name| name.push('"')),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            character if !quoted && character.is_whitespace() => {}
            character => name.into_iter().for_each(|name| name.push(character)),
        }
    }
    if quoted || names.iter().any(String::is_empty) {
        let error = Error::statement(format!("`-- key: {text}` is no list of columns"));
        return Err(error.hint("name the columns that tell rows apart: `-- key: country, year`"));
    }
    Ok(names)
}

/// Where the columns of a key stand; a name counts once.
pub(super) fn positions(schema: &Schema, key: &[String]) -> Result<Vec<usize>> {
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let mut positions = Vec::with_capacity(key.len());
    for column in key {
        // SQL folds names that are not quoted, so that `Year` in a comment is `year` in the answer.
        let position = names().position(|name| name == column).or_else(|| {
            let alike = |name: &str| name.eq_ignore_ascii_case(column);
            names().position(alike)
        });
        match position {
            Some(position) if positions.contains(&position) => {}
            Some(position) => positions.push(position),
            None => {
                let error = Error::statement(format!("the key names `{column}`, which is no column of the answer"));
                let known = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(match nearest(column, names()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("the columns are {known}")),
                });
            }
        }
    }
    Ok(positions)
}
