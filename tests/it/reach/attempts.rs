//! Statements that try to reach beyond the landing, as data. `{f}` is the folder in which they must find nothing; each
//! line is a session, whose last statement has to fail.

/// What is tried, and what the refusal has to say.
pub(super) struct Attempt {
    pub(super) sql: &'static str,
    pub(super) says: &'static str,
}

const fn attempt(sql: &'static str, says: &'static str) -> Attempt {
    Attempt { sql, says }
}

/// Refused, as nothing permits it to write.
const WRITES: &str = "--allow-write";
/// Refused, as nothing permits it to read.
const READS: &str = "--allow-read";
/// Refused, whatever is permitted.
const NEVER: &str = "is refused";
/// No such thing: any error will do.
const UNKNOWN: &str = "error";

pub(super) const ALL: &[Attempt] = &[
    // COPY, in every dress.
    attempt("copy (select 1 as a) to '{f}/new.csv'", WRITES),
    attempt("copy (select 1 as a) to 'new.csv'", WRITES),
    attempt("copy (select 1 as a) to './sub/../new.parquet' stored as parquet", WRITES),
    attempt("copy (select 1 as a) to 'new/' stored as json", WRITES),
    attempt("copy raw.pin to 'pins.csv'", WRITES),
    attempt("copy (select 1 as a, 2 as b) to 'parts/' stored as csv partitioned by (a)", WRITES),
    attempt("copy (select 1 as a) to 'file://{f}/new.csv'", WRITES),
    attempt("copy (select 1 as a) to 'FILE://{f}/new.csv'", WRITES),
    attempt("copy (select 1 as a) to '{f}/canary.csv'", WRITES),
    attempt("copy (select 1 as a) to 's3://bucket/new.csv'", WRITES),
    attempt("copy (select 1 as a) to 'S3A://bucket/new.csv'", WRITES),
    attempt("copy (select 1 as a) to 'http://127.0.0.1:9/new.csv'", NEVER),
    attempt("copy (select 1 as a) to 'gs://bucket/new.csv'", NEVER),
    attempt("copy (select 1 as a) to 'hdfs://host/new.csv'", NEVER),
    attempt("copy (select 1 as a) to 'file://elsewhere{f}/new.csv' stored as csv", NEVER),
    attempt("copy (select 1 as a) to 's3://key:word@bucket/new.csv'", NEVER),
    attempt("COPY/**/(select 1 as a)/**/TO/**/'new.csv'", WRITES),
    attempt("explain copy (select 1 as a) to 'new.csv'", WRITES),
    attempt("explain analyze copy (select 1 as a) to 'new.csv'", WRITES),
    attempt("explain analyze verbose copy (select 1 as a) to 'new.csv'", WRITES),
    attempt("prepare p as copy (select 1 as a) to 'new.csv'", UNKNOWN),
    attempt("prepare p as copy (select 1 as a) to 'new.csv'; execute p", UNKNOWN),
    attempt("copy (select 1 as a) to program 'touch new.csv'", UNKNOWN),
    attempt("copy raw.pin from '{f}/canary.csv'", UNKNOWN),
    // Tables over files.
    attempt("create external table t stored as csv location '{f}/canary.csv'", READS),
    attempt("create external table t stored as csv location 'canary.csv'", READS),
    attempt("create external table if not exists t stored as csv location 'canary.csv'", READS),
    attempt("create or replace external table t stored as csv location 'canary.csv'", READS),
    attempt("create external table t (line text) stored as csv location '{f}/'", READS),
    attempt("create external table t (line text) stored as csv location '{f}/*.csv'", READS),
    attempt("create external table t (line text) stored as csv location ('{f}/canary.csv', '{f}/other.csv')", READS),
    attempt("create external table t stored as parquet location 's3://bucket/data/'", READS),
    attempt("create external table t stored as csv location 'http://127.0.0.1:9/canary.csv'", NEVER),
    attempt("create unbounded external table t (line text) stored as csv location '{f}/canary.csv'", NEVER),
    attempt(
        "create external table t (line text) stored as csv location '{f}/canary.csv' options ('unbounded' 'true')",
        NEVER,
    ),
    attempt(
        "create external table t (line text) stored as csv location '{f}/canary.csv' options ('Format.Unbounded' 'TRUE')",
        NEVER,
    ),
    attempt("create external table t (a int) stored as csv location '{f}/new/'; insert into t values (1)", READS),
    attempt("explain create external table t stored as csv location '{f}/canary.csv'", READS),
    // Files by their location.
    attempt("select * from '{f}/canary.csv'", READS),
    attempt("select * from \"{f}/canary.csv\"", READS),
    attempt("select * from 'canary.csv'", READS),
    attempt("select * from 'CANARY.CSV'", READS),
    attempt("select * from '{f}/*.csv'", READS),
    attempt("select * from '{f}/'", READS),
    attempt("select * from './canary.csv'", READS),
    attempt("select * from 'file://{f}/canary.csv'", READS),
    attempt("select * from 'file://{f}/can%61ry.csv'", READS),
    attempt("select * from 's3://bucket/data.parquet'", READS),
    attempt("select * from 'https://127.0.0.1:9/data.csv'", NEVER),
    attempt("select 1 where exists (select * from 'canary.csv')", READS),
    attempt("select (select count(*) from 'canary.csv') as n", READS),
    attempt("select * from raw.pin where title in (select line from 'canary.csv')", READS),
    attempt("with c as (select * from 'canary.csv') select * from c", READS),
    attempt("select 'x' as line union all select * from 'canary.csv'", READS),
    attempt("select * from raw.pin join 'canary.csv' c on true", READS),
    attempt("select * from (values (1)) v(n), lateral (select * from 'canary.csv') c", READS),
    attempt("create view v as select * from 'canary.csv'", READS),
    attempt("create table m as select * from 'canary.csv'", READS),
    attempt("create table m (line text); insert into m select * from 'canary.csv'", READS),
    attempt("explain select * from 'canary.csv'", READS),
    attempt("explain analyze select * from 'canary.csv'", READS),
    attempt("describe 'canary.csv'", READS),
    attempt("prepare p as select * from 'canary.csv'", READS),
    attempt("copy 'canary.csv' to 'new.csv'", READS),
    attempt("select 1; select 2; select * from 'canary.csv'", READS),
    attempt("select * from public.\"canary.csv\"", UNKNOWN),
    attempt("select * from read_csv('{f}/canary.csv')", UNKNOWN),
    attempt("select * from parquet_metadata('{f}/canary.csv')", UNKNOWN),
    attempt("select pg_read_file('{f}/canary.csv')", UNKNOWN),
    // What has landed is never changed.
    attempt("insert into raw.pin select * from raw.pin", NEVER),
    attempt("insert into pin select * from pin", NEVER),
    attempt("insert overwrite raw.pin select * from raw.pin", NEVER),
    attempt("explain analyze insert into raw.pin select * from raw.pin", NEVER),
    attempt("delete from raw.pin", UNKNOWN),
    attempt("update raw.pin set title = 'x'", UNKNOWN),
    attempt("truncate table raw.pin", UNKNOWN),
    attempt("drop table raw.pin", UNKNOWN),
    attempt("insert overwrite directory '{f}/new' select 1", UNKNOWN),
    attempt("load data inpath '{f}/canary.csv' into table raw.pin", UNKNOWN),
    attempt("unload ('select 1') to '{f}/new'", UNKNOWN),
    // Settings that decide over the machine.
    attempt("set datafusion.runtime.temp_directory = '{f}/spill'", NEVER),
    attempt("set DATAFUSION.RUNTIME.TEMP_DIRECTORY = '{f}/spill'", NEVER),
    attempt("set \"datafusion.runtime.temp_directory\" = '{f}/spill'", NEVER),
    attempt("reset datafusion.runtime.temp_directory", NEVER),
    attempt("set datafusion.runtime.memory_limit = '900G'", NEVER),
    attempt("set datafusion.runtime.max_temp_directory_size = '900G'", NEVER),
    attempt("set datafusion.catalog.location = '{f}/'", NEVER),
    attempt("set datafusion.execution.max_spill_file_size_bytes = 100000", NEVER),
    attempt("insert into \"canary.csv\" values ('x')", "no table"),
    attempt("create function f() returns int language c as '{f}/canary.csv'", UNKNOWN),
    attempt("attach database '{f}/canary.csv' as other", UNKNOWN),
];

pub(super) const IN_MEMORY: &[&str] = &[
    "create table m as select 1 as a",
    "create table m (a int); insert into m values (1), (2); select * from m",
    "create or replace table m as select * from raw.pin limit 1",
    "create view v as select title from raw.pin; select count(*) from v; drop view v",
    "create table m as select 1 as a; drop table m",
    "create table m as select 1 as a; explain analyze insert into m values (2)",
    "create table \"not.csv\" as select 1 as a; select * from \"not.csv\"",
    "prepare p as select 1 as a; execute p",
    "set datafusion.execution.batch_size = 1000; reset datafusion.execution.batch_size",
    "create database other",
    "select * from generate_series(1, 3)",
    "show all",
];
