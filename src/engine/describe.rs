//! What `pinq tables` and `pinq schema` say of tables and views.

use std::fmt::Write;

use arrow::datatypes::DataType;
use datafusion::catalog::SchemaProvider;
use datafusion::common::DataFusionError;

use super::Engine;
use crate::column::Column;
use crate::config::Rest;
use crate::error::{Error, Result};
use crate::json::InferredColumn;
use crate::scan::{SampleOrigin, rest_column};
use crate::spelling::nearest;
use crate::sql::{own_error, quote_identifier};

/// A table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// As SQL says it: `raw.pin`, `pin`.
    pub name: String,
    /// The plain name of a table within `raw`.
    pub table: Option<String>,
    /// What it is.
    pub kind: &'static str,
    /// Where its objects lie, or the file of a view.
    pub location: String,
    /// How many objects it has; none for a view.
    pub objects: Option<u64>,
    /// Their size in bytes as stored.
    pub bytes: Option<u64>,
    /// Keys below its location that are not data.
    pub passed_over: u64,
    /// One of them and why it is not.
    pub passed_over_example: Option<(String, String)>,
    /// What is said of a table without objects.
    pub empty: Option<String>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its SQL type.
    pub kind: String,
    /// Where the type comes from.
    pub evidence: String,
    /// Records of the sample that have it, where the type was inferred.
    pub records: Option<u64>,
    /// Those among them whose value is null.
    pub nulls: Option<u64>,
    /// Objects of the sample that have it.
    pub objects: Option<u64>,
    /// Whether its values are of several types, so that it has one that holds them all.
    pub is_widened: bool,
}

/// The columns of a table or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// In the order of `select *`.
    pub columns: Vec<ColumnInfo>,
    /// What was looked at, where types were inferred.
    pub sampled: Option<Sampled>,
}

/// What was looked at to infer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Objects.
    pub objects: u64,
    /// Records in them.
    pub records: u64,
    /// Records that could not be read and were passed over.
    pub bad_records: u64,
    /// Whether in this run or in an earlier one.
    pub origin: SampleOrigin,
}

impl Engine {
    /// Every table with what its listing shows, then every view.
    pub async fn tables(&self) -> Result<Vec<TableInfo>> {
        let mut infos = Vec::new();
        for table in self.catalog.tables.all().await? {
            let snapshot = table.snapshot().await?;
            let listed = snapshot.pages().await.map(drop);
            let totals = snapshot.totals();
            // A topic without objects is worth a word, and no reason to hide the others.
            let empty = match listed {
                Err(error) if totals.objects > 0 || !snapshot.is_empty() => {
                    return Err(table.within(error));
                }
                Err(error) => Some(error.message().to_owned()),
                Ok(()) => None,
            };
            infos.push(TableInfo {
                name: format!("raw.{}", quote_identifier(table.name())),
                table: Some(table.name().to_owned()),
                kind: "table",
                location: table.location().to_string(),
                objects: Some(totals.objects),
                bytes: Some(totals.bytes),
                passed_over: totals.passed_over,
                passed_over_example: totals.passed_over_example,
                empty,
            });
        }
        for view in self.catalog.views.usable(&self.catalog.tables.names()) {
            infos.push(TableInfo {
                name: quote_identifier(&view.name).into_owned(),
                table: None,
                kind: "view",
                location: view.origin.clone(),
                objects: None,
                bytes: None,
                passed_over: 0,
                passed_over_example: None,
                empty: None,
            });
        }
        Ok(infos)
    }

    /// The columns of `raw.NAME`, `landed.NAME`, or of the view or table NAME.
    pub async fn schema(&self, name: &str) -> Result<TableSchema> {
        let plain = name.strip_prefix("raw.").unwrap_or(name);
        let unquoted = plain.strip_prefix('"').and_then(|plain| plain.strip_suffix('"'));
        let unquoted = unquoted.map(|plain| plain.replace("\"\"", "\""));
        let plain = unquoted.as_deref().unwrap_or(plain);
        let is_view = !name.starts_with("raw.") && self.catalog.views.table_exist(plain);
        let table =
            if is_view || name.starts_with("landed.") { None } else { self.catalog.tables.table(plain).await? };
        let Some(table) = table else { return self.planned_schema(name).await };
        let columns = table.columns().await?;
        let evidence = |name: &str| match &columns.sample {
            None => "declared".to_owned(),
            Some(sample) => match sample.columns.iter().find(|inferred| inferred.column.name == name) {
                Some(inferred) => evidence_of(inferred, sample.records),
                None => "expected of this topic, not seen in the sample".to_owned(),
            },
        };
        let info = |column: &Column| {
            let seen = columns.sample.iter().flat_map(|sample| &sample.columns);
            let seen = seen.into_iter().find(|inferred| inferred.column.name == column.name);
            ColumnInfo {
                name: column.name.clone(),
                kind: column.kind.to_string(),
                evidence: evidence(&column.name),
                records: seen.map(|seen| seen.seen),
                nulls: seen.map(|seen| seen.nulls),
                objects: seen.map(|seen| seen.objects),
                is_widened: seen.is_some_and(|seen| seen.widened.iter().flatten().next().is_some()),
            }
        };
        let mut infos: Vec<ColumnInfo> = columns.columns.iter().map(info).collect();
        if table.rest() == Rest::Kept {
            let evidence = "the keys that are in no other column".to_owned();
            infos.push(ColumnInfo { evidence, records: None, nulls: None, objects: None, ..info(&rest_column()) });
        }
        let sampled = columns.sample.as_ref().map(|sample| Sampled {
            objects: sample.objects as u64,
            records: sample.records,
            bad_records: sample.bad_records,
            origin: sample.origin,
        });
        Ok(TableSchema { columns: infos, sampled })
    }

    /// The columns that the planner gives a name of any kind.
    async fn planned_schema(&self, name: &str) -> Result<TableSchema> {
        let frame = match self.context.table(name).await {
            Ok(frame) => frame,
            Err(error) => {
                if let Some(own) = own_error(&error) {
                    return Err(own);
                }
                if let DataFusionError::External(error) = error {
                    return Err(Error::statement(format!("the columns of `{name}` could not be read")).because(error));
                }
                let error = Error::statement(format!("there is no table or view `{name}`"));
                return Err(self.with_near_name(error, name).await);
            }
        };
        let columns = frame.schema().fields().iter().map(|field| ColumnInfo {
            name: field.name().clone(),
            kind: sql_type(field.data_type()),
            evidence: "computed".to_owned(),
            records: None,
            nulls: None,
            objects: None,
            is_widened: false,
        });
        Ok(TableSchema { columns: columns.collect(), sampled: None })
    }

    /// The names that SQL can say: every view, and every table with its schema. Where the topics can't
    /// be listed, those that are known; the failure is what the statement itself reports.
    pub(super) async fn names(&self) -> Vec<String> {
        let tables: Vec<String> = match self.catalog.tables.all().await {
            Ok(tables) => tables.iter().map(|table| quote_identifier(table.name()).into_owned()).collect(),
            Err(_) => self.catalog.tables.names(),
        };
        let mut names: Vec<String> = self.catalog.views.table_names();
        names.extend(tables.iter().map(|name| format!("raw.{name}")));
        names.extend(tables.iter().map(|name| format!("landed.{name}")));
        names
    }

    async fn with_near_name(&self, error: Error, name: &str) -> Error {
        let names = self.names().await;
        let near: Vec<&str> = names.iter().map(String::as_str).collect();
        let all = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        // Whoever leaves the schema out is as near as who writes it.
        let bares: Vec<&str> = near.iter().filter_map(|name| name.rsplit('.').next()).collect();
        let meant = nearest(name, near.iter().copied()).or_else(|| nearest(name, bares.iter().copied()));
        match meant {
            Some(near) => error.hint(format!("did you mean `{near}`? there are {all}")),
            None if names.is_empty() => error.hint("set `[landing] location` or pass `--landing`"),
            None => error.hint(format!("there are {all}")),
        }
    }
}

/// The SQL name of a planned column's type; Arrow's own where SQL as read here has none.
pub(super) fn sql_type(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INT",
        DataType::Int64 => "BIGINT",
        DataType::UInt64 => "BIGINT UNSIGNED",
        DataType::Float32 => "FLOAT",
        DataType::Float64 => "DOUBLE",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Date32 => "DATE",
        DataType::Timestamp(_, None) => "TIMESTAMP",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        DataType::Decimal128(precision, scale) => return format!("DECIMAL({precision}, {scale})"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            return format!("ARRAY<{}>", sql_type(item.data_type()));
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("\"{}\" {}", field.name(), sql_type(field.data_type()))).collect();
            return format!("STRUCT<{}>", fields.join(", "));
        }
        other => return other.to_string(),
    };
    name.to_owned()
}

/// `in 322 of 322 records, 12 null; was BIGINT (object, line 3), DOUBLE (object, line 9)`.
fn evidence_of(inferred: &InferredColumn, records: u64) -> String {
    let mut text = format!("in {} of {records} records", inferred.seen);
    if inferred.nulls > 0 {
        let _infallible = write!(text, ", {} null", inferred.nulls);
    }
    let mut before: Option<&str> = None;
    for from in inferred.widened.iter().flatten() {
        if before == Some(from.path.as_str()) {
            text.push_str(" and");
        } else {
            let path = if from.path.is_empty() { String::new() } else { format!("`{}` ", from.path) };
            let _infallible = write!(text, "; {path}widened from");
        }
        before = Some(&from.path);
        let _infallible = write!(text, " {} ({}, line {})", from.kind, from.object, from.line);
    }
    text
}
