"""One engine answers some questions over a landing, in a process of its own; the answers go to standard output as JSON.

It owns how each peer is told to read landed JSON, at its defaults and with the columns declared, so that none has to
infer them. `peers.py` runs it with the interpreter of the environment that has the engines, and times the process.

    python engines.py ENGINE LOCATION QUESTION...

LOCATION is a folder with topics/ below it, or `s3://BUCKET/PREFIX` with the variables AWS_* set.
"""

import json
import os
import sys
import time

import questions

KINDS = {
    "duckdb": {"text": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "time": "TIMESTAMP"},
    "chdb": {"text": "String", "bigint": "Int64", "double": "Float64", "time": "DateTime"},
    "datafusion": {"text": "varchar", "bigint": "bigint", "double": "double", "time": "timestamp"},
    "spark": {"text": "string", "bigint": "bigint", "double": "double", "time": "timestamp"},
}


def columns(table, engine, template, between=", "):
    """The columns of a table, each by `template` with `{name}` and `{kind}`."""
    kinds = KINDS[engine]
    return between.join(template.format(name=name, kind=kinds[kind]) for name, kind in questions.COLUMNS[table])


def objects(location, table):
    """The pattern of a topic's objects."""
    return f"{location}/topics/demo.{table}/partition=*/*.json"


def duckdb_engine(location, keep="view", picked=None, database=":memory:"):
    """Views over the files, or tables of what the questions need (its best way), or tables in a file."""
    import duckdb

    is_made = os.path.exists(database)
    connection = duckdb.connect(database)
    if location.startswith("s3://"):
        import duckdb_extensions

        duckdb_extensions.import_extension("httpfs", connection)
        connection.execute("load httpfs")
        endpoint = os.environ["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
        key, secret, region = (os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"))
        connection.execute(
            f"create secret (type s3, key_id '{key}', secret '{secret}', region '{region}', endpoint '{endpoint}', "
            "url_style 'path', use_ssl false)"
        )
    for table in () if is_made else questions.COLUMNS:
        typed = columns(table, "duckdb", "'{name}': '{kind}'")
        names = ", ".join(f'"{name}"' for name in picked[table]) if picked else "*"
        connection.execute(
            f'create {keep} "{table}" as select {names} '
            f"from read_ndjson('{objects(location, table)}', columns = {{{typed}}})"
        )
    return lambda text: connection.execute(text).fetchall(), questions.sql(questions.ANSI_COUNT)


def chdb_engine(location):
    """ClickHouse in the process: views over the files."""
    from chdb import session

    connection = session.Session()
    connection.query("create database x engine = Atomic")
    connection.query("use x")
    for table in questions.COLUMNS:
        typed = columns(table, "chdb", "{name} {kind}")
        pattern = objects(location, table)
        if location.startswith("s3://"):
            url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/{pattern.removeprefix('s3://')}"
            key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
            source = f"s3('{url}', '{key}', '{secret}', 'JSONEachRow', '{typed}')"
        else:
            source = f"file('{pattern}', 'JSONEachRow', '{typed}')"
        connection.query(f'create view x."{table}" as select * from {source}')

    def run(text):
        return [json.loads(line) for line in str(connection.query(text, "JSONCompactEachRow")).splitlines()]

    return run, questions.sql(questions.CLICKHOUSE_COUNT, "quantileExactInclusive(0.5)", lambda time: f"toYear({time})")


def polars_engine(location):
    """Lazy frames; its SQL lacks a part of the cleaning, which is an expression here."""
    import polars

    options = {}
    if location.startswith("s3://"):
        named = {"ACCESS_KEY_ID": "aws_access_key_id", "SECRET_ACCESS_KEY": "aws_secret_access_key"}
        options = {name: os.environ[f"AWS_{variable}"] for variable, name in named.items()}
        options |= {"aws_region": os.environ["AWS_REGION"], "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL_S3"]}
        options |= {"aws_allow_http": "true", "aws_virtual_hosted_style_request": "false"}
    kinds = {"text": polars.String, "bigint": polars.Int64, "double": polars.Float64, "time": polars.String}
    context = polars.SQLContext()
    for table, typed in questions.COLUMNS.items():
        schema = {name: kinds[kind] for name, kind in typed}
        frame = polars.scan_ndjson(objects(location, table), schema=schema, storage_options=options or None)
        times = [name for name, kind in typed if kind == "time"]
        frame = frame.with_columns(polars.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S") for name in times)
        if table == "pin":
            count = polars.col("follower_count")
            whole = count.str.head(-1).cast(polars.Int64, strict=False)
            millions = polars.when(count.str.ends_with("M")).then(whole * 1_000_000)
            plain = millions.otherwise(count.cast(polars.Int64, strict=False))
            number = polars.when(count.str.ends_with("k")).then(whole * 1000).otherwise(plain)
            frame = frame.with_columns(number.alias("followers"))
        context.register(table, frame)
    return lambda text: context.execute(text, eager=True).rows(), questions.sql("followers")


def datafusion_engine(location):
    """External tables of JSON."""
    import datafusion

    context = datafusion.SessionContext()
    if location.startswith("s3://"):
        from datafusion.object_store import AmazonS3

        bucket = location.removeprefix("s3://").split("/")[0]
        store = AmazonS3(
            bucket_name=bucket,
            region=os.environ["AWS_REGION"],
            access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
            secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            endpoint=os.environ["AWS_ENDPOINT_URL_S3"],
            allow_http=True,
        )
        context.register_object_store("s3://", store, bucket)
    for table in questions.COLUMNS:
        typed = columns(table, "datafusion", '"{name}" {kind}')
        place = f"{location}/topics/demo.{table}/"
        context.sql(f"create external table \"{table}\" ({typed}) stored as json location '{place}'").collect()

    def run(text):
        return [tuple(row.values()) for batch in context.sql(text).collect() for row in batch.to_pylist()]

    return run, questions.sql(questions.ANSI_COUNT)


def spark_engine(location):
    """A local session of two cores."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.memory": "8g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": str(os.cpu_count()),
        "spark.sql.ansi.enabled": "false",
    }
    session = SparkSession.builder.master(f"local[{os.cpu_count()}]").config(map=settings).getOrCreate()
    for table in questions.COLUMNS:
        reader = session.read.schema(columns(table, "spark", "`{name}` {kind}"))
        reader = reader.option("timestampFormat", "yyyy-MM-dd HH:mm:ss")
        reader.json(f"{location}/topics/demo.{table}/").createOrReplaceTempView(table)
    return lambda text: session.sql(text.replace('"', "`")).collect(), questions.sql(questions.ANSI_COUNT)


ENGINES = {
    "duckdb": duckdb_engine,
    "duckdb-load": lambda location: duckdb_engine(location, keep="table", picked=questions.NEEDED),
    "duckdb-native": lambda location: duckdb_engine(location, keep="table", database=f"{location}.duckdb"),
    "chdb": chdb_engine,
    "polars": polars_engine,
    "datafusion": datafusion_engine,
    "spark": spark_engine,
}


def main():
    engine, location, *asked = sys.argv[1:]
    began = time.monotonic()
    run, texts = ENGINES[engine](location)
    print(json.dumps({"set_up": time.monotonic() - began}), flush=True)
    for question in asked:
        began = time.monotonic()
        rows = [list(row) for row in run(texts[question])]
        answer = {"question": question, "seconds": time.monotonic() - began, "rows": rows}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
