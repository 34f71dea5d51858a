//! Splitting, headings, reserved words, parameters, classes and types, and every sort of diagnosis
//! against a real session.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::common::{DataFusionError, ParamValues, ScalarValue};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::classify::writes;
use super::*;
use crate::column::ColumnType;
use crate::error::{Error, Kind};

fn texts(sql: &str) -> Vec<String> {
    split(sql, "q.sql").unwrap().iter().map(|statement| statement.text().to_owned()).collect()
}

fn one(sql: &str) -> SourceStatement {
    let mut statements = split(sql, "q.sql").unwrap();
    assert_eq!(statements.len(), 1, "{sql}");
    statements.remove(0)
}

fn session() -> SessionContext {
    let config = SessionConfig::new().set_bool("datafusion.sql_parser.collect_spans", true);
    let context = SessionContext::new_with_config(config.with_information_schema(true));
    let user = RecordBatch::try_from_iter([
        ("age", Arc::new(Int64Array::from(vec![30, 40])) as _),
        ("userId", Arc::new(Int64Array::from(vec![1, 2])) as _),
    ]);
    let people = RecordBatch::try_from_iter([
        ("age", Arc::new(Int64Array::from(vec![30, 40])) as _),
        ("user", Arc::new(StringArray::from(vec!["ann", "bob"])) as _),
    ]);
    context.register_batch("people", people.unwrap()).unwrap();
    context.register_batch("user", user.unwrap()).unwrap();
    context
}

async fn run(context: &SessionContext, statement: &SourceStatement) -> Result<usize, DataFusionError> {
    let plan = context.state().statement_to_plan(statement.parsed.clone()).await?;
    let batches = context.execute_logical_plan(plan).await?.collect().await?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

async fn failure(sql: &str) -> Error {
    let statements = split(sql, "q.sql").unwrap();
    let statement = statements.last().unwrap();
    let error = run(&session(), statement).await.unwrap_err();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let names = Names {
        tables: owned(&["user", "geo", "raw.pin"]),
        functions: owned(&["count", "mean", "median", "upper"]),
        settings: owned(&[
            "datafusion.execution.batch_size",
            "datafusion.execution.time_zone",
            "datafusion.sql.dialect",
        ]),
    };
    diagnose(&error, statement, &names)
}

#[test]
fn splits_only_between_statements() {
    let sql = "\u{feff}select ';' , \"a;b\" from t; -- no; end\r\n/* ; /* ; */ ; */ select $$;$$ ;; ;\r\nselect $x$ ; $$ $x$ -- last\n";
    assert_eq!(texts(sql), ["select ';' , \"a;b\" from t", "select $$;$$", "select $x$ ; $$ $x$"]);
    assert_eq!(texts(" -- nothing\n ; /* at all */ ;"), Vec::<String>::new());
    assert_eq!(texts(""), Vec::<String>::new());
}

#[test]
fn places_count_characters_and_lines() {
    let statements = split("select 'ż日';\r\n\r\n  select\n2", "q.sql").unwrap();
    assert_eq!(statements[1].start, Position { line: 3, column: 3 });
    assert_eq!((statements[1].text(), statements[1].number), ("select\n2", 2));
    assert_eq!(statements[1].place(), "q.sql:3:3");
}

#[test]
fn leading_comments_are_the_heading() {
    let sql = "-- Copyright: nobody\n-- title: The most pins: by category\n-- about: One row for each,\n--   ties listed,\n--   in order.\n-- see https://example.org\n-- chart: bar\n\nselect 1; -- title: second\nselect 2; select 3";
    let statements = split(sql, "q.sql").unwrap();
    let heading = &statements[0].heading;
    assert_eq!(heading.title.as_deref(), Some("The most pins: by category"));
    assert_eq!(heading.about.as_deref(), Some("One row for each, ties listed, in order."));
    assert_eq!((heading.others.len(), heading.other("chart")), (1, Some("bar")));
    assert_eq!(statements[1].heading.title.as_deref(), Some("second"));
    assert_eq!(statements[2].heading, Heading::default());
    assert_eq!(one("-- about: a\n\n--   b\nselect 1").heading.about.as_deref(), Some("a"));
}

#[test]
fn a_syntax_error_points_at_the_word() {
    let error = split("select 1;\n\nselect a\n  frm t where;", "q.sql").unwrap_err();
    let expected = "q.sql:4:7: syntax error in statement 2: expected end of statement, found `t`\n  |\n4 |   frm t where;\n  |       ^";
    assert_eq!(error.message(), expected);
    let end = split("select 1 +", "q.sql").unwrap_err();
    assert!(end.message().starts_with("q.sql:1:11: syntax error in statement 1: expected"), "{end}");
    assert!(end.message().contains("found the end of the statement"), "{end}");
    let typo = split("selct 1", "q.sql").unwrap_err();
    assert_eq!(typo.hints(), ["did you mean `SELECT`?"]);
    assert!(split("select (1", "q.sql").unwrap_err().message().contains("expected `)`, found the end"));
    let open = split("select 1;\nselect 'abc", "q.sql").unwrap_err();
    assert!(open.message().starts_with("q.sql:2:8: statement 2: unterminated string literal"), "{open}");
    assert!(open.message().ends_with("2 | select 'abc\n  |        ^"), "{open}");
    let nested = format!("select {}1{}", "(".repeat(500), ")".repeat(500));
    assert!(split(&nested, "q.sql").unwrap_err().message().contains("nested too deeply"));
    let long = split(&format!("select 1{}", "\n+ 1".repeat(20_000)), "q.sql").unwrap_err();
    assert!(long.message().starts_with("q.sql:2002:1: statement 1 is nested too deeply: more than 2000 "), "{long}");
    assert!(split(&format!("select 1 in (1{})", ", -1".repeat(100_000)), "q.sql").is_ok());
}

#[test]
fn a_prompt_knows_when_a_statement_is_whole() {
    for whole in ["", "  -- hello\n", "select 1;", "select ';'; -- done", "select 1; /* x */ ", "select $$;$$;"] {
        assert!(is_complete(whole), "{whole}");
    }
    for open in ["select 1", "select ';", "select 1; select", "/* ;", "select $$ ; ", "select \"a;", "select $x$ ;$$;"]
    {
        assert!(!is_complete(open), "{open}");
    }
}

#[tokio::test]
async fn user_is_a_table_and_a_column() {
    for sql in [
        "select user.age from user",
        "select USER.age from User",
        "select user.* from user where user.age > 0",
        "select u.user, u.age from people u",
        "select user from people order by user",
        "select count(user) from people as user",
        "select count(user), max(people.user) from people",
        "select a.age from user a join user on user.age = a.age",
        "select user.age from (select * from user) as user",
        "with x as (select user.age from user) select x.age, user.age from x join user using (age)",
        "select user . age from user",
        "select max(user.age), user.user from people user group by user.user",
        "select age from public.user",
        "explain select user.age from user",
        "create view v as select user.user from people user",
        "describe user",
    ] {
        if let Err(error) = run(&session(), &one(sql)).await {
            panic!("{sql}: {error}");
        }
    }
    assert_eq!(references(&one("select user.age from user").parsed).unwrap(), ["user"]);
}

#[test]
fn parameters_are_found_everywhere() {
    let names = |sql: &str| parameters(&one(sql).parsed).into_iter().collect::<Vec<_>>();
    assert_eq!(names("select $a, '$b', $$c$$ from t where x = $d or y in (select $a limit $n)"), ["a", "d", "n"]);
    assert_eq!(names("explain analyze select $a"), ["a"]);
    assert_eq!(names("copy (select $a) to 'x.csv'"), ["a"]);
    assert_eq!(names("select 1"), Vec::<String>::new());
}

#[test]
fn values_get_their_types() {
    let value = |text: &str| parse_parameter(text).unwrap().1;
    assert_eq!(parse_parameter("$year=2020").unwrap(), ("year".into(), ScalarValue::Int64(Some(2020))));
    assert_eq!(value("x=-1.5"), ScalarValue::Float64(Some(-1.5)));
    assert_eq!(value("x=TRUE"), ScalarValue::Boolean(Some(true)));
    assert_eq!(value("x=null"), ScalarValue::Null);
    for (text, expected) in [
        ("x='2020'", "2020"),
        ("x='it''s'", "it's"),
        ("x=a=b c", "a=b c"),
        ("x=", ""),
        ("x=nan", "nan"),
        ("x=007", "007"),
    ] {
        assert_eq!(value(text), ScalarValue::Utf8(Some(expected.into())), "{text}");
    }
    for wrong in ["year", "=1", "a b=1"] {
        assert_eq!(parse_parameter(wrong).unwrap_err().kind(), Kind::Usage, "{wrong}");
    }
}

#[tokio::test]
async fn binding_takes_what_is_needed_and_names_what_is_missing() {
    let file = split("select $year + $more; select age from user where age = $year", "q.sql").unwrap();
    let given: Parameters =
        [("year".to_owned(), ScalarValue::Int64(Some(30))), ("x".to_owned(), ScalarValue::Null)].into();
    let error = bind(&file[0], &file, &given).unwrap_err();
    assert_eq!(error.message(), "q.sql:1:1: no value for the parameter `$more`");
    assert_eq!(error.hints()[0], "`q.sql` has the parameters `$more`, `$year`");
    let values = bind(&file[1], &file, &given).unwrap().unwrap();
    assert!(matches!(&values, ParamValues::Map(map) if map.len() == 1));
    let context = session();
    let plan = context.state().statement_to_plan(file[1].parsed.clone()).await.unwrap();
    let frame = context.execute_logical_plan(plan).await.unwrap().with_param_values(values).unwrap();
    assert_eq!(frame.count().await.unwrap(), 1);
    assert!(bind(&one("select 1"), &[], &given).unwrap().is_none());
}

#[test]
fn what_writes_is_found_wherever_it_hides() {
    for (sql, words) in [
        ("copy t to 'x.csv'", "COPY TO"),
        ("create external table t stored as csv location 'x'", "CREATE EXTERNAL TABLE"),
        ("insert into t values (1)", "INSERT"),
        ("update t set a = 1", "UPDATE"),
        ("delete from t", "DELETE"),
        ("explain analyze copy t to 'x.csv'", "COPY TO"),
        ("explain analyze insert into t values (1)", "INSERT"),
        ("prepare p as insert into t values (1)", "INSERT"),
        ("with x as (select 1) insert into t select * from x", "INSERT"),
    ] {
        let statement = one(sql).parsed;
        assert_eq!(writes(&statement), Some(words), "{sql}");
        assert_eq!(kind(&statement), StatementKind::Writes, "{sql}");
    }
    for (sql, expected) in [
        ("select 'insert into t'", StatementKind::Query),
        ("show tables", StatementKind::Query),
        ("describe t", StatementKind::Query),
        ("values (1)", StatementKind::Query),
        ("explain insert into t values (1)", StatementKind::Explain),
        ("explain analyze select 1", StatementKind::Explain),
        ("create table t as select 1", StatementKind::Changes),
        ("create view v as select 1", StatementKind::Changes),
        ("set datafusion.execution.batch_size = 1", StatementKind::Changes),
        ("drop view v", StatementKind::Changes),
    ] {
        assert_eq!(kind(&one(sql).parsed), expected, "{sql}");
    }
}

#[test]
fn references_leave_out_what_with_defines() {
    let statement =
        one("with a as (select * from raw.pin) select * from a join Geo g on true where 1 in (select x from b)");
    assert_eq!(references(&statement.parsed).unwrap(), ["b", "geo", "raw.pin"]);
}

#[test]
fn types_read_as_they_are_written() {
    for text in [
        "BIGINT",
        "INT",
        "DOUBLE",
        "FLOAT",
        "BOOLEAN",
        "VARCHAR",
        "DATE",
        "TIMESTAMP",
        "DECIMAL(10, 2)",
        "ARRAY<ARRAY<BIGINT>>",
        "STRUCT<\"a\" BIGINT, \"b c\" ARRAY<MAP<VARCHAR, DOUBLE>>>",
    ] {
        assert_eq!(parse_type(text).unwrap().to_string(), text);
        assert_eq!(parse_type(&text.to_lowercase()).unwrap().to_string().to_lowercase(), text.to_lowercase());
    }
    let list = ColumnType::List(Box::new(ColumnType::BigInt));
    assert_eq!(parse_type("bigint[]").unwrap(), list);
    assert_eq!(parse_type("double precision").unwrap(), ColumnType::Double);
    assert_eq!(parse_type("varchar(20)").unwrap(), ColumnType::Varchar);
    assert_eq!(parse_type("numeric(5)").unwrap(), ColumnType::Decimal(5, 0));
    assert!(parse_type("begint").unwrap_err().render().contains("did you mean `bigint`?"));
    assert!(parse_type("geography").unwrap_err().render().contains("the types are bigint, int"));
    for wrong in
        ["", "bigint x", "array<", "array<bigint", "decimal(99)", "struct<>", "map<int, int>", "decimal(5,6)", "'"]
    {
        assert_eq!(parse_type(wrong).unwrap_err().kind(), Kind::Usage, "{wrong}");
    }
    assert!(parse_type(&"array<".repeat(10_000)).is_err());
}

#[test]
fn a_slip_in_a_clause_is_pointed_out() {
    for (sql, hint) in [
        ("select * form pin", "did you mean `FROM`?"),
        ("select * from pin were ind > 1", "did you mean `WHERE` where `were` stands?"),
        ("select * from pin group category", "write `GROUP BY`"),
        ("select a b c from pin", "is a comma missing before `c`?"),
        ("selct 1", "did you mean `SELECT`?"),
    ] {
        assert_eq!(split(sql, "q.sql").unwrap_err().hints(), [hint], "{sql}");
    }
}

#[tokio::test]
async fn an_unknown_column_is_marked_and_a_near_one_offered() {
    let error = failure("select 1;\nselect age,\n  user.agee\nfrom user").await;
    assert_eq!(error.message(), "q.sql:3:3: no column `user.agee`\n  |\n3 |   user.agee\n  |   ^^^^^^^^^");
    assert_eq!(error.hints(), ["did you mean `user.age`?"]);
    let case = failure("select userid from user").await;
    assert!(case.message().starts_with("q.sql:1:8: no column `userid`"), "{case}");
    assert!(case.hints()[0].starts_with("did you mean `\"userId\"`?"), "{case:?}");
    for (sql, hint) in [
        ("select age where age > 3", "the statement has no FROM: write `from` and the table"),
        (
            "select age as c from user where c = 1",
            "`c` is the name of a column of the answer, which WHERE and ON can't use: repeat what it stands for",
        ),
        ("select age from user where age = \"it's\"", "double quotes are for names; a text is `'it''s'`"),
    ] {
        assert_eq!(failure(sql).await.hints()[0], hint, "{sql}");
    }
    let far = failure("select xyz from user").await;
    assert_eq!(far.hints(), ["the columns are `age`, `\"userId\"`"]);
}

#[tokio::test]
async fn an_unknown_table_or_function_is_marked() {
    let error = failure("select *\nfrom usr").await;
    assert_eq!(error.message(), "q.sql:2:6: no table `usr`\n  |\n2 | from usr\n  |      ^^^");
    assert_eq!(error.hints(), ["did you mean `user`?"]);
    assert_eq!(failure("select * from pin").await.hints(), ["did you mean `raw.pin`?"]);
    assert_eq!(failure("select * from nothing").await.hints(), ["the tables are `user`, `geo`, `raw.pin`"]);
    let function = failure("select cunt(age) from user").await;
    assert!(function.message().starts_with("q.sql:1:8: no function `cunt`"), "{function}");
    assert_eq!(function.hints(), ["did you mean `count`?"]);
}

#[tokio::test]
async fn other_failures_keep_their_reason_and_lose_the_noise() {
    let cast = failure("select cast(user as bigint) from people").await;
    assert_eq!(cast.message(), "q.sql:1:1: the text `ann` is no BIGINT");
    let literal = failure("select age from user where age > 'many'").await;
    assert!(literal.message().starts_with("q.sql:1:34: the text `many` is no BIGINT"), "{literal}");
    let group = failure("select age, count(*) from user").await;
    assert!(group.message().contains("q.sql:1:8: ") && group.message().ends_with("  |        ^^^"), "{group}");
    let both = failure("select age from user a join user b on a.age = b.age").await;
    assert_eq!(both.hints(), ["write `a.age` or `b.age`"]);
    let typed = failure("select 'a' + 1").await;
    assert!(typed.message().ends_with(": there is no `VARCHAR + BIGINT`"), "{typed}");
    let called = failure("select sum(user) from people").await;
    assert!(called.message().starts_with("q.sql:1:8: `sum` does not take (VARCHAR)"), "{called}");
    assert!(called.hints()[0].contains("`sum(BIGINT)`") && called.hints()[1].contains("cast("), "{called:?}");
    let statement = one("select 1");
    let internal = DataFusionError::Context("rule x".into(), Box::new(DataFusionError::Internal("Odd state".into())));
    assert_eq!(diagnose(&internal, &statement, &Names::default()).message(), "q.sql:1:1: odd state");
    let memory = diagnose(&DataFusionError::ResourcesExhausted("no 5 MB left".into()), &statement, &Names::default());
    assert!(memory.hints()[0].contains("`memory_limit`") && memory.message().contains("no 5 MB left"));
}

#[test]
fn an_error_of_our_own_comes_out_as_it_went_in() {
    let own = || Error::usage("no such object").because(std::io::Error::other("404")).hint("look there");
    let statement = one("select 1");
    let outer = DataFusionError::External(Box::new(own())).context("while reading");
    let shared = DataFusionError::Shared(Arc::new(outer));
    let arrow = datafusion::arrow::error::ArrowError::ExternalError(Box::new(own()));
    for error in [shared, DataFusionError::from(arrow)] {
        let kept = diagnose(&error, &statement, &Names::default());
        assert_eq!((kept.render(), kept.kind()), (own().render(), Kind::Usage));
    }
}

#[tokio::test]
async fn an_unknown_setting_is_marked_and_a_near_one_offered() {
    let error = failure("set datafusion.execution.batch_sise = 1").await;
    let expected = "q.sql:1:5: no setting `datafusion.execution.batch_sise`\n  |\n1 | set datafusion.execution.batch_sise = 1\n  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^";
    assert_eq!(error.message(), expected);
    let batch_size = "did you mean `datafusion.execution.batch_size`?";
    for sql in [
        "set datafusion.execution.batch_sise = 1",
        "show datafusion.execution.batch_sise",
        "reset datafusion.execution.batch_sise",
        "set datafusion.executon.batch_size = 1",
        "show batch_size",
    ] {
        assert_eq!(failure(sql).await.hints(), [batch_size], "{sql}");
    }
    for sql in ["set datafusion.nope = 1", "set nope = 1", "show datafusion.execution.nope"] {
        let error = failure(sql).await;
        assert_eq!(error.hints(), ["`SHOW ALL` lists every setting"], "{error}");
    }
}
