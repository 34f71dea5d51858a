//! What a prompt can offer to complete: tables with their columns, functions, settings, as far as they are known.
//!
//! Owns the words for what the session knows. Asking for them touches neither disk nor network and waits for nobody;
//! [`Engine::learn_names`] is what goes and looks.

use datafusion::execution::SessionState;
use datafusion::logical_expr::Documentation;

use super::Engine;
use super::describe::sql_type;
use crate::catalog::{DEFAULT_SCHEMA, KnownColumns, KnownKind, KnownTable};
use crate::error::Result;
use crate::sql::{Projected, Relation, quote_identifier};

/// The most letters of a description.
const MOST_ABOUT: usize = 100;

/// The schema of the engine's own tables, which the catalog does not hold.
const INFORMATION_SCHEMA: &str = "information_schema";
/// Its tables with their columns, all of them text but for the numbers.
const INFORMATION: &[(&str, &[&str])] = &[
    ("tables", &["table_catalog", "table_schema", "table_name", "table_type"]),
    (
        "columns",
        &["table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "is_nullable", "data_type"],
    ),
    ("views", &["table_catalog", "table_schema", "table_name", "definition"]),
    ("df_settings", &["name", "value", "description"]),
    ("schemata", &["catalog_name", "schema_name"]),
    ("routines", &["routine_name", "routine_type", "function_type", "data_type", "description", "syntax_example"]),
    ("parameters", &["specific_name", "ordinal_position", "parameter_mode", "parameter_name", "data_type"]),
];

/// What there is to name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The schemas that a statement names before a full stop.
    pub schemas: Vec<String>,
    /// Tables and views, those of the default schema first.
    pub tables: Vec<KnownName>,
    /// Functions, ordered by name.
    pub functions: Vec<KnownFunction>,
    /// Settings, ordered by name.
    pub settings: Vec<KnownSetting>,
    /// The names of parameters that have a value, for a front that keeps such; empty as the engine gives it.
    pub parameters: Vec<String>,
}

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// Its schema; none for what a statement names without one.
    pub schema: Option<String>,
    /// Its name, without quotes.
    pub name: String,
    /// What it is.
    pub kind: NameKind,
    /// Its columns, as far as they are known.
    pub columns: Vec<KnownColumn>,
}

/// What a name of the catalog stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A table.
    Table,
    /// A view.
    View,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name, without quotes.
    pub name: String,
    /// Its SQL type, where it is known.
    pub kind: Option<String>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFunction {
    /// Its name.
    pub name: String,
    /// What it is called with: `date_trunc(precision, expression)`.
    pub signature: String,
    /// What sort of function it is.
    pub kind: FunctionKind,
    /// What it does, in a line; empty where nobody said.
    pub about: String,
}

/// What sort of function one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionKind {
    /// A value for each row.
    Scalar,
    /// A value for many rows.
    Aggregate,
    /// A value for each row, out of its neighbours.
    Window,
    /// Rows.
    Table,
}

/// A setting of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSetting {
    /// Its name: `datafusion.execution.batch_size`.
    pub name: String,
    /// Its value now, if it has one.
    pub value: Option<String>,
    /// What it decides, in a line.
    pub about: String,
}

impl Vocabulary {
    /// Whether a function has that name; names of functions are lower case.
    pub fn is_function(&self, name: &str) -> bool {
        let find = |name: &str| self.functions.binary_search_by(|function| function.name.as_str().cmp(name)).is_ok();
        find(name) || (name.bytes().any(|byte| byte.is_ascii_uppercase()) && find(&name.to_ascii_lowercase()))
    }

    /// The names of every function.
    pub fn function_names(&self) -> Vec<String> {
        self.functions.iter().map(|function| function.name.clone()).collect()
    }

    /// Tables and views as a statement names them: `pin`, `raw."Odd"`.
    pub fn table_names(&self) -> Vec<String> {
        let full = |table: &KnownName| match &table.schema {
            Some(schema) => format!("{schema}.{}", quote_identifier(&table.name)),
            None => quote_identifier(&table.name).into_owned(),
        };
        self.tables.iter().map(full).collect()
    }
}

impl Engine {
    /// What completion can offer now. Neither disk nor network is touched; what is not known yet is left out.
    pub fn vocabulary(&self) -> Vocabulary {
        let state = self.context.state();
        let known = self.catalog.known(&state);
        let mut tables: Vec<KnownName> = known.iter().map(|table| name_of(table, &known)).collect();
        let alone: Vec<KnownName> = tables.iter().filter(|table| is_named_alone(table, &tables)).cloned().collect();
        tables.extend(alone.into_iter().map(|table| KnownName { schema: None, ..table }));
        tables.extend(INFORMATION.iter().map(|(name, columns)| information(name, columns)));
        tables.sort_by(|one, other| (&one.schema, &one.name).cmp(&(&other.schema, &other.name)));
        Vocabulary {
            schemas: ["raw", "landed", "pinq", INFORMATION_SCHEMA].map(str::to_owned).to_vec(),
            tables,
            functions: functions(&state),
            settings: settings(&state),
            parameters: Vec::new(),
        }
    }

    /// Lists the topics, and reads which columns earlier runs saw, so that [`Engine::vocabulary`] knows them.
    ///
    /// # Errors
    /// The landing can't be listed; whoever runs this in the background may leave it at that.
    pub async fn learn_names(&self) -> Result<()> {
        self.catalog.tables.learn().await
    }
}

fn name_of(table: &KnownTable, known: &[KnownTable]) -> KnownName {
    let kind = match table.kind {
        KnownKind::Table => NameKind::Table,
        KnownKind::View => NameKind::View,
    };
    let schema = Some(table.schema.to_owned()).filter(|schema| schema != DEFAULT_SCHEMA);
    KnownName { schema, name: table.name.clone(), kind, columns: columns(&table.columns, known) }
}

/// Whether its name alone means the records, because no view has it.
fn is_named_alone(table: &KnownName, tables: &[KnownName]) -> bool {
    table.schema.as_deref() == Some("raw")
        && !tables.iter().any(|other| other.schema.is_none() && other.name == table.name)
}

fn columns(columns: &KnownColumns, known: &[KnownTable]) -> Vec<KnownColumn> {
    match columns {
        KnownColumns::Unknown => Vec::new(),
        KnownColumns::Typed(schema) => {
            let column = |name: &str, kind| KnownColumn { name: name.to_owned(), kind: Some(sql_type(kind)) };
            schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect()
        }
        KnownColumns::Named(projected) => {
            let mut found = Vec::new();
            for part in projected {
                match part {
                    Projected::Column(name) => found.push(KnownColumn { name: name.clone(), kind: None }),
                    Projected::Every(table) => found.extend(every(&table.relation, known)),
                }
            }
            found
        }
    }
}

/// What `*` is of a table that is known; of anything else it is nothing that names could be told of.
fn every(relation: &Relation, known: &[KnownTable]) -> Vec<KnownColumn> {
    let Relation::Named(parts) = relation else { return Vec::new() };
    let (schema, name) = match parts.as_slice() {
        [name] => (None, name),
        [.., schema, name] => (Some(schema.as_str()), name),
        [] => return Vec::new(),
    };
    let is_meant = |table: &&KnownTable| {
        table.name == *name
            && match (schema, &table.columns) {
                (Some(schema), KnownColumns::Typed(_)) => table.schema == schema,
                (None, KnownColumns::Typed(_)) => table.schema == DEFAULT_SCHEMA || table.schema == "raw",
                _ => false,
            }
    };
    // One step only: views over views that can't be planned are rare, and may not go round.
    let meant = known.iter().filter(is_meant).min_by_key(|table| table.schema != DEFAULT_SCHEMA);
    meant.map(|table| columns(&table.columns, &[])).unwrap_or_default()
}

fn information(name: &str, columns: &[&str]) -> KnownName {
    let column = |name: &&str| {
        let kind = if *name == "ordinal_position" { "BIGINT UNSIGNED" } else { "VARCHAR" };
        KnownColumn { name: (*name).to_owned(), kind: Some(kind.to_owned()) }
    };
    KnownName {
        schema: Some(INFORMATION_SCHEMA.to_owned()),
        name: name.to_owned(),
        kind: NameKind::View,
        columns: columns.iter().map(column).collect(),
    }
}

fn functions(state: &SessionState) -> Vec<KnownFunction> {
    let mut functions = Vec::new();
    for (name, function) in state.scalar_functions() {
        functions.push(function_of(name, function.name(), function.documentation(), FunctionKind::Scalar));
    }
    for (name, function) in state.aggregate_functions() {
        functions.push(function_of(name, function.name(), function.documentation(), FunctionKind::Aggregate));
    }
    for (name, function) in state.window_functions() {
        functions.push(function_of(name, function.name(), function.documentation(), FunctionKind::Window));
    }
    for name in state.table_functions().keys() {
        functions.push(function_of(name, name, None, FunctionKind::Table));
    }
    // One name may be a function of several kinds; for who types it, it is one.
    functions.sort_by(|one, other| (&one.name, one.kind).cmp(&(&other.name, other.kind)));
    functions.dedup_by(|one, other| one.name == other.name && one.kind != FunctionKind::Table);
    functions
}

/// `own` is the name that the documentation uses; `name` may be another for the same.
fn function_of(name: &str, own: &str, documentation: Option<&Documentation>, kind: FunctionKind) -> KnownFunction {
    let example =
        documentation.map(|documentation| documentation.syntax_example.trim()).filter(|text| !text.is_empty());
    let signature = match example {
        // The example may be of several lines, or begin otherwise: `CASE`, an operator.
        Some(example) => {
            let line = example.lines().next().unwrap_or(example);
            match line.strip_prefix(own) {
                Some(rest) => format!("{name}{rest}"),
                None => line.to_owned(),
            }
        }
        None => format!("{name}(...)"),
    };
    let about = documentation.map(|documentation| first_sentence(&documentation.description)).unwrap_or_default();
    KnownFunction { name: name.to_owned(), signature, kind, about }
}

fn settings(state: &SessionState) -> Vec<KnownSetting> {
    let mut settings: Vec<KnownSetting> = state
        .config_options()
        .entries()
        .into_iter()
        .map(|entry| KnownSetting { name: entry.key, value: entry.value, about: first_sentence(entry.description) })
        .collect();
    settings.sort_by(|one, other| one.name.cmp(&other.name));
    settings
}

/// The first sentence of a description, in one line and without marks.
fn first_sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['`', '*'], "");
    let line = line.trim_start_matches("(writing) ").trim_start_matches("(reading) ");
    let end = line.find(". ").unwrap_or(line.len());
    let sentence = line.get(..end).unwrap_or(line).trim_end_matches('.');
    if sentence.chars().count() <= MOST_ABOUT {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(MOST_ABOUT.saturating_sub(1)).collect();
    // A word is shown whole or not at all.
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Environment, Overrides};

    fn engine(root: &Path, landing: &str) -> Engine {
        let environment = Environment::empty(root.to_str().unwrap());
        let overrides = Overrides { landing: Some(landing.to_owned()), ..Overrides::default() };
        let config = Config::load(&overrides, &environment, &crate::sql::parse_type).unwrap();
        Engine::open(&config, &environment).unwrap()
    }

    fn shown(vocabulary: &Vocabulary, schema: Option<&str>, name: &str) -> String {
        let found = vocabulary.tables.iter().find(|table| table.schema.as_deref() == schema && table.name == name);
        let Some(table) = found else { return "none".to_owned() };
        let column = |column: &KnownColumn| format!("{} {}", column.name, column.kind.as_deref().unwrap_or("?"));
        format!("{:?}: {}", table.kind, table.columns.iter().map(column).collect::<Vec<_>>().join(", "))
    }

    #[tokio::test]
    async fn what_is_expected_is_offered_before_anything_is_listed() {
        let nowhere = tempfile::tempdir().unwrap();
        let engine = engine(nowhere.path(), "no/such/folder/");
        let vocabulary = engine.vocabulary();
        let user = "View: ind BIGINT, user_name VARCHAR, age BIGINT, date_joined TIMESTAMP";
        assert_eq!(shown(&vocabulary, None, "user"), user);
        let raw = "Table: ind BIGINT, first_name VARCHAR, last_name VARCHAR, age BIGINT, date_joined VARCHAR";
        assert_eq!(shown(&vocabulary, Some("raw"), "user"), raw);
        let landed = shown(&vocabulary, Some("landed"), "user");
        assert!(landed.starts_with(raw) && landed.contains(", _repeat BOOLEAN, ") && landed.ends_with("_size BIGINT"));
        assert!(shown(&vocabulary, Some("pinq"), "rejects").contains("reason VARCHAR"));
        assert!(shown(&vocabulary, Some("pinq"), "runs").contains("scheduled_for TIMESTAMP"));
        assert!(shown(&vocabulary, Some("information_schema"), "tables").contains("table_name VARCHAR"));
        assert!(engine.learn_names().await.is_err());
    }

    #[tokio::test]
    async fn what_a_landing_has_is_learned_and_remembered() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("topics/x.odd/partition=0");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(root.path().join("topics/x.geo/partition=0")).unwrap();
        fs::write(folder.join("x.odd+0+0000000000.json"), "{\"b\":1,\"A c\":\"x\"}\n").unwrap();
        fs::create_dir_all(root.path().join("queries/views")).unwrap();
        fs::write(root.path().join("queries/views/both.sql"), "select *, b + 1.5 as more from odd").unwrap();
        fs::write(root.path().join("queries/views/above.sql"), "select more, now() as t from both").unwrap();
        let engine = engine(root.path(), "topics/");
        assert_eq!(shown(&engine.vocabulary(), Some("raw"), "odd"), "none");
        engine.learn_names().await.unwrap();
        let learned = engine.vocabulary();
        assert_eq!(shown(&learned, Some("raw"), "odd"), "Table: ", "no sample was taken");
        assert_eq!(shown(&learned, Some("raw"), "user"), "none", "no topic of that name");
        assert_eq!(shown(&learned, None, "both"), "View: more ?");
        assert_eq!(shown(&learned, None, "above"), "View: more ?, t ?");
        engine.query("select count(b) from odd").await.unwrap();
        engine.query("create view mine as select 1 as one").await.unwrap();
        let known = engine.vocabulary();
        assert_eq!(shown(&known, None, "odd"), "Table: b BIGINT, A c VARCHAR");
        assert_eq!(shown(&known, None, "both"), "View: b BIGINT, A c VARCHAR, more DOUBLE");
        assert!(shown(&known, None, "above").starts_with("View: more DOUBLE, t TIMESTAMP"));
        assert_eq!(shown(&known, None, "mine"), "View: one BIGINT");
    }

    #[test]
    fn functions_and_settings_say_what_they_are() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let nowhere = tempfile::tempdir().unwrap();
        let vocabulary = engine(nowhere.path(), "x/").vocabulary();
        let function = |name: &str| vocabulary.functions.iter().find(|function| function.name == name).unwrap();
        assert_eq!(function("date_trunc").signature, "date_trunc(precision, expression)");
        assert_eq!(function("date_trunc").about, "Truncates a timestamp or time value to a specified precision");
        assert_eq!(function("datetrunc").signature, "datetrunc(precision, expression)", "another name");
        assert_eq!((function("median").kind, function("lag").kind), (FunctionKind::Aggregate, FunctionKind::Window));
        for name in ["clean_text", "parse_count", "parse_timestamp"] {
            assert!(function(name).signature.starts_with(&format!("{name}(text")), "{name}");
            assert!(!function(name).about.is_empty(), "{name}");
        }
        let setting = |name: &str| vocabulary.settings.iter().find(|setting| setting.name == name).unwrap();
        assert_eq!(setting("datafusion.sql_parser.collect_spans").value.as_deref(), Some("true"));
        let size = setting("datafusion.execution.batch_size");
        assert!(size.about.starts_with("Default batch size"), "{}", size.about);
    }
}
