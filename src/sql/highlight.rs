//! What each part of a text is, for colours.
//!
//! Owns the classes of tokens, and which words count as keywords. Every byte of any text is in exactly one range, in
//! order, also where the text is no SQL. It must not know colours.

use std::ops::Range;

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Word};

use super::lexed::{Lexed, lex};

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// A word of the language.
    Keyword,
    /// The name of a function that is called.
    Function,
    /// The name of a table, a column, an alias.
    Name,
    /// A string, whatever its quotes.
    Text,
    /// A number.
    Number,
    /// A comment, closed or open.
    Comment,
    /// An operator, a comma, a full stop, a `;`.
    Operator,
    /// `$NAME`.
    Parameter,
    /// A bracket that has its partner.
    Bracket,
    /// A bracket that has none.
    Unbalanced,
    /// What an open quote makes of the rest.
    Unfinished,
    /// Blanks and line ends.
    Blank,
}

/// The parts of `text` with their classes: they cover it from the first byte to the last, in order, for any text.
/// `is_function` tells whether a word is the name of a function.
pub fn highlight(text: &str, is_function: &dyn Fn(&str) -> bool) -> Vec<(Range<usize>, TokenClass)> {
    let lexed = lex(text);
    let mut parts: Vec<(Range<usize>, TokenClass)> = Vec::with_capacity(lexed.tokens.len() + 1);
    let solid: Vec<&Lexed> = lexed.tokens.iter().filter(|token| !token.is_blank()).collect();
    let mut brackets = Brackets::default();
    let (mut covered, mut number) = (0, 0_usize);
    for token in &lexed.tokens {
        if covered < token.range.start {
            parts.push((covered..token.range.start, TokenClass::Blank));
        }
        let neighbours = Neighbours {
            before: number.checked_sub(1).and_then(|before| solid.get(before)).map(|token| &token.token),
            after: solid.get(number + 1).map(|token| &token.token),
        };
        let class = match &token.token {
            Token::SemiColon => {
                brackets.end(&mut parts);
                TokenClass::Operator
            }
            bracket if opened_by(bracket).is_some() => brackets.open(bracket, parts.len()),
            bracket if is_closing(bracket) => brackets.close(bracket, &mut parts),
            _ => class_of(token, &neighbours, is_function),
        };
        parts.push((token.range.clone(), class));
        covered = token.range.end;
        number += usize::from(!token.is_blank());
    }
    brackets.end(&mut parts);
    if covered < text.len() {
        let is_comment = text.get(covered..).is_some_and(|rest| rest.starts_with("/*"));
        parts.push((covered..text.len(), if is_comment { TokenClass::Comment } else { TokenClass::Unfinished }));
    }
    parts
}

/// The tokens beside a word, blanks left out.
struct Neighbours<'a> {
    before: Option<&'a Token>,
    after: Option<&'a Token>,
}

/// The brackets that are open.
#[derive(Default)]
struct Brackets {
    /// Which one closes it, and its number among the parts.
    open: Vec<(Token, usize)>,
}

impl Brackets {
    fn open(&mut self, bracket: &Token, part: usize) -> TokenClass {
        self.open.extend(opened_by(bracket).map(|closing| (closing, part)));
        TokenClass::Bracket
    }

    fn close(&mut self, bracket: &Token, parts: &mut [(Range<usize>, TokenClass)]) -> TokenClass {
        // A bracket that was left open between has no partner; one that nobody opened has none either.
        let Some(partner) = self.open.iter().rposition(|(closing, _)| closing == bracket) else {
            return TokenClass::Unbalanced;
        };
        for (_, part) in self.open.drain(partner..).skip(1) {
            mark(part, parts);
        }
        TokenClass::Bracket
    }

    /// No bracket reaches into the next statement.
    fn end(&mut self, parts: &mut [(Range<usize>, TokenClass)]) {
        for (_, part) in self.open.drain(..) {
            mark(part, parts);
        }
    }
}

fn mark(part: usize, parts: &mut [(Range<usize>, TokenClass)]) {
    if let Some((_, class)) = parts.get_mut(part) {
        *class = TokenClass::Unbalanced;
    }
}

fn opened_by(token: &Token) -> Option<Token> {
    match token {
        Token::LParen => Some(Token::RParen),
        Token::LBracket => Some(Token::RBracket),
        Token::LBrace => Some(Token::RBrace),
        _ => None,
    }
}

fn is_closing(token: &Token) -> bool {
    matches!(token, Token::RParen | Token::RBracket | Token::RBrace)
}

fn class_of(token: &Lexed, neighbours: &Neighbours<'_>, is_function: &dyn Fn(&str) -> bool) -> TokenClass {
    match &token.token {
        _ if token.is_comment() => TokenClass::Comment,
        Token::Whitespace(_) | Token::EOF => TokenClass::Blank,
        Token::Word(word) => class_of_word(word, neighbours, is_function),
        Token::Number(..) => TokenClass::Number,
        Token::Placeholder(_) => TokenClass::Parameter,
        Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::TripleSingleQuotedString(_)
        | Token::TripleDoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::TripleSingleQuotedByteStringLiteral(_)
        | Token::TripleDoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::TripleSingleQuotedRawStringLiteral(_)
        | Token::TripleDoubleQuotedRawStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::QuoteDelimitedStringLiteral(_)
        | Token::NationalQuoteDelimitedStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_) => TokenClass::Text,
        Token::Char(_) => TokenClass::Unfinished,
        _ => TokenClass::Operator,
    }
}

fn class_of_word(word: &Word, neighbours: &Neighbours<'_>, is_function: &dyn Fn(&str) -> bool) -> TokenClass {
    let is_part = matches!(neighbours.before, Some(Token::Period)) || matches!(neighbours.after, Some(Token::Period));
    if word.quote_style.is_some() || (is_part && !matches!(neighbours.after, Some(Token::LParen))) {
        return TokenClass::Name;
    }
    if matches!(neighbours.after, Some(Token::LParen)) && is_function(&word.value.to_lowercase()) {
        return TokenClass::Function;
    }
    if is_keyword(word.keyword) || is_type(word, neighbours) {
        return TokenClass::Keyword;
    }
    TokenClass::Name
}

/// The name of a type where one stands: `date '2020-01-01'`, `x::timestamp`, `cast(x as date)`. Elsewhere it is a
/// column: `date`, `timestamp`, `text` and `time` are what people call theirs.
fn is_type(word: &Word, neighbours: &Neighbours<'_>) -> bool {
    if word.keyword == Keyword::NoKeyword {
        return false;
    }
    let before_text = matches!(word.keyword, Keyword::DATE | Keyword::TIMESTAMP | Keyword::TIME | Keyword::INTERVAL)
        && matches!(neighbours.after, Some(Token::SingleQuotedString(_)));
    let after_as = matches!(neighbours.before, Some(Token::Word(word)) if word.keyword == Keyword::AS)
        && matches!(neighbours.after, Some(Token::RParen));
    before_text || after_as || matches!(neighbours.before, Some(Token::DoubleColon))
}

/// The words that nobody reads as a name. The parser's own list is longer by hundreds, `index`, `title`, `user` and
/// `location` among them, which are columns and tables of landings.
#[rustfmt::skip]
fn is_keyword(keyword: Keyword) -> bool {
    use Keyword::{
        ALL, ALTER, ANALYZE, AND, ANTI, ANY, AS, ASC, BETWEEN, BIGINT, BOOLEAN, BY, CASE, CAST, COPY, CREATE, CROSS,
        CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP, DELETE, DESC, DESCRIBE, DISTINCT, DOUBLE, DROP, ELSE, END, ESCAPE,
        EXCEPT, EXECUTE, EXISTS, EXPLAIN, EXTERNAL, EXTRACT, FALSE, FETCH, FILTER, FOLLOWING, FROM, FULL, FUNCTIONS,
        GROUP, GROUPING, HAVING, ILIKE, IN, INNER, INSERT, INTEGER, INTERSECT, INTERVAL, INTO, IS, JOIN, LATERAL, LEFT,
        LIKE, LIMIT, MATERIALIZED, NATURAL, NOT, NULL, NULLS, OFFSET, ON, OR, ORDER, OUTER, OVER, PARTITION, PRECEDING,
        PREPARE, QUALIFY, RECURSIVE, REPLACE, RIGHT, ROLLUP, ROWS, SELECT, SEMI, SET, SETS, SHOW, SIMILAR, SOME,
        STORED, TABLE, TABLES, THEN, TRUE, TRY_CAST, UNBOUNDED, UNION, UNNEST, UPDATE, USING, VALUES, VARCHAR, VERBOSE,
        VIEW, WHEN, WHERE, WINDOW, WITH, WITHIN,
    };
    matches!(
        keyword,
        ALL | ALTER | ANALYZE | AND | ANTI | ANY | AS | ASC | BETWEEN | BIGINT | BOOLEAN | BY | CASE | CAST | COPY
        | CREATE | CROSS | CURRENT_DATE | CURRENT_TIME | CURRENT_TIMESTAMP | DELETE | DESC | DESCRIBE | DISTINCT
        | DOUBLE | DROP | ELSE | END | ESCAPE | EXCEPT | EXECUTE | EXISTS | EXPLAIN | EXTERNAL | EXTRACT | FALSE | FETCH
        | FILTER | FOLLOWING | FROM | FULL | FUNCTIONS | GROUP | GROUPING | HAVING | ILIKE | IN | INNER | INSERT
        | INTEGER | INTERSECT | INTERVAL | INTO | IS | JOIN | LATERAL | LEFT | LIKE | LIMIT | MATERIALIZED | NATURAL
        | NOT | NULL | NULLS | OFFSET | ON | OR | ORDER | OUTER | OVER | PARTITION | PRECEDING | PREPARE | QUALIFY
        | RECURSIVE | REPLACE | RIGHT | ROLLUP | ROWS | SELECT | SEMI | SET | SETS | SHOW | SIMILAR | SOME | STORED
        | TABLE | TABLES | THEN | TRUE | TRY_CAST | UNBOUNDED | UNION | UNNEST | UPDATE | USING | VALUES | VARCHAR
        | VERBOSE | VIEW | WHEN | WHERE | WINDOW | WITH | WITHIN
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each part but the blank ones as `class:text`.
    fn shown(text: &str) -> Vec<String> {
        let parts = highlight(text, &|name| ["count", "left", "replace"].contains(&name));
        let parts = parts.into_iter().filter(|(_, class)| *class != TokenClass::Blank);
        parts.map(|(range, class)| format!("{class:?}:{}", &text[range])).collect()
    }

    #[test]
    fn words_are_what_they_stand_for() {
        let said =
            shown("SELECT index, count ( title ), \"select\", u.date FROM user u -- all\nwhere x = 'ż' and $y > 1.5");
        let expected = "Keyword:SELECT Name:index Operator:, Function:count Bracket:( Name:title Bracket:) Operator:, \
            Name:\"select\" Operator:, Name:u Operator:. Name:date Keyword:FROM Name:user Name:u Comment:-- all\n \
            Keyword:where Name:x Operator:= Text:'ż' Keyword:and Parameter:$y Operator:> Number:1.5";
        assert_eq!(said.join(" "), expected);
        assert_eq!(shown("left(a, 1) left join")[0], "Function:left");
        assert_eq!(shown("a left join b")[1], "Keyword:left");
        let types = shown("date '2020-01-01', cast(x as timestamp), y::date, date");
        for (number, word) in [(0, "Keyword:date"), (7, "Keyword:timestamp"), (12, "Keyword:date"), (14, "Name:date")] {
            assert_eq!(types[number], word, "{types:?}");
        }
    }

    #[test]
    fn brackets_need_their_partners() {
        for (text, unbalanced) in [
            ("(a)", ""),
            ("f(a[1])", ""),
            ("f(a", "("),
            ("a)", ")"),
            ("f(a]", "(]"),
            ("f(a[1)", "["),
            ("f(a; b)", "()"),
            ("(')')", ""),
        ] {
            let parts = highlight(text, &|_| false).into_iter();
            let found: String =
                parts.filter(|(_, class)| *class == TokenClass::Unbalanced).map(|(range, _)| &text[range]).collect();
            assert_eq!(found, unbalanced, "{text}");
        }
    }

    #[test]
    fn what_is_open_is_the_rest() {
        for (text, last) in [
            ("select 'a -- b\n c", "Unfinished:'a -- b\n c"),
            ("select \"a b", "Unfinished:\"a b"),
            ("select $x$ a ; b", "Unfinished:$x$ a ; b"),
            ("select E'a", "Unfinished:E'a"),
            ("select 1 /* a 'b", "Comment:/* a 'b"),
            ("select 1 -- a 'b", "Comment:-- a 'b"),
            ("select $$a'b$$", "Text:$$a'b$$"),
            ("select E'a\\'b'", "Text:E'a\\'b'"),
        ] {
            assert_eq!(shown(text).last().unwrap(), last, "{text}");
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "\\PC{0,4}",
            prop::sample::select(vec![
                "select ", "'", "\"", "$$", "$x$", "/*", "*/", "--", "\n", "\r\n", "E'", "(", ")", "[", "]", "{", ";",
                "日本 ", "ż", "\u{feff}", "\0", "0x", "1e", "N'", "U&'", "X'", "q'[", "`", "\\", "''", "@", "#", "?",
                "::", "\t", "\u{2028}", "/*!", "b\"", "r'", "'''", ".5", "1.", "a.b",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_byte_of_any_text_is_covered_once(text in any_text()) {
            let parts = highlight(&text, &|_| true);
            let mut covered = 0;
            for (range, _) in &parts {
                prop_assert_eq!(range.start, covered);
                prop_assert!(range.end > range.start && text.get(range.clone()).is_some());
                covered = range.end;
            }
            prop_assert_eq!(covered, text.len());
        }

        #[test]
        fn tokens_stand_where_they_are_said_to(text in any_text()) {
            for lexed in lex(&text).tokens {
                if let Token::Word(Word { value, quote_style: None, .. }) = &lexed.token {
                    prop_assert_eq!(&text[lexed.range.clone()], value);
                }
                if let Token::Number(digits, false) = &lexed.token {
                    prop_assert_eq!(&text[lexed.range.clone()], digits);
                }
            }
        }
    }
}
