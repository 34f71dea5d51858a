//! What there is to ask about, as far as it is known without asking the landing.
//!
//! Owns the list of tables and views for a prompt, and the texts of views. It reads at most the index of the cache,
//! never a listing or an object.

use std::collections::HashMap;

use datafusion::logical_expr::TableType;

use super::Engine;
use crate::scan::SeenTotals;
use crate::sql::quote_identifier;

/// What a listed name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedKind {
    /// A landed table.
    Table,
    /// A view of the project, or one that is built in.
    View,
    /// A view that a statement created.
    CreatedView,
    /// A table in memory that a statement created.
    CreatedTable,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedName {
    /// As SQL says it: `raw.pin`, `pin`.
    pub name: String,
    /// What it is.
    pub kind: ListedKind,
    /// Objects, where they were listed in this session.
    pub objects: Option<u64>,
    /// Records, where all of them were read in this session, or where the cache has all of them.
    pub records: Option<u64>,
    /// The file of a view, or the location of a table, where it is known.
    pub place: Option<String>,
}

/// How a view was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewText {
    /// Its SQL.
    pub text: String,
    /// Its file, or that it is built in; none where a statement created it.
    pub origin: Option<String>,
}

impl Engine {
    /// Every landed table, view and created name, as far as they are known now.
    pub async fn listed_names(&self) -> Vec<ListedName> {
        let cached = self.cached_records().await;
        let tables = self.catalog.tables.names();
        let mut names: Vec<ListedName> = Vec::new();
        for table in &tables {
            let (location, seen) = self.catalog.tables.seen(table).unzip();
            let (location, seen) = (location.map(|location| location.to_string()), seen.flatten());
            names.push(ListedName {
                name: format!("raw.{}", quote_identifier(table)),
                kind: ListedKind::Table,
                objects: seen.map(|seen| seen.objects),
                records: records(seen, location.as_ref().and_then(|place| cached.get(&(table.clone(), place.clone())))),
                place: location,
            });
        }
        let view = |name: &str, kind, place| ListedName {
            name: quote_identifier(name).into_owned(),
            kind,
            objects: None,
            records: None,
            place,
        };
        let created = self.catalog.views.created_texts();
        for defined in self.catalog.views.usable(&tables) {
            if !created.iter().any(|(name, ..)| *name == defined.name) {
                names.push(view(&defined.name, ListedKind::View, Some(defined.origin.clone())));
            }
        }
        names.extend(created.iter().map(|(name, kind, _)| view(name, created_kind(*kind), None)));
        names
    }

    /// How the view of that name was written, if it is one.
    pub fn view_text(&self, name: &str) -> Option<ViewText> {
        let plain = plain_name(name);
        if let Some(defined) = self.catalog.views.definition(&plain) {
            return Some(ViewText { text: defined.text.clone(), origin: Some(defined.origin.clone()) });
        }
        let created = self.catalog.views.created_texts();
        let (.., text) = created.into_iter().find(|(created, ..)| *created == plain)?;
        Some(ViewText { text: text?, origin: None })
    }

    /// Objects and records of each table in the cache; none where it can't be read, which others tell of.
    async fn cached_records(&self) -> HashMap<(String, String), (u64, u64)> {
        let cached = self.cached_tables().await.unwrap_or_default();
        cached.into_iter().map(|table| ((table.table, table.location), (table.objects, table.records))).collect()
    }
}

/// What was counted, or what the cache has, if it has as many objects as were listed.
fn records(seen: Option<SeenTotals>, cached: Option<&(u64, u64)>) -> Option<u64> {
    let seen = seen?;
    seen.records.or_else(|| cached.filter(|(objects, _)| *objects == seen.objects).map(|(_, records)| *records))
}

fn created_kind(kind: TableType) -> ListedKind {
    match kind {
        TableType::View => ListedKind::CreatedView,
        TableType::Base | TableType::Temporary => ListedKind::CreatedTable,
    }
}

/// A name of the default schema as the catalog has it.
fn plain_name(name: &str) -> String {
    let plain = name.strip_prefix("public.").unwrap_or(name);
    match plain.strip_prefix('"').and_then(|plain| plain.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_only_where_all_were_read() {
        let seen = |records| Some(SeenTotals { objects: 3, bytes: 9, records });
        assert_eq!(records(seen(Some(7)), None), Some(7));
        assert_eq!(records(seen(None), Some(&(3, 8))), Some(8));
        assert_eq!(records(seen(None), Some(&(2, 8))), None, "the cache lacks an object");
        assert_eq!(records(None, Some(&(3, 8))), None, "nobody knows whether objects have landed since");
    }

    #[test]
    fn names_as_sql_quotes_them() {
        assert_eq!(plain_name("pin"), "pin");
        assert_eq!(plain_name("public.\"A \"\"b\"\"\""), "A \"b\"");
    }
}
