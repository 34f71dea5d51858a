//! What to offer at the cursor of a prompt: tables, columns, functions, keywords, settings.
//!
//! Owns the choice and its order. It is pure: what there is comes as a [`Vocabulary`], what is sought from `sql`.

mod matching;
mod tables;

#[cfg(test)]
mod tests;

use std::ops::Range;

use self::matching::{Fit, fit};
use self::tables::{columns_of, find};
use crate::engine::{FunctionKind, KnownColumn, KnownFunction, KnownName, NameKind, Vocabulary};
use crate::sql::{Expectation, Letters, Quoting, ScopedTable, Sought, expected_at, quote_identifier};

/// Something that can take the place of the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The text to insert.
    pub text: String,
    /// What it is, in a line: a type, a signature, a value.
    pub description: Option<String>,
    /// The bytes of the text that it takes the place of.
    pub replaces: Range<usize>,
    /// Whether a blank follows it, because something always comes next.
    pub appends_blank: bool,
}

/// What can stand at the byte `cursor` of `text`, the best first.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Vec<Candidate> {
    let expectation = expected_at(text, cursor);
    let mut offers = Offers { word: &expectation.word, quoting: expectation.quoting, found: Vec::new() };
    match &expectation.sought {
        Sought::Nothing | Sought::Keyword => {}
        Sought::Table => offer_tables(&expectation, vocabulary, &mut offers),
        Sought::Column => {
            offer_columns(&expectation, vocabulary, &mut offers);
            if expectation.qualifier.is_empty() {
                offer_functions(&expectation, vocabulary, &mut offers);
            }
        }
        Sought::Type => {}
        Sought::Setting => {
            for setting in &vocabulary.settings {
                let value = setting.value.as_deref().unwrap_or("no value");
                offers.plain(&setting.name, Some(format!("{value}: {}", setting.about)), Rank::First);
            }
        }
        Sought::SettingValue(name) => offer_value(name, vocabulary, &mut offers),
        Sought::Parameter => {
            vocabulary.parameters.iter().for_each(|name| offers.plain(name, None, Rank::First));
        }
    }
    if expectation.quoting == Quoting::Plain {
        for keyword in &expectation.keywords {
            let spelled = match expectation.letters {
                Letters::Capital => (*keyword).to_owned(),
                Letters::Small => keyword.to_lowercase(),
            };
            offers.keyword(spelled);
        }
    }
    offers.sorted(&expectation.replaces)
}

/// In which order equally good matches come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    First,
    Second,
    Third,
    Function,
    Keyword,
}

struct Offer {
    fit: Fit,
    rank: Rank,
    text: String,
    description: Option<String>,
    appends_blank: bool,
}

struct Offers<'a> {
    word: &'a str,
    quoting: Quoting,
    found: Vec<Offer>,
}

impl Offers<'_> {
    /// A name, in quotes where it needs them or has begun with one; `before` goes before it.
    fn name(&mut self, before: &str, name: &str, description: Option<String>, rank: Rank) {
        let Some(fit) = fit(self.word, name) else { return };
        let spelled = match self.quoting {
            Quoting::Quoted => format!("\"{}\"", name.replace('"', "\"\"")),
            Quoting::Plain => spelled(name),
        };
        let text = format!("{before}{spelled}");
        self.found.push(Offer { fit, rank, text, description, appends_blank: false });
    }

    fn plain(&mut self, text: &str, description: Option<String>, rank: Rank) {
        let Some(fit) = fit(self.word, text) else { return };
        self.found.push(Offer { fit, rank, text: text.to_owned(), description, appends_blank: false });
    }

    fn keyword(&mut self, text: String) {
        // What merely holds the letters would be noise among the names.
        let is_begun = text.get(..self.word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(self.word));
        if is_begun {
            let rank = Rank::Keyword;
            self.found.push(Offer { fit: Fit::Beginning, rank, text, description: None, appends_blank: true });
        }
    }

    fn sorted(mut self, replaces: &Range<usize>) -> Vec<Candidate> {
        // Stable: what is equal stays in the order in which it was offered.
        self.found.sort_by_key(|offer| (offer.fit, offer.rank));
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for Offer { text, description, appends_blank, .. } in self.found {
            if seen.insert(text.clone()) {
                candidates.push(Candidate { text, description, replaces: replaces.clone(), appends_blank });
            }
        }
        candidates
    }
}

/// A name as a statement has to write it: also words that the parser would take for its own are quoted.
fn spelled(name: &str) -> String {
    if crate::sql::is_reserved(name) { format!("\"{name}\"") } else { quote_identifier(name).into_owned() }
}

fn offer_tables(expectation: &Expectation, vocabulary: &Vocabulary, offers: &mut Offers<'_>) {
    let description = |table: &KnownName| {
        let kind = match table.kind {
            NameKind::Table => "table",
            NameKind::View => "view",
        };
        match table.columns.len() {
            0 => kind.to_owned(),
            1 => format!("{kind}, 1 column"),
            columns => format!("{kind}, {columns} columns"),
        }
    };
    let schema = match expectation.qualifier.last().map(String::as_str) {
        Some("public") => Some(None),
        Some(schema) => Some(Some(schema)),
        None => None,
    };
    if let Some(schema) = schema {
        for table in vocabulary.tables.iter().filter(|table| table.schema.as_deref() == schema) {
            offers.name("", &table.name, Some(description(table)), Rank::First);
        }
        return;
    }
    for name in &expectation.defined {
        offers.name("", name, Some("defined by WITH".to_owned()), Rank::First);
    }
    for table in vocabulary.tables.iter().filter(|table| table.schema.is_none()) {
        offers.name("", &table.name, Some(description(table)), Rank::Second);
    }
    for schema in &vocabulary.schemas {
        offers.plain(&format!("{schema}."), Some("schema".to_owned()), Rank::Third);
    }
    // `pi` may mean `raw.pin`: what the schemas hold comes once something is typed.
    for table in vocabulary.tables.iter().filter(|_| !offers.word.is_empty()).collect::<Vec<_>>() {
        if let Some(schema) = table.schema.as_deref().filter(|schema| ["raw", "landed", "pinq"].contains(schema)) {
            offers.name(&format!("{schema}."), &table.name, Some(description(table)), Rank::Function);
        }
    }
}

fn offer_columns(expectation: &Expectation, vocabulary: &Vocabulary, offers: &mut Offers<'_>) {
    if !expectation.qualifier.is_empty() {
        for column in qualified(expectation, vocabulary) {
            offers.name("", &column.name, column.kind.clone(), Rank::First);
        }
        return;
    }
    let tables: Vec<(&ScopedTable, Vec<KnownColumn>)> =
        expectation.tables.iter().map(|table| (table, columns_of(&table.relation, vocabulary))).collect();
    let holders = |name: &str, level: usize| {
        let holds = |(table, columns): &&(&ScopedTable, Vec<KnownColumn>)| {
            table.level == level && columns.iter().any(|column| column.name == name)
        };
        tables.iter().filter(holds).count()
    };
    let is_hidden = |name: &str, level: usize| {
        let hides = |(table, columns): &(&ScopedTable, Vec<KnownColumn>)| {
            table.level < level && columns.iter().any(|column| column.name == name)
        };
        tables.iter().any(hides)
    };
    for (table, columns) in &tables {
        let rank = if table.level == 0 { Rank::First } else { Rank::Second };
        for column in columns {
            let is_ambiguous = holders(&column.name, table.level) > 1 || is_hidden(&column.name, table.level);
            let before =
                if is_ambiguous && !table.name.is_empty() { spelled(&table.name) + "." } else { String::new() };
            let description = [column.kind.as_deref().unwrap_or_default(), table.name.as_str()];
            let description =
                description.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" of ");
            offers.name(&before, &column.name, Some(description).filter(|text| !text.is_empty()), rank);
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for table in expectation.tables.iter().filter(|table| !table.name.is_empty()) {
        if !names.contains(&table.name.as_str()) {
            names.push(&table.name);
            let text = spelled(&table.name) + ".";
            offers.plain(&text, Some("the columns of this table".to_owned()), Rank::Third);
        }
    }
    if expectation.tables.is_empty() && !offers.word.is_empty() {
        // FROM is written later: what the word could be is in some table.
        for table in vocabulary.tables.iter().filter(|table| table.schema.is_none()) {
            for column in &table.columns {
                let kind = column.kind.as_deref().unwrap_or("column");
                offers.name("", &column.name, Some(format!("{kind} of {}", table.name)), Rank::Second);
            }
        }
    }
}

/// The columns of the table that is named before the full stop: `p`, `pin`, `raw.pin`.
fn qualified(expectation: &Expectation, vocabulary: &Vocabulary) -> Vec<KnownColumn> {
    if let [name] = expectation.qualifier.as_slice()
        && let Some(table) = expectation.tables.iter().find(|table| table.name == *name)
    {
        return columns_of(&table.relation, vocabulary);
    }
    find(&expectation.qualifier, vocabulary).map(|table| table.columns.clone()).unwrap_or_default()
}

fn offer_functions(expectation: &Expectation, vocabulary: &Vocabulary, offers: &mut Offers<'_>) {
    let in_capitals = expectation.letters == Letters::Capital && !offers.word.is_empty();
    let description = |function: &KnownFunction| match function.about.as_str() {
        "" => function.signature.clone(),
        about => format!("{}: {about}", function.signature),
    };
    for function in vocabulary.functions.iter().filter(|function| function.kind != FunctionKind::Table) {
        let name = if in_capitals { function.name.to_uppercase() } else { function.name.clone() };
        offers.plain(&format!("{name}("), Some(description(function)), Rank::Function);
    }
}

fn offer_value(name: &str, vocabulary: &Vocabulary, offers: &mut Offers<'_>) {
    let Some(setting) = vocabulary.settings.iter().find(|setting| setting.name == name) else { return };
    match setting.value.as_deref() {
        Some(value @ ("true" | "false")) => {
            let other = if value == "true" { "false" } else { "true" };
            offers.plain(other, None, Rank::First);
            offers.plain(value, Some("as it is".to_owned()), Rank::Second);
        }
        Some(value) => offers.plain(value, Some("as it is".to_owned()), Rank::First),
        None => {}
    }
}
