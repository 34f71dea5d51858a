//! What is sought at the cursor of nested items: the innermost select that holds it, its tables, its clause.
//!
//! Owns the way down to the cursor, and which tables come along.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::Sought;
use super::clause::{At, Before, Clause, clause_at};
use super::keywords as words;
use super::nesting::{Item, is_query};
use super::relation::{Defined, ScopedTable, read_with, tables_of};

/// What may stand at the cursor.
pub(super) struct Found {
    pub(super) sought: Sought,
    pub(super) keywords: Vec<&'static str>,
    pub(super) tables: Vec<ScopedTable>,
    pub(super) defined: Vec<String>,
}

/// What may stand at the cursor of a statement, behind these names and their full stops.
pub(super) fn seek(items: &[Item], qualifier: &[String]) -> Found {
    let (mut items, mut first) = (items, Clause::Start);
    let (mut defined, mut outer) = (Defined::default(), Vec::new());
    loop {
        let mut prefix = 0;
        if let Some(with) = with_of(items) {
            let read = read_with(items, with + 1, &mut defined);
            if let Some(query) = read.holds_cursor {
                (items, first) = (query, Clause::Query);
                continue;
            }
            let is_in_header = items.get(..read.end).is_some_and(|header| header.contains(&Item::Cursor));
            if is_in_header {
                return Found::new(Sought::Nothing, &["AS"], Vec::new(), &defined);
            }
            if matches!(items.get(read.end), Some(Item::Cursor) | None) {
                let is_named = matches!(items.get(read.end.saturating_sub(1)), Some(Item::Group(_)));
                let keywords: &[&str] = if is_named { words::QUERIES } else { &["AS"] };
                let sought = if is_named { Sought::Keyword } else { Sought::Nothing };
                return Found::new(sought, keywords, Vec::new(), &defined);
            }
            (prefix, first) = (read.end, Clause::Query);
        }
        let level = branch(items.get(prefix..).unwrap_or_default());
        let Some(place) = level.iter().position(Item::has_cursor) else {
            return Found::new(Sought::Nothing, &[], Vec::new(), &defined);
        };
        let before = level.get(..place).unwrap_or_default();
        let mut at = clause_at(before, first);
        let mut tables = tables_of(level, &defined);
        if first == Clause::Arguments && tables.is_empty() {
            tables = std::mem::take(&mut outer);
        } else {
            tables.append(&mut outer);
        }
        let Some(Item::Group(group)) = level.get(place) else {
            let tables = if first == Clause::Start && at.clause == Clause::Start { Vec::new() } else { tables };
            return found(&mut at, qualifier, tables, &defined);
        };
        let is_lateral = before.last().and_then(Item::keyword) == Some(Keyword::LATERAL);
        if is_query(group) {
            let sees = !matches!(at.clause, Clause::From | Clause::Join) || is_lateral;
            tables.iter_mut().for_each(|table| table.level = table.level.saturating_add(1));
            (items, first, outer) = (group, Clause::Query, if sees { tables } else { Vec::new() });
            continue;
        }
        (items, first, outer) = (group, between_brackets(before, &at), tables);
    }
}

/// Where the WITH of a query or of a statement about one stands.
fn with_of(items: &[Item]) -> Option<usize> {
    let is_before = |item: &Item| {
        !matches!(item.keyword(), Some(Keyword::SELECT | Keyword::FROM | Keyword::CAST))
            && !matches!(item, Item::Cursor)
    };
    let at = items.iter().take_while(|item| is_before(item)).position(|item| item.keyword() == Some(Keyword::WITH))?;
    let before = at.checked_sub(1).and_then(|before| items.get(before));
    let starts = before.is_none_or(|before| {
        matches!(before.keyword(), Some(Keyword::EXPLAIN | Keyword::ANALYZE | Keyword::VERBOSE | Keyword::AS))
    });
    starts.then_some(at)
}

/// The select that holds the cursor, among those that UNION and its like combine.
fn branch(items: &[Item]) -> &[Item] {
    let Some(place) = items.iter().position(Item::has_cursor) else { return items };
    let combines = |number: usize| {
        let is_set = matches!(
            items.get(number).and_then(Item::keyword),
            Some(Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT)
        );
        let before = number.checked_sub(1).and_then(|before| items.get(before));
        is_set && !before.is_some_and(|before| before.is(&Token::Mul))
    };
    let from = (0..place).rev().find(|number| combines(*number)).unwrap_or(0);
    let to = (place..items.len()).find(|number| combines(*number)).unwrap_or(items.len());
    items.get(from..to).unwrap_or_default()
}

/// What stands between brackets that are no query.
fn between_brackets(before: &[Item], at: &At) -> Clause {
    let opening = before.last();
    match (opening.and_then(Item::keyword), at.clause) {
        (Some(Keyword::CAST | Keyword::TRY_CAST), _) => Clause::Cast,
        (Some(Keyword::OVER), _) => Clause::Window,
        (Some(Keyword::FILTER), _) => Clause::Filter,
        (_, Clause::From | Clause::Join) if at.before == Before::Open => Clause::From,
        (_, Clause::Create | Clause::Opaque) => Clause::Opaque,
        (_, Clause::Start | Clause::Query | Clause::Explain) if opening.is_none() => Clause::Query,
        _ => Clause::Arguments,
    }
}

fn found(at: &mut At, qualifier: &[String], tables: Vec<ScopedTable>, defined: &Defined) -> Found {
    let (sought, keywords) = sought_at(at);
    // Behind a full stop there is a name, never a keyword; nothing that is complete goes before it.
    let is_qualified = !qualifier.is_empty();
    let sought = match sought {
        Sought::Keyword if is_qualified => Sought::Column,
        sought => sought,
    };
    let keywords = if is_qualified { Vec::new() } else { keywords };
    Found { keywords, ..Found::new(sought, &[], tables, defined) }
}

fn sought_at(at: &mut At) -> (Sought, Vec<&'static str>) {
    use Clause as C;
    use Keyword as K;
    let said = |sought, keywords: &[&'static str]| (sought, keywords.to_vec());
    match at.before {
        Before::Word(K::GROUP | K::ORDER | K::PARTITION) => return said(Sought::Keyword, &["BY"]),
        Before::Word(K::INNER | K::CROSS | K::NATURAL) => return said(Sought::Keyword, &["JOIN"]),
        Before::Word(K::OUTER) => return said(Sought::Keyword, &["JOIN", "OUTER JOIN", "SEMI JOIN", "ANTI JOIN"]),
        Before::Word(K::IS) => return said(Sought::Keyword, words::AFTER_IS),
        Before::Word(K::NULLS) => return said(Sought::Keyword, &["LAST", "FIRST"]),
        Before::Word(K::INSERT) => return said(Sought::Keyword, &["INTO"]),
        Before::Word(K::DELETE) => return said(Sought::Keyword, &["FROM"]),
        Before::Word(K::IF) => return said(Sought::Keyword, &["EXISTS"]),
        Before::Word(K::COLUMNS) => return said(Sought::Keyword, &["FROM"]),
        Before::Word(K::VIEW | K::TABLE | K::INTERVAL | K::OVER | K::FILTER) => return said(Sought::Nothing, &[]),
        Before::Word(K::TYPE) => return said(Sought::Type, words::TYPES),
        Before::Word(K::AS) if at.clause == C::Cast => return said(Sought::Type, words::TYPES),
        Before::Word(K::AS) => return said(Sought::Nothing, &[]),
        Before::Word(K::ASC) => return said(Sought::Keyword, words::AFTER_DIRECTION),
        Before::Word(K::ROWS) => return said(Sought::Keyword, words::OF_FRAME),
        Before::Word(K::NOT) => return said(Sought::Column, words::AFTER_NOT),
        _ => {}
    }
    let is_open = matches!(at.before, Before::Open | Before::Word(_));
    let (sought, own): (Sought, &[&'static str]) = match (at.clause, is_open) {
        (C::Start, true) => return said(Sought::Keyword, words::STATEMENTS),
        (C::Query, true) => return said(Sought::Keyword, words::QUERIES),
        (C::Explain, true) => return said(Sought::Keyword, words::AFTER_EXPLAIN),
        (C::Create, true) => return said(Sought::Keyword, words::AFTER_CREATE),
        (C::Create, false) => return said(Sought::Keyword, &["AS"]),
        (C::Drop, true) => return said(Sought::Keyword, words::AFTER_DROP),
        (C::Show, true) => return said(Sought::Setting, words::AFTER_SHOW),
        (C::Set, true) => return said(Sought::Setting, &[]),
        (C::Set, false) => return said(Sought::Keyword, &["TO"]),
        (C::SetValue, true) => return said(Sought::SettingValue(at.setting.join(".")), &[]),
        (C::From | C::Join | C::OnlyTable, true) => return said(Sought::Table, &[]),
        (C::From, false) => return said(Sought::Keyword, words::AFTER_TABLE),
        (C::OnlyTable, false) => return said(Sought::Keyword, &["SET", "TO", "WHERE"]),
        (C::Join, false) => return (Sought::Keyword, [words::AFTER_JOINED, words::AFTER_TABLE].concat()),
        (C::Using, false) => return said(Sought::Keyword, words::AFTER_CONDITION_OF_JOIN),
        (C::Filter, _) => return said(Sought::Keyword, &["WHERE"]),
        (C::Window, true) => (Sought::Column, words::OF_WINDOW),
        (C::Select, true) => (Sought::Column, words::SELECTED),
        (C::Arguments, true) => (Sought::Column, &["SELECT", "DISTINCT"]),
        (C::Limit | C::Values, true) => return said(Sought::Nothing, &[]),
        (C::On | C::Where | C::GroupBy | C::Having | C::OrderBy | C::Cast | C::Assignments, true) => {
            (Sought::Column, &[])
        }
        (C::Select, false) if at.before == Before::Star => return said(Sought::Keyword, words::AFTER_STAR),
        (C::Select, false) => (Sought::Keyword, words::AFTER_SELECTED),
        (C::On, false) => (Sought::Keyword, words::AFTER_CONDITION_OF_JOIN),
        (C::Where, false) => (Sought::Keyword, words::AFTER_CONDITION),
        (C::GroupBy, false) => (Sought::Keyword, words::AFTER_GROUP),
        (C::Having, false) => (Sought::Keyword, &["ORDER BY", "LIMIT"]),
        (C::OrderBy, false) => return said(Sought::Keyword, words::AFTER_ORDER),
        (C::Limit, false) => return said(Sought::Keyword, words::AFTER_LIMIT),
        (C::Window, false) => (Sought::Keyword, &["ORDER BY", "DESC", "ROWS BETWEEN", "ASC"]),
        (C::Arguments, false) => (Sought::Keyword, &["AND", "OR", "ORDER BY"]),
        (C::Cast, false) => (Sought::Keyword, &["AS"]),
        (C::Assignments, false) => (Sought::Keyword, &["WHERE"]),
        (C::Start | C::Query | C::Explain | C::Drop | C::Show | C::SetValue | C::Values | C::Opaque, _)
        | (C::Using, true) => return said(Sought::Nothing, &[]),
    };
    let mut keywords: Vec<&'static str> = Vec::new();
    if at.cases > 0 {
        keywords.extend(["WHEN", "THEN", "ELSE", "END"]);
    }
    if at.before == Before::Call && !matches!(at.clause, C::Where | C::On | C::GroupBy) {
        keywords.extend(own.iter().take(2));
        keywords.extend(words::AFTER_CALL);
    }
    keywords.extend(own);
    keywords.extend(if is_open { words::OPERANDS } else { words::OPERATORS });
    if at.clause == C::On || at.clause == C::Where {
        // A condition goes on more often than it ends.
        keywords.sort_by_key(|word| !matches!(*word, "AND" | "OR" | "WHEN" | "THEN" | "ELSE" | "END"));
    }
    let mut once: Vec<&'static str> = Vec::new();
    for word in keywords {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    (sought, once)
}

impl Found {
    fn new(sought: Sought, keywords: &[&'static str], tables: Vec<ScopedTable>, defined: &Defined) -> Self {
        let mut names: Vec<String> = defined.0.iter().map(|(name, _)| name.clone()).collect();
        names.reverse();
        Found { sought, keywords: keywords.to_vec(), tables, defined: names }
    }
}
