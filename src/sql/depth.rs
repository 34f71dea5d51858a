//! How deep a statement is, told from its tokens before it is parsed.
//!
//! Owns the bound on chains such as `1 + 1 + ...` and `SELECT 1 UNION ALL SELECT 1 ...`. The parser builds them in a
//! loop, which its own limit does not count; whoever clones, visits or drops what it built recurses once for each link.
//! Lists are flat, however long, and are not counted.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::split::is_blank;

/// Links of a chain at most. What a person or a program means to say stays far below; every thread that plans has the
/// stack for it, also in a debug build.
pub(super) const MOST: usize = 2_000;

/// How many operators a word counts for that the parser recurses at without a limit of its own: some fifty of them are
/// as deep as it goes by itself.
const RECURSION: usize = MOST / 50;

/// What opened a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Bracket,
    Case,
}

/// What stands between an opening and its end. A chain of one kind is below one of the kind before it: the longest sum
/// counts, whichever `AND` it stands at, and the longest condition, whichever SELECT of a UNION has it.
#[derive(Clone, Copy, Debug)]
struct Level {
    opening: Opening,
    /// UNION and its like, and JOIN.
    sets: usize,
    /// AND and OR, since the last comma or clause.
    conditions: usize,
    /// Other operators, since the last AND or OR.
    operators: usize,
    /// The deepest level that ended since then.
    inner: usize,
    /// The deepest since the level was opened, apart from `sets`.
    deepest: usize,
    /// Whether the next AND belongs to a BETWEEN.
    awaits_and: bool,
}

/// What a token does to the depth.
enum Role {
    Set,
    Condition,
    Between,
    Operator,
    /// `EXPLAIN EXPLAIN ...`, `INTERVAL INTERVAL ...`
    Recursion,
    /// Begins a clause or the next of a list.
    Separator,
    Opens(Opening),
    /// An index is an operator and a level.
    Indexes,
    Closes(Opening),
    None,
}

/// The first token of a statement at which it is deeper than [`MOST`], if it is.
pub(super) fn too_deep(tokens: &[TokenWithSpan]) -> Option<&TokenWithSpan> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::opened_by(Opening::Bracket);
    let mut before = None;
    for token in tokens.iter().filter(|token| !is_blank(token)) {
        match role(&token.token, before) {
            Role::Set => {
                level.next_condition();
                level.sets = level.sets.saturating_add(1);
            }
            Role::Condition if level.awaits_and => level.awaits_and = false,
            Role::Condition => level.next_operator_chain(),
            Role::Between => {
                level.operators = level.operators.saturating_add(1);
                level.awaits_and = true;
            }
            Role::Operator => level.operators = level.operators.saturating_add(1),
            Role::Recursion => level.operators = level.operators.saturating_add(RECURSION),
            Role::Separator => level.next_condition(),
            Role::Opens(opening) => outer.push(std::mem::replace(&mut level, Level::opened_by(opening))),
            Role::Indexes => {
                level.operators = level.operators.saturating_add(1);
                outer.push(std::mem::replace(&mut level, Level::opened_by(Opening::Bracket)));
            }
            // A bracket or an END that nothing opened is for the parser to refuse.
            Role::Closes(opening) if level.opening == opening => {
                if let Some(around) = outer.pop() {
                    let inner = level.depth().saturating_add(1);
                    level = around;
                    level.inner = level.inner.max(inner);
                }
            }
            Role::Closes(_) | Role::None => {}
        }
        if level.depth() > MOST {
            return Some(token);
        }
        before = Some(&token.token);
    }
    None
}

fn role(token: &Token, before: Option<&Token>) -> Role {
    match token {
        Token::Word(word) if word.quote_style.is_some() || before == Some(&Token::Period) => Role::None,
        Token::Word(word) => match word.keyword {
            Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::JOIN => Role::Set,
            Keyword::AND | Keyword::OR | Keyword::XOR => Role::Condition,
            Keyword::BETWEEN => Role::Between,
            Keyword::IS | Keyword::IN | Keyword::LIKE | Keyword::ILIKE | Keyword::SIMILAR | Keyword::RLIKE => {
                Role::Operator
            }
            Keyword::REGEXP | Keyword::DIV | Keyword::COLLATE | Keyword::AT | Keyword::NOT => Role::Operator,
            Keyword::EXPLAIN => Role::Recursion,
            Keyword::INTERVAL if is_keyword(before, Keyword::INTERVAL) => Role::Recursion,
            // `IS DISTINCT FROM` goes on.
            Keyword::FROM if is_keyword(before, Keyword::DISTINCT) => Role::None,
            Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::HAVING | Keyword::ON => Role::Separator,
            Keyword::WHEN | Keyword::THEN | Keyword::ELSE => Role::Separator,
            Keyword::CASE => Role::Opens(Opening::Case),
            Keyword::END => Role::Closes(Opening::Case),
            _ => Role::None,
        },
        Token::Comma => Role::Separator,
        Token::LParen | Token::LBrace => Role::Opens(Opening::Bracket),
        Token::LBracket => Role::Indexes,
        Token::RParen | Token::RBrace | Token::RBracket => Role::Closes(Opening::Bracket),
        // Names of tables and columns have points; they are as flat as lists.
        Token::Period | Token::Number(..) | Token::Placeholder(_) | Token::Char(_) => Role::None,
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::DollarQuotedString(_) => Role::None,
        Token::NationalStringLiteral(_) | Token::EscapedStringLiteral(_) | Token::UnicodeStringLiteral(_) => Role::None,
        Token::HexStringLiteral(_) => Role::None,
        _ => Role::Operator,
    }
}

fn is_keyword(token: Option<&Token>, keyword: Keyword) -> bool {
    matches!(token, Some(Token::Word(word)) if word.keyword == keyword)
}

impl Level {
    fn opened_by(opening: Opening) -> Level {
        Level { opening, sets: 0, conditions: 0, operators: 0, inner: 0, deepest: 0, awaits_and: false }
    }

    fn depth(&self) -> usize {
        self.sets.saturating_add(self.deepest.max(self.chain()))
    }

    /// The chain that goes on: each AND and OR is above the operators of its sides.
    fn chain(&self) -> usize {
        self.conditions.saturating_add(self.operators).saturating_add(self.inner)
    }

    fn next_operator_chain(&mut self) {
        self.deepest = self.deepest.max(self.chain());
        self.conditions = self.conditions.saturating_add(1);
        (self.operators, self.inner) = (0, 0);
    }

    fn next_condition(&mut self) {
        self.deepest = self.deepest.max(self.chain());
        (self.conditions, self.operators, self.inner) = (0, 0, 0);
        self.awaits_and = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::split::tokenize;

    fn is_too_deep(text: &str) -> bool {
        too_deep(&tokenize(text).0).is_some()
    }

    /// `first`, and `next` so many times behind it.
    fn chain(first: &str, next: &str, times: usize) -> String {
        format!("select {first}{}", next.repeat(times))
    }

    #[test]
    fn chains_are_as_deep_as_they_are_long() {
        let links = [
            " + 1",
            " or a = 1 + 1",
            " and a between 1 + 1 and 2",
            " union all select 1 + 1, 2 where 3 = 4 and 5 = 6",
            "::int",
            "[1]",
            " is not distinct from (1)",
            " || case when a = 1 then 2 end",
            " - (1, (2 + 3))",
        ];
        for link in links {
            assert!(!is_too_deep(&chain("a", link, 900)), "{link}");
            assert!(is_too_deep(&chain("a", link, MOST + 1)), "{link}");
        }
        assert!(is_too_deep(&chain("a from b", " join c on d.e = f.g and h", MOST + 1)));
    }

    #[test]
    fn words_at_which_the_parser_recurses_are_few() {
        for (word, end) in [("explain ", "select 1"), ("explain analyze verbose ", "select 1"), ("interval ", "'1'")] {
            assert!(!is_too_deep(&format!("{}{end}", word.repeat(40))), "{word}");
            let deep = format!("{}{end}", word.repeat(10_000));
            assert!(is_too_deep(&deep), "{word}");
            let error = crate::sql::split(&deep, "q.sql").unwrap_err();
            assert!(error.message().contains("is nested too deeply"), "{error}");
            // What is let through must not exhaust the stack.
            let _parsed = crate::sql::split(&format!("select {}{end}", word.repeat(48)), "q.sql");
        }
        assert!(!is_too_deep(&chain("a", " + interval '1 day'", 900)));
    }

    #[test]
    fn a_chain_goes_on_around_brackets_and_cases() {
        let half = " + 1".repeat(MOST / 2 + 1);
        for (before, after) in
            [("(", ")"), ("f(2, ", ")"), ("case when ", " then 1 end"), ("case 1 when 2 then 3 else ", " end")]
        {
            assert!(is_too_deep(&format!("select {before}1{half}{after}{half}")), "{before}");
            assert!(!is_too_deep(&format!("select {before}1{half}{after}, 1{half}")), "{before}");
        }
    }

    #[test]
    fn lists_are_flat() {
        for item in ["-1, ", "a.b.c = 1, ", "'x' || 'y', ", "(1, 2 + 3), ", "[1, 2], ", "f(a -> 'b'), "] {
            assert!(!is_too_deep(&format!("select a in ({}1)", item.repeat(MOST * 2))), "{item}");
        }
        assert!(!is_too_deep(&format!("select case {} end", "when a = 1 then b + 1 ".repeat(MOST * 2))));
    }

    #[test]
    fn ends_that_nothing_opened_do_no_harm() {
        for text in ["select ) + ]", "select end + ) end", "select (case + ) end", "select t.case + t.end", "}}}"] {
            assert!(!is_too_deep(text), "{text}");
        }
    }
}
