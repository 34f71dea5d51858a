"""The eight questions as the peers answer them, and what of their answers must agree with pinq's.

It owns SQL in the words of each engine and the comparison of answers. It runs nothing.

pinq answers them by its own files in `queries/`, which do more: they clean the records, drop repeats, list every tie and
count persons rather than posts. The comparison knows where that shows.
"""

import csv
import io

PIN = (
    "index bigint, unique_id text, title text, description text, poster_name text, follower_count text, tag_list text, "
    "is_image_or_video text, image_src text, downloaded bigint, save_location text, category text"
)
GEO = "ind bigint, timestamp time, latitude double, longitude double, country text"
USER = "ind bigint, first_name text, last_name text, age bigint, date_joined time"
# For each table its columns: a name and one of `bigint`, `double`, `text`, `time`.
COLUMNS = {
    table: [tuple(column.split()) for column in columns.split(",")]
    for table, columns in (("pin", PIN), ("geo", GEO), ("user", USER))
}
# What the questions read of them, for engines that load tables first.
NEEDED = {
    "pin": ("index", "category", "poster_name", "follower_count"),
    "geo": ("ind", "country", "timestamp"),
    "user": ("ind", "age", "date_joined"),
}

# The names of the questions are the numbers of pinq's files.
ALL = ("01", "02", "03", "05", "06", "07", "08", "09")
TINY = ("06", "07")

ANSI_COUNT = (
    "case when follower_count like '%k' then cast(substr(follower_count, 1, length(follower_count) - 1) as bigint) * 1000 "
    "when follower_count like '%M' then cast(substr(follower_count, 1, length(follower_count) - 1) as bigint) * 1000000 "
    "when follower_count = 'User Info Error' then null else cast(follower_count as bigint) end"
)
CLICKHOUSE_COUNT = (
    "multiIf("
    "endsWith(follower_count, 'k'), toInt64OrNull(substring(follower_count, 1, length(follower_count) - 1)) * 1000, "
    "endsWith(follower_count, 'M'), toInt64OrNull(substring(follower_count, 1, length(follower_count) - 1)) * 1000000, "
    "toInt64OrNull(follower_count))"
)


def sql(count, median="median", year=lambda time: f"extract(year from {time})"):
    """The text of each question; `count` reads `follower_count` as a number, `year` the year of a timestamp."""
    posted, joined = year('g."timestamp"'), year("u.date_joined")
    age = (
        "case when u.age between 18 and 24 then '18-24' when u.age between 25 and 35 then '25-35' "
        "when u.age between 36 and 50 then '36-50' when u.age > 50 then '50+' end"
    )
    geo = 'from pin p join geo g on p."index" = g.ind'
    user = 'from pin p join "user" u on p."index" = u.ind'

    def first(group, select, joined_tables, order, keep="rk = 1"):
        counted = f"with c as (select {select} {joined_tables} group by 1, 2)"
        ranked = f"r as (select *, row_number() over (partition by {group} order by {order}) rk from c)"
        return f"{counted}, {ranked}", keep

    def top(group, select, tables, keep="rk = 1"):
        ranked, where = first(group, f"{select}, p.category, count(*) n", tables, "n desc, category", keep)
        return f"{ranked} select {group}, category, n from r where {where} order by {group}"

    followed, where = first(
        "country", f"g.country, p.poster_name, max({count}) f", geo, "f desc nulls last, poster_name"
    )
    return {
        "01": top("country", "g.country", geo),
        "02": top("y", f"{posted} y", f"{geo} where {posted} between 2018 and 2022"),
        "03": f"{followed} select country, poster_name, f from r where {where} order by country",
        "05": top("ag", f"{age} ag", user, "rk = 1 and ag is not null"),
        "06": f"select {age} ag, {median}({count}) m {user} group by 1 order by 1",
        "07": f'select {joined} y, count(*) n from "user" u where {joined} between 2015 and 2020 group by 1 order by 1',
        "08": f"select {joined} y, {median}({count}) m {user} group by 1 order by 1",
        "09": f"select {age} ag, {joined} y, {median}({count}) m {user} group by 1, 2 order by 1, 2",
    }


def plain(rows):
    """Rows as sets of texts that do not depend on an engine's types; a group of no age is left out, as pinq does."""
    cleaned = [tuple(_plain_value(value) for value in row) for row in rows]
    return sorted(row for row in cleaned if row and row[0] != "")


def _plain_value(value):
    if value is None or value == "\\N":
        return ""
    try:
        return f"{float(value):.3f}"
    except (TypeError, ValueError):
        return str(value)


def read_csv_answers(text, questions):
    """pinq's answers by question: CSV with a heading each, and a blank line between them."""
    parts = text.strip("\n").split("\n\n")
    return {
        question: plain(list(csv.reader(io.StringIO(part)))[1:]) for question, part in zip(questions, parts, strict=True)
    }


def difference(question, ours, theirs):
    """What is wrong between pinq's answer and a peer's, or None. Both are of `plain`."""
    if question in ("01", "02", "03", "05"):
        # pinq lists every tie, a peer one of them.
        strange = [row for row in theirs if row not in set(ours)]
        missing = {row[0] for row in ours} ^ {row[0] for row in theirs}
        return f"{strange[:1] or sorted(missing)[:1]}" if strange or missing else None
    if question == "07":
        # pinq counts persons, and a person may be behind two posts.
        counts = {row[0]: float(row[1]) for row in theirs}
        wrong = [row for row in ours if row[0] not in counts or not 0.97 * counts[row[0]] <= float(row[1]) <= counts[row[0]]]
        return f"{wrong[:1]}" if wrong or len(ours) != len(theirs) else None
    return None if ours == theirs else f"{[pair for pair in zip(ours, theirs) if pair[0] != pair[1]][:1]}"
