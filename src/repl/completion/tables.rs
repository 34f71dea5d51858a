//! The columns of what a statement names: tables of the vocabulary, and queries within the statement.

use crate::engine::{KnownColumn, KnownName, Vocabulary};
use crate::sql::{Projected, Relation};

/// Columns that are looked at; nobody reads a longer list.
const MOST_COLUMNS: usize = 2_000;
/// Queries within queries that are looked at, for `*` of `*` of `*`.
const MOST_STEPS: usize = 500;

/// The columns of a table of the statement, each name once.
pub(super) fn columns_of(relation: &Relation, vocabulary: &Vocabulary) -> Vec<KnownColumn> {
    let (mut columns, mut steps) = (Vec::new(), 0);
    add(relation, vocabulary, &mut columns, &mut steps);
    columns
}

fn add(relation: &Relation, vocabulary: &Vocabulary, columns: &mut Vec<KnownColumn>, steps: &mut usize) {
    *steps = steps.saturating_add(1);
    if *steps > MOST_STEPS {
        return;
    }
    let keep = |column: KnownColumn, columns: &mut Vec<KnownColumn>| {
        if columns.len() < MOST_COLUMNS && !columns.iter().any(|known| known.name == column.name) {
            columns.push(column);
        }
    };
    match relation {
        Relation::Named(parts) => {
            let own = find(parts, vocabulary).map_or(&[][..], |table| &table.columns);
            own.iter().for_each(|column| keep(column.clone(), columns));
        }
        Relation::Projected(projected) => {
            for part in projected.iter() {
                match part {
                    Projected::Column(name) => keep(KnownColumn { name: name.clone(), kind: None }, columns),
                    Projected::Every(table) => add(&table.relation, vocabulary, columns, steps),
                }
            }
        }
    }
}

/// The table of that name: `pin`, `raw.pin`, `public.pin`, `pinq.raw.pin`.
pub(super) fn find<'a>(parts: &[String], vocabulary: &'a Vocabulary) -> Option<&'a KnownName> {
    let (schema, name) = match parts {
        [name] => (None, name),
        [.., schema, name] => (Some(schema.as_str()).filter(|schema| *schema != "public"), name),
        [] => return None,
    };
    vocabulary.tables.iter().find(|table| table.schema.as_deref() == schema && table.name == *name)
}
