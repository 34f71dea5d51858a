//! Which table each topic of a landing becomes.
//!
//! Owns the naming rule: a table is named after its topic's last dot-part, unless the configuration
//! names it.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// The topics of a landing, named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    /// The tables, ordered by name.
    pub named: Vec<NamedTopic>,
    /// Topics that are no table, because the configuration gave their name to another: say so.
    pub passed_over: Vec<NamedTopic>,
}

/// A topic and the name of its table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedTopic {
    /// The table's name within `raw`.
    pub table: String,
    /// The topic, which is its folder's name.
    pub topic: String,
}

impl Topics {
    /// Names every topic of `topics`. `declared` holds the pairs of `[tables.NAME] topic = "..."`,
    /// which come first; `taken` the names of tables that have a location of their own. Two topics
    /// that would share a name are an error.
    pub fn name<'a>(
        topics: impl IntoIterator<Item = &'a str>,
        declared: &[NamedTopic],
        taken: &[&str],
    ) -> Result<Topics> {
        let mut by_table: BTreeMap<String, String> =
            declared.iter().map(|named| (named.table.clone(), named.topic.clone())).collect();
        let mut passed_over = Vec::new();
        let mut in_order: Vec<&str> = topics.into_iter().collect();
        in_order.sort_unstable();
        in_order.dedup();
        for topic in in_order {
            if declared.iter().any(|named| named.topic == topic) {
                continue;
            }
            let table = Topics::table_name(topic);
            let is_declared = declared.iter().any(|named| named.table == table) || taken.contains(&table);
            match by_table.get(table) {
                _ if is_declared => passed_over.push(NamedTopic { table: table.to_owned(), topic: topic.to_owned() }),
                Some(other) => return Err(shared_name(table, other, topic)),
                None => {
                    by_table.insert(table.to_owned(), topic.to_owned());
                }
            }
        }
        let named = by_table.into_iter().map(|(table, topic)| NamedTopic { table, topic }).collect();
        Ok(Topics { named, passed_over })
    }

    /// The name that a topic gives its table: its last dot-part, or all of it where that is empty.
    pub fn table_name(topic: &str) -> &str {
        topic.rsplit_once('.').map(|(_, last)| last).filter(|last| !last.is_empty()).unwrap_or(topic)
    }
}

fn shared_name(table: &str, one: &str, other: &str) -> Error {
    Error::usage(format!("the topics `{one}` and `{other}` would both be the table `raw.{table}`"))
        .hint(format!("say which one it is in `pinq.toml`: `[tables.{table}]` with `topic = \"{one}\"`"))
        .hint(format!("give the other a name of its own: `[tables.NAME]` with `topic = \"{other}\"`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(table: &str, topic: &str) -> NamedTopic {
        NamedTopic { table: table.into(), topic: topic.into() }
    }

    #[test]
    fn names_by_the_last_dot_part() {
        let topics = Topics::name(["0a.pin", "0a.geo", "plain", "odd."], &[], &[]).unwrap();
        let expected = [named("geo", "0a.geo"), named("odd.", "odd."), named("pin", "0a.pin"), named("plain", "plain")];
        assert_eq!(topics.named, expected);
        assert!(topics.passed_over.is_empty());
    }

    #[test]
    fn two_topics_of_one_name_are_an_error_that_the_configuration_settles() {
        let error = Topics::name(["a.pin", "b.pin"], &[], &[]).unwrap_err();
        assert!(error.message().contains("`a.pin`") && error.message().contains("`b.pin`"), "{error}");
        assert!(error.hints()[0].contains("[tables.pin]") && error.hints()[0].contains("topic = \"a.pin\""));

        let topics = Topics::name(["a.pin", "b.pin"], &[named("pin", "b.pin")], &[]).unwrap();
        assert_eq!(topics.named, [named("pin", "b.pin")]);
        assert_eq!(topics.passed_over, [named("pin", "a.pin")]);

        let both = [named("pin", "b.pin"), named("old", "a.pin")];
        let topics = Topics::name(["a.pin", "b.pin"], &both, &[]).unwrap();
        assert_eq!(topics.named, [named("old", "a.pin"), named("pin", "b.pin")]);
        assert!(topics.passed_over.is_empty());

        let topics = Topics::name(["a.pin"], &[], &["pin"]).unwrap();
        assert_eq!(topics.passed_over, [named("pin", "a.pin")]);
    }
}
