//! The tables that a select can name columns of, told from its tokens: names, subqueries, what WITH defines.
//!
//! Owns the reading of FROM, of WITH and of a projection's names. It must not know which columns a named table has.

use std::sync::Arc;

use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::nesting::{Item, is_query};

/// Names in one WITH that are looked at: nobody writes more, and what builds on what stays a short chain.
const MOST_DEFINED: usize = 200;

/// A table whose columns can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedTable {
    /// The name that qualifies its columns: the alias, else the table's own; empty for a subquery without one.
    pub name: String,
    /// What it is.
    pub relation: Relation,
    /// How many selects lie between: 0 for those of the select that holds the cursor.
    pub level: usize,
}

/// What a table in a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// One of the catalog: the parts of its name.
    Named(Vec<String>),
    /// A query within the statement.
    Projected(Arc<[Projected]>),
}

/// What a query gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projected {
    /// A column of that name.
    Column(String),
    /// Every column of that table.
    Every(ScopedTable),
}

/// What WITH defines for a query and those in it, the nearest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Defined(pub(super) Vec<(String, Relation)>);

impl Defined {
    fn relation(&self, parts: Vec<String>) -> Relation {
        match parts.as_slice() {
            [name] => match self.0.iter().rev().find(|(defined, _)| defined == name) {
                Some((_, relation)) => relation.clone(),
                None => Relation::Named(parts),
            },
            _ => Relation::Named(parts),
        }
    }
}

/// Where a WITH ends, and the query in it that holds the cursor, if one does.
pub(super) struct With<'a> {
    pub(super) end: usize,
    pub(super) holds_cursor: Option<&'a [Item]>,
}

/// Reads the definitions that begin behind the WITH, and adds them to `defined`, up to the one with the cursor.
pub(super) fn read_with<'a>(items: &'a [Item], from: usize, defined: &mut Defined) -> With<'a> {
    let mut at = from;
    if items.get(at).and_then(Item::keyword) == Some(Keyword::RECURSIVE) {
        at += 1;
    }
    for _ in 0..MOST_DEFINED {
        let Some(name) = items.get(at).and_then(Item::name) else { break };
        at += 1;
        let mut columns = None;
        let is_as = |item: Option<&Item>| item.and_then(Item::keyword) == Some(Keyword::AS);
        if let (Some(Item::Group(names)), true) = (items.get(at), is_as(items.get(at + 1))) {
            columns = Some(names_of(names));
            at += 1;
        }
        if is_as(items.get(at)) {
            at += 1;
        }
        while let Some(Keyword::NOT | Keyword::MATERIALIZED) = items.get(at).and_then(Item::keyword) {
            at += 1;
        }
        let Some(Item::Group(query)) = items.get(at) else { break };
        if query.iter().any(Item::has_cursor) {
            return With { end: at, holds_cursor: Some(query) };
        }
        at += 1;
        let columns = columns.unwrap_or_else(|| projection(query, defined));
        defined.0.push((name, Relation::Projected(columns)));
        if !items.get(at).is_some_and(|item| item.is(&Token::Comma)) {
            break;
        }
        at += 1;
    }
    With { end: at, holds_cursor: None }
}

fn names_of(items: &[Item]) -> Arc<[Projected]> {
    items.iter().filter_map(Item::name).map(Projected::Column).collect()
}

/// The tables that a select names in FROM and JOIN; those of INTO, UPDATE and DELETE, too.
pub(super) fn tables_of(items: &[Item], defined: &Defined) -> Vec<ScopedTable> {
    let mut tables = Vec::new();
    list_tables(items, defined, Expecting::Nothing, &mut tables);
    tables
}

/// Whether the next name is a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expecting {
    /// It is none.
    Nothing,
    /// It is one.
    Table,
    /// It is one that is written to: brackets behind it hold its columns.
    Target,
    /// It is one after a comma.
    Comma,
}

fn list_tables(items: &[Item], defined: &Defined, first: Expecting, tables: &mut Vec<ScopedTable>) {
    let (mut expecting, mut at) = (first, 0);
    while let Some(item) = items.get(at) {
        at += 1;
        match item.keyword() {
            Some(Keyword::FROM) => {
                let before = at.checked_sub(2).and_then(|before| items.get(before)).and_then(Item::keyword);
                let is_comparison = before == Some(Keyword::DISTINCT);
                expecting = if is_comparison { expecting } else { Expecting::Table };
                continue;
            }
            Some(Keyword::JOIN) => {
                expecting = Expecting::Table;
                continue;
            }
            Some(Keyword::INTO | Keyword::UPDATE) => {
                expecting = Expecting::Target;
                continue;
            }
            Some(Keyword::LATERAL | Keyword::ONLY) if expecting == Expecting::Table => continue,
            Some(
                Keyword::WHERE
                | Keyword::GROUP
                | Keyword::HAVING
                | Keyword::ORDER
                | Keyword::LIMIT
                | Keyword::OFFSET
                | Keyword::SELECT
                | Keyword::SET
                | Keyword::VALUES
                | Keyword::WINDOW
                | Keyword::QUALIFY,
            ) => {
                expecting = Expecting::Nothing;
                continue;
            }
            _ => {}
        }
        match (expecting, item) {
            (Expecting::Comma, item) if item.is(&Token::Comma) => expecting = Expecting::Table,
            (Expecting::Table | Expecting::Target, Item::Cursor) => expecting = Expecting::Comma,
            (Expecting::Table, Item::Group(group)) if is_query(group) => {
                expecting = Expecting::Comma;
                let relation = Relation::Projected(projection(group, defined));
                tables.push(aliased(items, &mut at, String::new(), relation));
            }
            (Expecting::Table, Item::Group(group)) => {
                expecting = Expecting::Comma;
                list_tables(group, defined, Expecting::Table, tables);
            }
            (Expecting::Table | Expecting::Target, item) => {
                let Some(first) = item.name() else { continue };
                let is_read = expecting == Expecting::Table;
                expecting = Expecting::Comma;
                let mut parts = vec![first];
                while let (Some(true), Some(name)) =
                    (items.get(at).map(|item| item.is(&Token::Period)), items.get(at + 1).and_then(Item::name))
                {
                    parts.push(name);
                    at += 2;
                }
                let own = parts.last().cloned().unwrap_or_default();
                let relation = match items.get(at) {
                    // A function that gives rows; what they are is not for the syntax to say.
                    Some(Item::Group(_)) if is_read => {
                        at += 1;
                        Relation::Projected(Arc::default())
                    }
                    _ => defined.relation(parts),
                };
                tables.push(aliased(items, &mut at, own, relation));
            }
            _ => {}
        }
    }
}

/// The table with the alias that follows, if one does.
fn aliased(items: &[Item], at: &mut usize, own: String, relation: Relation) -> ScopedTable {
    let has_as = items.get(*at).and_then(Item::keyword) == Some(Keyword::AS);
    let next = *at + usize::from(has_as);
    let word = items.get(next).filter(|item| {
        let reserved = item.keyword().is_some_and(|keyword| RESERVED_FOR_TABLE_ALIAS.contains(&keyword));
        !reserved
    });
    let Some(alias) = word.and_then(Item::name) else { return ScopedTable { name: own, relation, level: 0 } };
    *at = next + 1;
    match items.get(*at) {
        Some(Item::Group(names)) if !is_query(names) && !names.iter().any(Item::has_cursor) => {
            *at += 1;
            ScopedTable { name: alias, relation: Relation::Projected(names_of(names)), level: 0 }
        }
        _ => ScopedTable { name: alias, relation, level: 0 },
    }
}

/// What a query gives, as far as its syntax says names.
pub(super) fn projection(query: &[Item], defined: &Defined) -> Arc<[Projected]> {
    let mut defined = defined.clone();
    let mut query = query;
    if query.first().and_then(Item::keyword) == Some(Keyword::WITH) {
        let end = read_with(query, 1, &mut defined).end;
        query = query.get(end..).unwrap_or_default();
    }
    let is_set = |item: &Item| matches!(item.keyword(), Some(Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT));
    let Some(select) = query.iter().position(|item| item.keyword() == Some(Keyword::SELECT)) else {
        return Arc::default();
    };
    let body = query.get(select + 1..).unwrap_or_default();
    let body = body.split(|item| is_set(item) && !is_exclusion(item, body)).next().unwrap_or_default();
    let from = body.iter().position(|item| item.keyword() == Some(Keyword::FROM)).unwrap_or(body.len());
    let tables = tables_of(body, &defined);
    let mut projected: Vec<Projected> = Vec::new();
    for expression in body.get(..from).unwrap_or_default().split(|item| item.is(&Token::Comma)) {
        for column in named(expression, &tables) {
            if !projected.contains(&column) {
                projected.push(column);
            }
        }
    }
    projected.into()
}

/// `* except (...)` leaves columns out; it combines no queries.
fn is_exclusion(item: &Item, body: &[Item]) -> bool {
    let at = body.iter().position(|other| std::ptr::eq(other, item));
    let before = at.and_then(|at| at.checked_sub(1)).and_then(|at| body.get(at));
    before.is_some_and(|before| before.is(&Token::Mul))
}

/// The columns of one expression of a projection.
fn named(expression: &[Item], tables: &[ScopedTable]) -> Vec<Projected> {
    if let Some(star) = expression.iter().position(|item| item.is(&Token::Mul)) {
        let before: Vec<String> = expression.iter().take(star).filter_map(Item::name).collect();
        let is_star = match expression.get(..star) {
            Some([.., full_stop]) => full_stop.is(&Token::Period) || full_stop.keyword() == Some(Keyword::DISTINCT),
            _ => true,
        };
        if is_star {
            let qualifier = before.last().filter(|name| *name != "distinct");
            let meant = tables.iter().filter(|table| qualifier.is_none_or(|name| table.name == *name));
            return meant.cloned().map(Projected::Every).collect();
        }
    }
    let [.., before, last] = expression else {
        let only = expression.first().and_then(Item::name);
        return only.map(Projected::Column).into_iter().collect();
    };
    let is_reserved = last.keyword().is_some_and(|keyword| RESERVED_FOR_COLUMN_ALIAS.contains(&keyword));
    let follows_operand = match before {
        Item::Group(_) => true,
        Item::Token(Token::Word(_)) => before.keyword() != Some(Keyword::NOT),
        Item::Token(token) => {
            matches!(token, Token::Period | Token::Number(..)) || token.to_string().ends_with(['\'', ']'])
        }
        Item::Cursor => false,
    };
    let name = last.name().filter(|_| !is_reserved && follows_operand);
    name.map(Projected::Column).into_iter().collect()
}
