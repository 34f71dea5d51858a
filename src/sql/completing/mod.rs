//! What may stand at the cursor of a text: for completion, so also of statements that no parser takes yet.
//!
//! Owns the reading of an unfinished statement by its tokens. It knows no table and no function: what there is to offer
//! is for whoever has a catalog. It must not fail, whatever the text is.

mod clause;
mod cursor;
mod keywords;
mod nesting;
mod query;
mod relation;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use relation::{Projected, Relation, ScopedTable};

use self::cursor::Standing;

/// What may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The bytes that a candidate takes the place of: the word before the cursor, from an opening quote on.
    pub replaces: Range<usize>,
    /// What is typed of the word, without quotes; the whole dotted name of a setting.
    pub word: String,
    /// Whether the word began with a quote.
    pub quoting: Quoting,
    /// The letters in which keywords are written here.
    pub letters: Letters,
    /// The names before it, each ended by a full stop: `raw` of `raw.pi`. Those without quotes are lower case.
    pub qualifier: Vec<String>,
    /// What sort of name is sought.
    pub sought: Sought,
    /// The tables whose columns can be named, innermost first; also those that the text names after the cursor.
    pub tables: Vec<ScopedTable>,
    /// The names that WITH defines here.
    pub defined: Vec<String>,
    /// Keywords that can follow, the likeliest first, in capitals.
    pub keywords: Vec<&'static str>,
}

/// What sort of name is sought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Nothing that is known: a new name, a number, the inside of a string or comment.
    Nothing,
    /// Only one of the keywords.
    Keyword,
    /// A table, a view or a schema.
    Table,
    /// A column or a function.
    Column,
    /// A type.
    Type,
    /// The name of a setting.
    Setting,
    /// The value of the setting of that name.
    SettingValue(String),
    /// A parameter: the word is what stands behind the `$`.
    Parameter,
}

/// Whether a name began with a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// It did not.
    Plain,
    /// It did; what takes its place is quoted.
    Quoted,
}

/// The letters in which somebody writes keywords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// `select`
    #[default]
    Small,
    /// `SELECT`
    Capital,
}

/// What may stand at the byte `cursor` of `text`, in which there may be other statements. A cursor beyond the text, or
/// within a character, stands at the end of what is before it.
pub fn expected_at(text: &str, cursor: usize) -> Expectation {
    let cursor = text.floor_char_boundary(cursor);
    match cursor::standing(text, cursor) {
        Standing::Nowhere => Expectation::nothing(cursor),
        Standing::Parameter { replaces, word } => {
            Expectation { replaces, word, sought: Sought::Parameter, ..Expectation::nothing(cursor) }
        }
        Standing::Word(mut word) => {
            let items = nesting::nest(std::mem::take(&mut word.tokens), word.place);
            let found = query::seek(&items, &word.qualifier);
            let mut expectation = Expectation {
                replaces: word.replaces,
                word: word.typed,
                quoting: word.quoting,
                letters: word.letters,
                qualifier: word.qualifier,
                sought: found.sought,
                tables: found.tables,
                defined: found.defined,
                keywords: found.keywords,
            };
            if expectation.sought == Sought::Setting {
                expectation.take_qualifier(word.qualified_from);
            }
            expectation
        }
    }
}

/// What the only statement of `text`, a query, gives: names as far as the syntax says them.
pub fn projected(text: &str) -> Vec<Projected> {
    let tokens = super::lexed::lex(text).tokens.into_iter().filter(|token| !token.is_blank()).collect();
    relation::projection(&nesting::nest(tokens, usize::MAX), &relation::Defined::default()).to_vec()
}

/// Whether a name has to be quoted because the parser takes it for a word of its own.
pub fn is_reserved(name: &str) -> bool {
    use datafusion::sql::sqlparser::keywords::{
        ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword, RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_IDENTIFIER,
    };
    // Words that begin an expression or a type, which the parser's lists of reserved aliases leave out.
    const BEGIN: [Keyword; 14] = [
        Keyword::CASE,
        Keyword::CAST,
        Keyword::NOT,
        Keyword::NULL,
        Keyword::TRUE,
        Keyword::FALSE,
        Keyword::DISTINCT,
        Keyword::ALL,
        Keyword::AND,
        Keyword::OR,
        Keyword::IN,
        Keyword::ON,
        Keyword::JOIN,
        Keyword::AS,
    ];
    let found = ALL_KEYWORDS.binary_search(&name.to_uppercase().as_str()).ok();
    let Some(keyword) = found.and_then(|at| ALL_KEYWORDS_INDEX.get(at)) else { return false };
    [RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_IDENTIFIER, &BEGIN].iter().any(|list| list.contains(keyword))
}

impl Expectation {
    fn nothing(cursor: usize) -> Self {
        Expectation {
            replaces: cursor..cursor,
            word: String::new(),
            quoting: Quoting::Plain,
            letters: Letters::Small,
            qualifier: Vec::new(),
            sought: Sought::Nothing,
            tables: Vec::new(),
            defined: Vec::new(),
            keywords: Vec::new(),
        }
    }

    /// The full stops of a setting are part of its name.
    fn take_qualifier(&mut self, from: usize) {
        self.replaces.start = from;
        self.qualifier.push(std::mem::take(&mut self.word));
        self.word = std::mem::take(&mut self.qualifier).join(".");
    }
}
