"""Expressions and queries of Athena, with the type and text, or the error, that they give."""

VALUES = {
    # numbers: integers divide truncating, decimals exactly and half up, doubles as doubles
    "7 / 2": ("integer", "3"),
    "-7 / 2": ("integer", "-3"),
    "7 / CAST(2 AS bigint)": ("bigint", "3"),
    "-7 % 3": ("integer", "-1"),
    "7e0 / 2": ("double", "3.5"),
    "7e0 / 0": ("double", "Infinity"),
    "2.01 / 2": ("decimal", "1.01"),
    "-2.01 / 2": ("decimal", "-1.01"),
    "100.0 * 2 / 3": ("decimal", "66.7"),
    "1 / 3.000": ("decimal", "0.333"),
    "1.5 * 2.5": ("decimal", "3.75"),
    "CAST(2.5e0 AS bigint)": ("bigint", "3"),
    "CAST(3.5 AS integer)": ("integer", "4"),
    "CAST('12' AS integer)": ("integer", "12"),
    "TRY_CAST('1.5' AS bigint)": ("bigint", None),
    "TRY_CAST('x' AS double)": ("double", None),
    "CAST('0.1' AS decimal(38, 12)) + CAST('0.2' AS decimal(38, 12))": ("decimal", "0.300000000000"),
    "CAST('123456789012345.123456789012' AS decimal(38, 12))": ("decimal", "123456789012345.123456789012"),
    "CAST('0.0000000000005' AS decimal(38, 12))": ("decimal", "0.000000000001"),
    "CAST('-1.25e-1' AS decimal(10, 2))": ("decimal", "-0.13"),
    "CAST('1e3' AS decimal(38, 12))": ("decimal", "1000.000000000000"),
    "CAST('+.5' AS decimal(3, 1))": ("decimal", "0.5"),
    "TRY_CAST('1e26' AS decimal(38, 12))": ("decimal", None),
    "TRY_CAST(' 1' AS decimal(38, 12))": ("decimal", None),
    "TRY_CAST('1_0' AS decimal(38, 12))": ("decimal", None),
    "TRY_CAST('Infinity' AS decimal(38, 12))": ("decimal", None),
    "TRY_CAST('' AS decimal(38, 12))": ("decimal", None),
    "TRY_CAST('true' AS decimal(38, 12))": ("decimal", None),
    "CAST(7 AS double)": ("double", "7.0"),
    "CAST(1.005 AS decimal(10, 2))": ("decimal", "1.01"),
    "1e20": ("double", "1.0E20"),
    "123456.789e0": ("double", "123456.789"),
    "1e-4": ("double", "1.0E-4"),
    "round(2.5e0)": ("double", "3.0"),
    "truncate(-1.9e0)": ("double", "-1.0"),
    "greatest(1, NULL)": ("integer", None),
    "mod(7, 4)": ("integer", "3"),
    "power(2, 3)": ("double", "8.0"),
    "is_nan(nan())": ("boolean", "true"),
    # text
    "'a' || 'b'": ("varchar", "ab"),
    "concat('a', CAST(NULL AS varchar))": ("varchar", None),
    "CAST(5 AS varchar)": ("varchar", "5"),
    "CAST('abcd' AS varchar(2))": ("varchar", "ab"),
    "CAST(true AS varchar)": ("varchar", "true"),
    "split_part('a,b', ',', 3)": ("varchar", None),
    "regexp_extract('abc', '[0-9]+')": ("varchar", None),
    "regexp_extract('1.50', '^-?[0-9]{1,99}([.][0-9]{1,99})?$')": ("varchar", "1.50"),
    "regexp_extract('a12', '([0-9])([0-9])', 2)": ("varchar", "2"),
    "regexp_replace('a1b2', '([0-9])', '<$1>')": ("varchar", "a<1>b<2>"),
    "regexp_like('abc', 'b')": ("boolean", "true"),
    'json_extract_scalar(\'{"a":{"b":"c"}}\', \'$.a.b\')': ("varchar", "c"),
    'json_extract_scalar(\'{"a":{"b":"c"}}\', \'$.a\')': ("varchar", None),
    "json_extract_scalar('no json', '$.a')": ("varchar", None),
    # a number as it is written, what is no scalar not at all, of two members of one name the first
    "json_extract_scalar('{\"a\":0.10}', '$.a')": ("varchar", "0.10"),
    "json_extract_scalar('{\"a\":1e3}', '$.a')": ("varchar", "1e3"),
    "json_extract_scalar('{\"a\":-123456789012345.123456789012}', '$.a')": (
        "varchar",
        "-123456789012345.123456789012",
    ),
    "json_extract_scalar('{\"a\":12345678901234567890123}', '$.a')": ("varchar", "12345678901234567890123"),
    "json_extract_scalar('{\"a\":\"1.50\"}', '$.a')": ("varchar", "1.50"),
    "json_extract_scalar('{\"a\":\"\\u00e9\\n\"}', '$.a')": ("varchar", "é\n"),
    "json_extract_scalar('{\"a\":\"\"}', '$.a')": ("varchar", ""),
    "json_extract_scalar('{\"a\":true}', '$.a')": ("varchar", "true"),
    "json_extract_scalar('{\"a\":null}', '$.a')": ("varchar", None),
    "json_extract_scalar('{\"a\":[1]}', '$.a')": ("varchar", None),
    "json_extract_scalar('{\"A\":1}', '$.a')": ("varchar", None),
    "json_extract_scalar('{\"a\":1,\"a\":2}', '$.a')": ("varchar", "1"),
    "json_extract_scalar('{\"exact\":1.0,\"whole\":2.0}', '$.exact')": ("varchar", "1.0"),
    "json_extract_scalar('{\"a\":[{\"b\":2.50}]}', '$.a[0].b')": ("varchar", "2.50"),
    "json_extract_scalar('{\"a\":[1]}', '$.a[1]')": ("varchar", None),
    "json_extract_scalar('{\"a b\":1}', '$[\"a b\"]')": ("varchar", "1"),
    "json_extract_scalar('[1.50]', '$[0]')": ("varchar", "1.50"),
    "json_extract_scalar('[1]', '$.a')": ("varchar", None),
    "json_extract_scalar('2.50', '$')": ("varchar", "2.50"),
    "json_extract_scalar(CAST(NULL AS varchar), '$.a')": ("varchar", None),
    "strpos('abc', 'c')": ("bigint", "3"),
    "length('añ')": ("bigint", "2"),
    "CAST('2.55' AS decimal)": ("decimal", "3"),
    "CAST(1.005 AS decimal(10,2))": ("decimal", "1.01"),
    "ARRAY[1, 2][2]": ("integer", "2"),
    # time
    "DATE '2026-01-31' + INTERVAL '1' MONTH": ("date", "2026-02-28"),
    "INTERVAL '1' DAY + DATE '2026-01-31'": ("date", "2026-02-01"),
    "DATE '2026-03-01' - INTERVAL '1' DAY": ("date", "2026-02-28"),
    "TIMESTAMP '2026-01-31 00:00:00 UTC' - INTERVAL '1' HOUR": (
        "timestamp with time zone",
        "2026-01-30 23:00:00.000000 UTC",
    ),
    "TIMESTAMP '2026-01-31 10:00:00'": ("timestamp", "2026-01-31 10:00:00.000"),
    "TIMESTAMP '2026-01-31 10:00:00 Asia/Seoul'": ("timestamp with time zone", "2026-01-31 01:00:00.000000 UTC"),
    "date(TIMESTAMP '2026-01-31 23:59:59 UTC')": ("date", "2026-01-31"),
    "date_trunc('month', DATE '2026-01-31')": ("date", "2026-01-01"),
    "date_trunc('week', TIMESTAMP '2026-11-22 10:00:00 UTC')": (
        "timestamp with time zone",
        "2026-11-16 00:00:00.000000 UTC",
    ),
    "date_add('month', 1, DATE '2026-01-31')": ("date", "2026-02-28"),
    "date_add('hour', -1, TIMESTAMP '2026-01-01 00:00:00')": ("timestamp", "2025-12-31 23:00:00.000"),
    "date_diff('day', TIMESTAMP '2026-01-01 23:00:00', TIMESTAMP '2026-01-02 01:00:00')": ("bigint", "0"),
    "date_diff('day', DATE '2026-11-01', DATE '2026-11-22')": ("bigint", "21"),
    "date_format(TIMESTAMP '2026-11-22 09:08:07', '%Y-%m-%d %H:%i:%s')": ("varchar", "2026-11-22 09:08:07"),
    "date_parse('2026-11-22', '%Y-%m-%d')": ("timestamp", "2026-11-22 00:00:00.000"),
    "format_datetime(TIMESTAMP '2026-11-22 09:08:07', 'yyyy-MM-dd''T''HH:mm')": ("varchar", "2026-11-22T09:08"),
    "parse_datetime('22.11.2026', 'dd.MM.yyyy')": ("timestamp with time zone", "2026-11-22 00:00:00.000000 UTC"),
    "from_iso8601_timestamp('2026-11-22T10:00:00+09:00')": (
        "timestamp with time zone",
        "2026-11-22 01:00:00.000000 UTC",
    ),
    "from_iso8601_date('2026-11-22')": ("date", "2026-11-22"),
    "to_iso8601(TIMESTAMP '2026-11-22 10:00:00 UTC')": ("varchar", "2026-11-22T10:00:00.000000Z"),
    "to_iso8601(DATE '2026-11-22')": ("varchar", "2026-11-22"),
    "from_unixtime(0)": ("timestamp with time zone", "1970-01-01 00:00:00.000000 UTC"),
    "to_unixtime(TIMESTAMP '1970-01-02 00:00:00 UTC')": ("double", "86400.0"),
    "day_of_week(DATE '2026-11-22')": ("bigint", "7"),
    "extract(year FROM DATE '2026-11-22')": ("bigint", "2026"),
    "week(DATE '2026-11-22')": ("bigint", "47"),
    "millisecond(TIMESTAMP '2026-11-22 10:00:01.234')": ("bigint", "234"),
    "CAST(TIMESTAMP '2026-11-22 10:00:00 UTC' AS varchar)": ("varchar", "2026-11-22 10:00:00.000000 UTC"),
    # other zones
    "at_timezone(TIMESTAMP '2026-11-22 23:00:00 UTC', 'Asia/Seoul')": (
        "timestamp with time zone",
        "2026-11-23 08:00:00.000000 Asia/Seoul",
    ),
    "TIMESTAMP '2026-11-22 23:00:00 UTC' AT TIME ZONE 'Asia/Seoul'": (
        "timestamp with time zone",
        "2026-11-23 08:00:00.000000 Asia/Seoul",
    ),
    "date(TIMESTAMP '2026-11-22 23:00:00 UTC' AT TIME ZONE 'Asia/Seoul')": ("date", "2026-11-23"),
    "hour(at_timezone(TIMESTAMP '2026-11-22 23:00:00 UTC', 'Asia/Seoul'))": ("bigint", "8"),
    "date_trunc('month', at_timezone(TIMESTAMP '2026-11-30 23:00:00 UTC', 'Asia/Seoul'))": (
        "timestamp with time zone",
        "2026-12-01 00:00:00.000000 Asia/Seoul",
    ),
    "at_timezone(TIMESTAMP '2026-11-22 00:00:00 UTC', 'Asia/Seoul') = TIMESTAMP '2026-11-22 00:00:00 UTC'": (
        "boolean",
        "true",
    ),
    # the rest
    "NULL": ("unknown", None),
    "true AND NULL": ("boolean", None),
    "IF(1 = 1, 'a', 'b')": ("varchar", "a"),
    "COALESCE(NULL, 'x')": ("varchar", "x"),
    "CASE WHEN 1 > 2 THEN 'a' END": ("varchar", None),
    "ARRAY[1, NULL]": ("array", "[1, null]"),
    "MAP(ARRAY['a'], ARRAY[1])": ("map", "{a=1}"),
    "element_at(ARRAY[1], 2)": ("integer", None),
    "cardinality(sequence(1, 3))": ("bigint", "3"),
    "sequence(DATE '2026-11-30', DATE '2026-12-01', INTERVAL '1' DAY)": ("array", "[2026-11-30, 2026-12-01]"),
    "array_join(ARRAY['a', 'b'], '-')": ("varchar", "a-b"),
    "X'6162'": ("varbinary", "61 62"),
    "sha256(to_utf8('a')) <> sha256(to_utf8('b'))": ("boolean", "true"),
    "try(1 / 0)": ("integer", None),
    "to_utf8('é')": ("varbinary", "c3 a9"),
    "to_hex(sha256(to_utf8('abc')))": (
        "varchar",
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
    ),
    "from_base('7FFFffffFFFFffff', 16)": ("bigint", "9223372036854775807"),
    "from_base(CAST(NULL AS varchar), 16)": ("bigint", None),
    "'a' IS DISTINCT FROM NULL": ("boolean", "true"),
}

ROWS = "(VALUES (1, 2.50, true, DATE '2026-11-21'), (2, 0.01, false, DATE '2026-11-22')) AS v(n, amount, good, day)"

AGGREGATES = {
    "sum(n)": ("bigint", "3"),
    "sum(n) / count(*)": ("bigint", "1"),
    "sum(amount)": ("decimal", "2.51"),
    "sum(amount) / count(*)": ("decimal", "1.26"),
    "avg(amount)": ("decimal", "1.26"),
    "avg(amount) FILTER (WHERE good)": ("decimal", "2.50"),
    "avg(n)": ("double", "1.5"),
    "sum(n) FILTER (WHERE NOT good)": ("bigint", "2"),
    "sum(DISTINCT n)": ("bigint", "3"),
    "count_if(good)": ("bigint", "1"),
    "every(good)": ("boolean", "false"),
    "max_by(n, CASE WHEN good THEN ROW(day, n) END)": ("integer", "1"),
    "approx_distinct(n)": ("bigint", "2"),
    "approx_percentile(n, 0.5)": ("integer", "1"),
    "max_by(amount, day)": ("decimal", "0.01"),
    "array_agg(n ORDER BY n DESC)": ("array", "[2, 1]"),
    "date_trunc('month', max(day))": ("date", "2026-11-01"),
    "max(day) + INTERVAL '1' DAY": ("date", "2026-11-23"),
    "CAST(count(*) AS varchar)": ("varchar", "2"),
    "CAST(sum(amount) AS integer)": ("integer", "3"),
    "date_diff('day', min(day), max(day))": ("bigint", "1"),
}

FAILURES = {
    "SELECT foo(1)": "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered",
    "SELECT strftime(DATE '2026-01-01', '%Y')": "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not registered",
    "SELECT ifnull(1, 2)": "FUNCTION_NOT_FOUND: line 1:8: Function 'ifnull' not registered",
    "SELECT operator_ratio(1, 2)": "FUNCTION_NOT_FOUND: line 1:8: Function 'operator_ratio' not registered",
    "SELECT 1 / 0": "DIVISION_BY_ZERO: Division by zero",
    "SELECT 1.0 / 0": "DIVISION_BY_ZERO: Division by zero",
    "SELECT sum(n) FROM (VALUES 9223372036854775807, 1) AS v(n)": (
        "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow"
    ),
    "SELECT sum(n) OVER () FROM (VALUES 9223372036854775807, 1) AS v(n)": (
        "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow"
    ),
    "SELECT sum(n) FILTER (WHERE n > 0) FROM (VALUES 9223372036854775807, 1) AS v(n)": (
        "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow"
    ),
    "SELECT n + 1 FROM (VALUES 9223372036854775807) AS v(n)": "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow",
    "SELECT CAST(x AS decimal(38, 12)) FROM (VALUES ' 1') AS v(x)": (
        "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR ' 1' to DECIMAL(38, 12). Value is not a number."
    ),
    "SELECT json_extract_scalar('{}', x) FROM (VALUES '$.a') AS v(x)": (
        "NOT_SUPPORTED: the embedded AWS has json_extract_scalar with a literal path only"
    ),
    "SELECT json_extract_scalar('{}', '$..a')": "NOT_SUPPORTED: the embedded AWS has no JSON path '$..a'",
    "SELECT CAST('1.5' AS bigint)": "INVALID_CAST_ARGUMENT: Cannot cast to bigint: 1.5",
    "SELECT nope FROM (VALUES 1) AS v(n)": "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved",
    "SELECT n AS alias FROM (VALUES 1) AS v(n) GROUP BY alias": (
        "COLUMN_NOT_FOUND: line 1:52: Column 'alias' cannot be resolved"
    ),
    "SELECT 1 WHERE 1 = '1'": "TYPE_MISMATCH: Cannot apply operator: integer = varchar in 1 = '1'",
    "SELECT 1 WHERE DATE '2026-01-01' > '2026-01-01'": (
        "TYPE_MISMATCH: Cannot apply operator: date > varchar in CAST('2026-01-01' AS DATE) > '2026-01-01'"
    ),
    "SELECT 'a' || 1": "TYPE_MISMATCH: Unexpected parameters for function concat: 1 is integer",
    "SELECT * FROM nowhere": "TABLE_NOT_FOUND: Table 'awsdatacatalog.default.nowhere' does not exist",
    "INSERT INTO t VALUES (1)": "NOT_SUPPORTED: Queries of this type are not supported: INSERT INTO",
    "CREATE VIEW v AS SELECT 1": "NOT_SUPPORTED: Queries of this type are not supported: CREATE VIEW",
    "DROP TABLE t": "NOT_SUPPORTED: Queries of this type are not supported: DROP TABLE",
    "SELECT z FROM (SELECT now() AT TIME ZONE 'Asia/Seoul' AS z)": (
        "NOT_SUPPORTED: the embedded AWS has no value in another time zone as a subquery's column"
    ),
    "SELECT format_datetime(now(), 'QQ')": ("NOT_SUPPORTED: the embedded AWS does not know 'QQ' in the pattern 'QQ'"),
    "SELECT CAST(1e0 AS varchar)": "NOT_SUPPORTED: the embedded AWS does not write double as varchar",
    "SELECT to_iso8601(1)": "FUNCTION_NOT_FOUND: Unexpected parameters (integer, ...) for function to_iso8601",
    "SELECT try(CAST('x' AS integer))": (
        "NOT_SUPPORTED: the embedded AWS has no try() around what it checks itself; use try_cast"
    ),
    "SELECT from_base('12', 10)": "NOT_SUPPORTED: the embedded AWS has from_base of base 16 only, not 10",
    "SELECT from_base('ffffffffffffffff', 16)": (
        "INVALID_FUNCTION_ARGUMENT: Not a valid base-16 number: ffffffffffffffff"
    ),
    "SELECT from_base('0x1', 16)": "INVALID_FUNCTION_ARGUMENT: Not a valid base-16 number: 0x1",
    "SELECT DECIMAL '1.50'": (
        "NOT_SUPPORTED: the embedded AWS has no DECIMAL '1.50': cast to decimal(precision, scale)"
    ),
    "SELECT max(n) AS m FROM (VALUES 1) AS v(n) HAVING m > 0": "COLUMN_NOT_FOUND: Column 'm' cannot be resolved",
    "SELECT 1 UNION ALL SELECT 'a'": (
        "TYPE_MISMATCH: column 1 in UNION query has incompatible types: integer, varchar"
    ),
    "SELECT CASE WHEN true THEN 1 ELSE 'a' END": (
        "TYPE_MISMATCH: All CASE results must be the same type or coercible to a common type. "
        "Cannot find common type between integer and varchar"
    ),
    "SELECT if(true, 1, DATE '2026-01-01')": (
        "TYPE_MISMATCH: All IF results must be the same type or coercible to a common type. "
        "Cannot find common type between integer and date"
    ),
    "SELECT coalesce(1, 'a')": (
        "TYPE_MISMATCH: All COALESCE results must be the same type or coercible to a common type. "
        "Cannot find common type between integer and varchar"
    ),
    "SELECT 1 WHERE 1": "TYPE_MISMATCH: WHERE clause must evaluate to a boolean: actual type integer",
}

FOREIGN = {
    "SELECT 1::varchar": "line 1:9: mismatched input '::'",
    "SELECT 1 & 3": "line 1:10: mismatched input '&'",
    "SELECT 1 == 1": "line 1:10: mismatched input '=='",
    "SELECT 'a' ILIKE 'A'": "line 1:12: mismatched input 'ILIKE'",
    "SELECT 'a' REGEXP 'a'": "line 1:12: mismatched input 'REGEXP'",
    "SELECT 7 DIV 2": "line 1:10: mismatched input 'DIV'",
    "SELECT [1]": "line 1:8: mismatched input '['",
    "SELECT {'a': 1}": "line 1:8: mismatched input '{'",
    "SELECT 'a' 'b'": "line 1:14: mismatched input 'b'",
    "SELECT n, FROM (VALUES 1) AS v(n)": "line 1:11: mismatched input 'FROM'",
    "FROM (VALUES 1) AS v(n)": "line 1:1: mismatched input 'FROM'",
    "SELECT n FROM (VALUES 1, 2) AS v(n) LIMIT 1 OFFSET 1": "line 1:45: mismatched input 'OFFSET'",
    "SELECT n FROM (VALUES 1) AS v(n) GROUP BY ALL": "mismatched input 'ALL' after 'GROUP BY'",
    "SELECT * EXCLUDE (n) FROM (VALUES (1, 2)) AS v(n, m)": "mismatched input after '*': EXCEPT of columns",
    "SELECT * FROM (VALUES 1) AS a(n) SEMI JOIN (VALUES 1) AS b(n) ON a.n = b.n": (
        "line 1:34: mismatched input 'SEMI'"
    ),
}
"""What sqlglot or DuckDB would take."""
