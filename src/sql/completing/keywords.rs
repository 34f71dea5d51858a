//! The keywords that can follow in each part of a statement, the likeliest first.
//!
//! Owns the lists. They are what this engine takes, not what SQL has.

/// What statements begin with.
pub(super) const STATEMENTS: &[&str] = &[
    "SELECT",
    "WITH",
    "DESCRIBE",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "SHOW",
    "SET",
    "CREATE VIEW",
    "CREATE TABLE",
    "DROP VIEW",
    "VALUES",
    "COPY",
    "PREPARE",
    "EXECUTE",
    "RESET",
    "INSERT INTO",
    "DROP TABLE",
];
/// What queries begin with.
pub(super) const QUERIES: &[&str] = &["SELECT", "WITH", "VALUES"];
pub(super) const AFTER_EXPLAIN: &[&str] = &["SELECT", "WITH", "ANALYZE", "VERBOSE", "FORMAT"];
pub(super) const AFTER_CREATE: &[&str] =
    &["VIEW", "TABLE", "OR REPLACE VIEW", "OR REPLACE TABLE", "EXTERNAL TABLE", "SCHEMA", "FUNCTION"];
pub(super) const AFTER_DROP: &[&str] = &["VIEW", "TABLE", "VIEW IF EXISTS", "TABLE IF EXISTS"];
pub(super) const AFTER_SHOW: &[&str] = &["TABLES", "COLUMNS FROM", "FUNCTIONS", "ALL", "CREATE TABLE"];
/// What an expression can begin with.
pub(super) const OPERANDS: &[&str] =
    &["CASE", "NOT", "NULL", "CAST", "TRUE", "FALSE", "EXISTS", "INTERVAL", "DATE", "TIMESTAMP", "TRY_CAST"];
/// What an expression of SELECT can begin with.
pub(super) const SELECTED: &[&str] = &[
    "DISTINCT",
    "CASE",
    "CAST",
    "NULL",
    "NOT",
    "TRUE",
    "FALSE",
    "EXISTS",
    "INTERVAL",
    "DATE",
    "TIMESTAMP",
    "TRY_CAST",
];
/// What follows a complete operand, whatever the clause.
pub(super) const OPERATORS: &[&str] = &[
    "AND",
    "OR",
    "IS NULL",
    "IS NOT NULL",
    "IN",
    "LIKE",
    "ILIKE",
    "BETWEEN",
    "NOT IN",
    "NOT LIKE",
    "NOT BETWEEN",
    "IS DISTINCT FROM",
    "IS NOT DISTINCT FROM",
    "SIMILAR TO",
];
pub(super) const AFTER_IS: &[&str] = &["NULL", "NOT NULL", "TRUE", "FALSE", "NOT TRUE", "NOT FALSE", "DISTINCT FROM"];
pub(super) const AFTER_NOT: &[&str] = &["IN", "LIKE", "ILIKE", "BETWEEN", "EXISTS", "NULL"];
pub(super) const AFTER_CALL: &[&str] = &["OVER", "FILTER"];
pub(super) const AFTER_SELECTED: &[&str] = &["FROM", "AS", "UNION ALL", "LIMIT", "ORDER BY", "WHERE"];
pub(super) const AFTER_STAR: &[&str] = &["FROM", "EXCLUDE"];
pub(super) const AFTER_TABLE: &[&str] = &[
    "WHERE",
    "JOIN",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "LEFT JOIN",
    "AS",
    "INNER JOIN",
    "CROSS JOIN",
    "FULL JOIN",
    "RIGHT JOIN",
    "LEFT SEMI JOIN",
    "LEFT ANTI JOIN",
    "NATURAL JOIN",
    "HAVING",
    "UNION ALL",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "OFFSET",
];
pub(super) const AFTER_JOINED: &[&str] = &["ON", "USING", "AS"];
pub(super) const AFTER_CONDITION_OF_JOIN: &[&str] = &[
    "WHERE",
    "JOIN",
    "LEFT JOIN",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "INNER JOIN",
    "CROSS JOIN",
    "FULL JOIN",
    "RIGHT JOIN",
];
pub(super) const AFTER_CONDITION: &[&str] = &["GROUP BY", "ORDER BY", "LIMIT", "HAVING", "UNION ALL", "UNION"];
pub(super) const AFTER_GROUP: &[&str] = &["HAVING", "ORDER BY", "LIMIT", "UNION ALL", "UNION"];
pub(super) const AFTER_ORDER: &[&str] = &["DESC", "ASC", "LIMIT", "NULLS LAST", "NULLS FIRST", "OFFSET"];
pub(super) const AFTER_DIRECTION: &[&str] = &["LIMIT", "NULLS LAST", "NULLS FIRST", "OFFSET"];
pub(super) const AFTER_LIMIT: &[&str] = &["OFFSET", "UNION ALL"];
pub(super) const OF_WINDOW: &[&str] = &["PARTITION BY", "ORDER BY", "ROWS BETWEEN", "RANGE BETWEEN"];
pub(super) const OF_FRAME: &[&str] =
    &["UNBOUNDED PRECEDING", "CURRENT ROW", "UNBOUNDED FOLLOWING", "PRECEDING", "FOLLOWING", "AND"];
/// The types that a cast can name.
pub(super) const TYPES: &[&str] = &[
    "BIGINT",
    "VARCHAR",
    "DOUBLE",
    "DATE",
    "TIMESTAMP",
    "BOOLEAN",
    "INT",
    "DECIMAL",
    "FLOAT",
    "SMALLINT",
    "TINYINT",
    "TIME",
    "INTERVAL",
    "TEXT",
];
