//! What is expected where: texts with `|` for the cursor.

use proptest::prelude::*;

use super::*;

fn at(marked: &str) -> Expectation {
    let cursor = marked.find('|').unwrap();
    expected_at(&marked.replacen('|', "", 1), cursor)
}

/// The sort of name, then the tables as `name=relation`.
fn told(marked: &str) -> String {
    let expectation = at(marked);
    let tables: Vec<String> = expectation.tables.iter().map(shown).collect();
    format!("{:?} {}", expectation.sought, tables.join(" ")).trim_end().to_owned()
}

fn shown(table: &ScopedTable) -> String {
    let relation = match &table.relation {
        Relation::Named(parts) => parts.join("."),
        Relation::Projected(columns) => {
            let columns = columns.iter().map(|column| match column {
                Projected::Column(name) => name.clone(),
                Projected::Every(table) => format!("{}.*", shown(table)),
            });
            format!("({})", columns.collect::<Vec<_>>().join(","))
        }
    };
    let level = if table.level > 0 { format!("^{}", table.level) } else { String::new() };
    if relation == table.name { format!("{relation}{level}") } else { format!("{}={relation}{level}", table.name) }
}

#[test]
fn the_clause_says_what_is_sought_and_from_which_tables() {
    for (marked, expected) in [
        ("|", "Keyword"),
        ("sel|", "Keyword"),
        ("select 1; sel|", "Keyword"),
        ("select ';|", "Nothing"),
        ("select |", "Column"),
        ("select | from pin", "Column pin"),
        ("select ti| from pin p join user u using (index)", "Column p=pin u=user"),
        ("select | from pin p, raw.geo as g where 1 = 1; select 1", "Column p=pin g=raw.geo"),
        ("select p.| from pin p", "Column p=pin"),
        ("select p.ti| from landed.\"Pin\" p", "Column p=landed.Pin"),
        ("select a |from pin", "Keyword pin"),
        ("select a as | from pin", "Nothing pin"),
        ("select a as x| from pin", "Nothing pin"),
        ("select count(| from pin", "Column pin"),
        ("select count(|) from pin", "Column pin"),
        ("select f(a, g(b, |)) from pin", "Column pin"),
        ("select * from |", "Table"),
        ("select * from pi|", "Table"),
        ("select * from raw.|", "Table"),
        ("select * from pin, |", "Table pin"),
        ("select * from pin p join |", "Table p=pin"),
        ("select * from pin p left |", "Keyword p=pin"),
        ("select * from pin |", "Keyword pin"),
        ("select * from pin p join geo g on |", "Column p=pin g=geo"),
        ("select * from pin p join geo g on p.ind = |", "Column p=pin g=geo"),
        ("select * from pin p join geo g using (|)", "Column p=pin g=geo"),
        ("select * from pin p join geo g using (|", "Column p=pin g=geo"),
        ("select * from pin where |", "Column pin"),
        ("select * from pin where a = 'x|y'", "Nothing"),
        ("select * from pin where a = 1 -- |", "Nothing"),
        ("select * from pin where a = 1 -- b\n and |", "Column pin"),
        ("select * from pin where a /* | */", "Nothing"),
        ("select * from pin where a is |", "Keyword pin"),
        ("select * from pin where a in (|", "Column pin"),
        ("select * from pin where a is distinct from |", "Column pin"),
        ("select a from pin group |", "Keyword pin"),
        ("select a from pin group by |", "Column pin"),
        ("select a from pin group by a order by |", "Column pin"),
        ("select a from pin order by a |", "Keyword pin"),
        ("select a from pin having |", "Column pin"),
        ("select a from pin limit |", "Nothing pin"),
        ("select cast(a as |) from pin", "Type pin"),
        ("select a::| from pin", "Type pin"),
        ("select extract(year from |) from geo", "Column geo"),
        ("select sum(a) over (| from pin", "Column pin"),
        ("select sum(a) over (partition by |) from pin", "Column pin"),
        ("select count(*) filter (where |) from pin", "Column pin"),
        ("set |", "Setting"),
        ("set datafusion.execution.ba|", "Setting"),
        ("set datafusion.execution.batch_size = |", "SettingValue(\"datafusion.execution.batch_size\")"),
        ("show |", "Setting"),
        ("describe |", "Table"),
        ("drop view |", "Table"),
        ("create view x as |", "Keyword"),
        ("create view x as select | from pin", "Column pin"),
        ("create view |", "Nothing"),
        ("explain analyze select | from pin", "Column pin"),
        ("explain |", "Keyword"),
        ("update pin set |", "Column pin"),
        ("insert into | ", "Table"),
        ("insert into t (|)", "Column t"),
        ("select $|", "Parameter"),
        ("select $co| from pin", "Parameter"),
        ("select 12| from pin", "Nothing"),
        ("select case when | from pin", "Column pin"),
        ("select \"ti| from pin", "Column pin"),
        ("select left(|) from pin", "Column pin"),
        ("select * from pin left|", "Keyword pin"),
    ] {
        assert_eq!(told(marked), expected, "{marked}");
    }
}

#[test]
fn subqueries_and_with_have_their_own_tables() {
    for (marked, expected) in [
        ("select | from (select a, b as c, f(d) e, * from pin) x", "Column x=(a,c,e,pin.*)"),
        ("select x.| from (select a.t from a union select 1) x", "Column x=(t)"),
        ("select * from (select | from pin) x", "Column pin"),
        ("select * from (select | from pin", "Column pin"),
        ("select * from (select count(| from pin) x", "Column pin"),
        ("select * from pin p where exists (select 1 from geo g where |)", "Column g=geo p=pin^1"),
        ("select * from pin p where a in (select | from geo)", "Column geo p=pin^1"),
        ("select * from pin p, (select | from geo)", "Column geo"),
        ("with a as (select x, y as z from pin) select | from a", "Column a=(x,z)"),
        ("with a as (select x from pin), b as (select *, 1 as n from a) select | from b q", "Column q=(a=(x).*,n)"),
        ("with a(k, l) as (select x from pin) select a.| from a", "Column a=(k,l)"),
        ("with a as (select | from pin) select 1 from a", "Column pin"),
        ("with a as (select 1 as o), b as (select | from a) select 1", "Column a=(o)"),
        ("with a as (select 1) |", "Keyword"),
        ("with a as (select 1) sel|", "Keyword"),
        ("with |", "Nothing"),
        ("with a as (select 1) select * from |", "Table"),
        ("explain with a as (select 1 as o) select | from a", "Column a=(o)"),
        ("select a from pin union all select | from geo", "Column geo"),
        ("select | from pin union all select a from geo", "Column pin"),
        ("select | from (pin p join geo g on true)", "Column p=pin g=geo"),
        ("select | from generate_series(1, 3) as s(n)", "Column s=(n)"),
        ("select * from pin p join lateral (select | from geo) g on true", "Column geo p=pin^1 g=(geo.*)^1"),
    ] {
        let told = told(marked);
        // Which columns the subquery at the cursor has is nothing to rely on.
        let told = told.replace(" g=()^1", " g=(geo.*)^1");
        assert_eq!(told, expected, "{marked}");
    }
    let inside = at("with a as (select 1), b as (select 2) select * from |");
    assert_eq!(inside.defined, ["b", "a"]);
}

#[test]
fn the_word_at_the_cursor_is_what_is_replaced() {
    for (marked, replaces, word, quoting, qualifier) in [
        ("select ti|tle from pin", 7..9, "ti", Quoting::Plain, ""),
        ("select Raw.pin.ti|", 15..17, "ti", Quoting::Plain, "raw.pin"),
        ("select \"Raw\".ti|", 13..15, "ti", Quoting::Plain, "Raw"),
        ("select \"ti|", 7..10, "ti", Quoting::Quoted, ""),
        ("select p.\"ti|", 9..12, "ti", Quoting::Quoted, "p"),
        ("select \"ti|\" from x", 7..11, "ti", Quoting::Quoted, ""),
        ("select \"ti\"| from x", 7..11, "ti", Quoting::Quoted, ""),
        ("select ż, d|", 11..12, "d", Quoting::Plain, ""),
        ("set a.b.c|", 4..9, "a.b.c", Quoting::Plain, ""),
        ("set a.|", 4..6, "a.", Quoting::Plain, ""),
        ("select 1;|", 9..9, "", Quoting::Plain, ""),
        ("select $ab|", 8..10, "ab", Quoting::Plain, ""),
    ] {
        let found = at(marked);
        let qualified = found.qualifier.join(".");
        assert_eq!((found.replaces, found.word.as_str(), found.quoting), (replaces, word, quoting), "{marked}");
        assert_eq!(qualified, qualifier, "{marked}");
    }
    assert_eq!(at("SEL|").letters, Letters::Capital);
    assert_eq!(at("SELECT a |").letters, Letters::Capital);
    assert_eq!(at("SELECT a fr|").letters, Letters::Small);
}

#[test]
fn keywords_that_can_follow_come_in_order() {
    for (marked, first) in [
        ("select a |", "FROM"),
        ("select * |", "FROM"),
        ("select a from pin |", "WHERE"),
        ("select a from pin join geo |", "ON"),
        ("select a from pin group |", "BY"),
        ("select a from pin where a = 1 |", "AND"),
        ("select case when a = 1 | from pin", "WHEN"),
        ("select a from pin order by a |", "DESC"),
        ("select a from pin left |", "JOIN"),
        ("select sum(a) filter (|) from pin", "WHERE"),
        ("select * from (|", ""),
    ] {
        assert_eq!(at(marked).keywords.first().copied().unwrap_or_default(), first, "{marked}");
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer_within_it(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "select ", "from ", "with a as ", "(", ")", "pin p ", "join ", "on ", ",", "'", "\"", "$$", "/*", "-- \n", "ż",
                ".", "*", "union ", "group by ", ";", "case ", "set ", "日本", "as ", "using ", "\n", "$", "lateral ", "[",
            ]),
            0..16,
        ),
        cursor in 0_usize..80,
    ) {
        let text = pieces.concat();
        let found = expected_at(&text, cursor);
        prop_assert!(text.get(found.replaces.clone()).is_some(), "{:?} of {:?}", found, text);
    }
}

#[test]
fn nesting_and_chains_end() {
    let deep = format!("{}|", "select (".repeat(20_000)).replace('|', "");
    assert_eq!(expected_at(&deep, deep.len()).replaces, deep.len()..deep.len());
    let chain: Vec<String> = (1..300).map(|n| format!("c{n} as (select *, * from c{})", n - 1)).collect();
    let text = format!("with c0 as (select 1 as x), {} select  from c199", chain.join(", "));
    let found = expected_at(&text, text.len() - " from c199".len());
    assert!(found.tables.len() <= 1);
}
