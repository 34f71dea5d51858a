//! Which landed tables there are: those that the configuration declares and the landing's topics.
//!
//! Owns the way from a name to a table. The topics are listed once, and only when a name asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use futures::future::join_all;
use tokio::sync::OnceCell;

use crate::config::{Rest, TableConfig, TableSource};
use crate::error::{Error, Result};
use crate::landing::{LandingKey, NamedTopic, Topics};
use crate::location::Location;
use crate::scan::{
    Expected, Findings, LandedProvider, LandedTable, Rejects, SeenTotals, Shape, TableContext, TableOptions,
};
use crate::store::{Children, Object};

/// The landed tables of one engine.
#[derive(Debug)]
pub struct Tables {
    context: TableContext,
    landing: Option<Location>,
    declared: Vec<TableConfig>,
    /// What to expect of tables that declare no columns, by name.
    expected: BTreeMap<String, Expected>,
    topics: OnceCell<Topics>,
    known: Mutex<BTreeMap<String, Arc<LandedTable>>>,
}

impl Tables {
    /// The tables that the configuration declares and those of the landing's topics.
    pub fn new(
        context: TableContext,
        landing: Option<Location>,
        declared: Vec<TableConfig>,
        expected: BTreeMap<String, Expected>,
    ) -> Tables {
        Tables { context, landing, declared, expected, topics: OnceCell::new(), known: Mutex::default() }
    }

    /// The table of that name, if there is one.
    pub async fn table(&self, name: &str) -> Result<Option<Arc<LandedTable>>> {
        if let Some(table) = self.lock().get(name) {
            return Ok(Some(Arc::clone(table)));
        }
        let declared = self.declared.iter().find(|table| table.name == name);
        let location = match declared.map(|table| &table.source) {
            Some(TableSource::Location(location)) => Some(location.clone()),
            Some(TableSource::Topic(topic)) => Some(self.topic_location(topic)?),
            None if self.landing.is_none() && self.declared.is_empty() => return Err(no_landing()),
            Some(TableSource::TopicOfThatName) | None => {
                let topics = self.topics().await?;
                let topic = topics.named.iter().find(|named| named.table == name);
                topic.map(|named| self.topic_location(&named.topic)).transpose()?
            }
        };
        let Some(location) = location else {
            let Some(declared) = declared else { return Ok(None) };
            return Err(self.no_such_topic(&declared.name).await);
        };
        let table = LandedTable::new(
            &self.context,
            name.to_owned(),
            location,
            options(declared, self.expected.get(name).cloned()),
        );
        let mut known = self.lock();
        Ok(Some(Arc::clone(known.entry(name.to_owned()).or_insert_with(|| Arc::new(table)))))
    }

    /// The table as DataFusion takes it, over the run's snapshot.
    pub async fn provider(&self, name: &str, shape: Shape) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let provider = async {
            let Some(table) = self.table(name).await? else { return Ok(None) };
            let provider = LandedProvider::open(table, shape).await?;
            Ok(Some(Arc::new(provider) as Arc<dyn TableProvider>))
        };
        provider.await.map_err(|error: Error| DataFusionError::External(Box::new(error)))
    }

    /// Every table, ordered by name; lists the landing's topics.
    pub async fn all(&self) -> Result<Vec<Arc<LandedTable>>> {
        if self.landing.is_some() {
            self.topics().await?;
        } else if self.declared.is_empty() {
            return Err(no_landing());
        }
        let mut tables = Vec::new();
        for name in self.names() {
            tables.extend(self.table(&name).await?);
        }
        Ok(tables)
    }

    /// The names known up to now: the declared ones, and the topics once they were listed.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let topics = self.topics.get();
        for table in &self.declared {
            let landed = match &table.source {
                TableSource::TopicOfThatName => {
                    topics.is_none_or(|topics| topics.named.iter().any(|named| named.table == table.name))
                }
                TableSource::Topic(_) | TableSource::Location(_) => true,
            };
            if landed {
                names.push(table.name.clone());
            }
        }
        names.extend(topics.iter().flat_map(|topics| topics.named.iter().map(|named| named.table.clone())));
        names.sort();
        names.dedup();
        names
    }

    /// The names known up to now; before the topics were listed also those that are expected of a landing.
    pub fn known_names(&self) -> Vec<String> {
        let mut names = self.names();
        if self.topics.get().is_none() && self.landing.is_some() {
            names.extend(self.expected.keys().cloned());
            names.sort();
            names.dedup();
        }
        names
    }

    /// The columns of a table as far as they are known now; it waits for nothing.
    pub fn known_schema(&self, name: &str, shape: Shape) -> Option<SchemaRef> {
        if let Some(table) = self.lock().get(name) {
            return Some(shape.schema_of(&table.known_columns()?, table.rest()));
        }
        let declared = self.declared.iter().find(|table| table.name == name);
        let columns = declared.and_then(|table| table.columns.as_deref());
        let columns = columns.or_else(|| self.expected.get(name).map(|expected| expected.columns.as_slice()))?;
        Some(shape.schema_of(columns, declared.map_or(Rest::Left, |table| table.policy.rest)))
    }

    /// Lists the topics and reads what earlier runs inferred of their columns, so that both are known.
    pub async fn learn(&self) -> Result<()> {
        let tables = self.all().await?;
        join_all(tables.iter().map(|table| table.recall_columns())).await;
        Ok(())
    }

    /// The key that each record of a table must have, where it is known.
    pub fn key(&self, name: &str) -> Option<String> {
        let declared = self.declared.iter().find(|table| table.name == name).and_then(|table| table.key.clone());
        declared.or_else(|| self.expected.get(name).map(|expected| expected.key.clone()))
    }

    /// Topics that are no table, because the configuration gave their name to another.
    pub fn passed_over(&self) -> Vec<NamedTopic> {
        self.topics.get().map(|topics| topics.passed_over.clone()).unwrap_or_default()
    }

    /// What the scans of each table found wrong, ordered by name.
    pub fn findings(&self) -> Vec<(String, Findings)> {
        self.lock().iter().map(|(name, table)| (name.clone(), table.findings())).collect()
    }

    /// The records that scans skipped.
    pub fn rejects(&self) -> &Arc<Rejects> {
        &self.context.rejects
    }

    /// The tables that were listed, or are being listed, ordered by name.
    pub fn listed_tables(&self) -> Vec<Arc<LandedTable>> {
        self.lock().values().filter(|table| table.is_listed()).map(Arc::clone).collect()
    }

    /// How many tables were listed, or are being listed.
    pub fn listed(&self) -> u64 {
        self.lock().values().filter(|table| table.is_listed()).count() as u64
    }

    /// Where a table lies and what was seen of it up to now, if anything asked for it yet.
    pub fn seen(&self, name: &str) -> Option<(Location, Option<SeenTotals>)> {
        self.lock().get(name).map(|table| (table.location().clone(), table.seen()))
    }

    /// Lets each table see what has landed since.
    pub fn renew(&self) {
        for table in self.lock().values() {
            table.renew();
        }
    }

    /// Forgets what was listed, so that the next statement sees what has landed since.
    pub fn refresh(&self) {
        for table in self.lock().values() {
            table.refresh();
        }
    }

    /// Lists the landing's topics, once.
    async fn topics(&self) -> Result<&Topics> {
        let Some(landing) = &self.landing else {
            static NONE: Topics = Topics { named: Vec::new(), passed_over: Vec::new() };
            return Ok(&NONE);
        };
        self.topics.get_or_try_init(|| self.list_topics(landing)).await
    }

    async fn list_topics(&self, landing: &Location) -> Result<Topics> {
        let store = self.context.stores.open(landing).await?;
        let children = match store.children().await {
            Ok(children) => children,
            Err(error) => return Err(self.context.stores.with_nearby(error, landing).await),
        };
        let topics: Vec<&str> = children
            .folders
            .iter()
            .map(String::as_str)
            .filter(|folder| !folder.contains('=') && !folder.starts_with(['.', '_']))
            .collect();
        let declared: Vec<NamedTopic> = self
            .declared
            .iter()
            .filter_map(|table| match &table.source {
                TableSource::Topic(topic) => Some(NamedTopic { table: table.name.clone(), topic: topic.clone() }),
                _ => None,
            })
            .collect();
        let elsewhere = |table: &&TableConfig| matches!(table.source, TableSource::Location(_));
        let taken: Vec<&str> = self.declared.iter().filter(elsewhere).map(|table| table.name.as_str()).collect();
        if topics.is_empty() && declared.is_empty() {
            return Err(self.no_topics(landing, &children).await);
        }
        Topics::name(topics, &declared, &taken)
    }

    async fn no_topics(&self, landing: &Location, children: &Children) -> Error {
        let error = Error::statement(format!("`{landing}` holds no topics"));
        if children.folders.iter().any(|folder| folder.contains('=')) {
            return error.hint("it looks like one topic: point `--landing` at the folder above it, or declare it as a table with `location`");
        }
        let is_landed = |object: &Object| LandingKey::parse(&object.key).is_ok_and(|key| key.start_offset.is_some());
        if children.folders.is_empty() && children.objects.iter().any(is_landed) {
            return error.hint("it looks like one partition of a topic: point `--landing` at the folder above the topics, or declare it as a table with `location`");
        }
        match self.context.stores.nearby(landing).await {
            Some(nearby) => error.hint(nearby.hint()),
            None => error,
        }
    }

    async fn no_such_topic(&self, name: &str) -> Error {
        let Some(landing) = &self.landing else {
            return Error::usage(format!("the table `{name}` has no location"))
                .hint(format!("set `[landing] location`, pass `--landing`, or give `[tables.{name}]` a `location`"));
        };
        let found: Vec<String> = match self.topics().await {
            Ok(topics) => topics.named.iter().map(|named| format!("`{}`", named.topic)).collect(),
            Err(error) => return error,
        };
        Error::statement(format!("`{landing}` holds no topic for the table `{name}`"))
            .hint(format!("its topics are {}", found.join(", ")))
            .hint(format!("say which one it is: `[tables.{name}]` with `topic = \"...\"`"))
    }

    fn topic_location(&self, topic: &str) -> Result<Location> {
        let landing = self.landing.as_ref().ok_or_else(|| {
            Error::usage(format!("the topic `{topic}` is in no landing"))
                .hint("set `[landing] location` or pass `--landing`")
        })?;
        Ok(landing.join(&format!("{topic}/")))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<LandedTable>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_landing() -> Error {
    Error::usage("no landing is configured, so there are no tables")
        .hint("pass `--landing LOCATION`: the folder or `s3://BUCKET/PREFIX/` that holds the topics")
        .hint("or write a `pinq.toml` for it: `pinq init LOCATION`")
}

fn options(declared: Option<&TableConfig>, expected: Option<Expected>) -> TableOptions {
    let policy = declared.map(|table| table.policy).unwrap_or_default();
    TableOptions { declared: declared.and_then(|table| table.columns.clone()), expected, policy }
}
