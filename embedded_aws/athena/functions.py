"""Trino's functions: those that sqlglot writes for DuckDB as they are, and those that are macros here.

A function that stands in none of these tables is not registered: DuckDB has many that Athena has not, and a query that
uses one must fail here and not first in production.
"""

from embedded_aws.athena.errors import OWN

NATIVE = frozenset(
    """
    abs any_value approx_distinct approx_percentile arbitrary array_agg avg bool_and bool_or cast ceil ceiling
    coalesce concat corr count count_if cume_dist date date_format date_parse dense_rank exp extract
    first_value floor greatest grouping if lag last_value lead least length listagg ln lower lpad ltrim map max
    max_by min min_by mod now nth_value ntile nullif percent_rank pow power rank replace reverse round row
    row_number rpad rtrim sign split sqrt starts_with stddev stddev_pop stddev_samp strpos substr substring sum trim
    truncate try_cast unnest upper var_pop var_samp variance
    """.split()  # noqa: SIM905 - a list of 70 names reads better so
)
"""Functions whose translation by sqlglot means the same."""

_UNIT = """
    CASE lower(u) WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n)
    WHEN 'minute' THEN to_minutes(n) WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(CAST(n AS INTEGER))
    WHEN 'week' THEN to_weeks(CAST(n AS INTEGER)) WHEN 'month' THEN to_months(CAST(n AS INTEGER))
    WHEN 'quarter' THEN to_months(CAST(3 * n AS INTEGER)) WHEN 'year' THEN to_years(CAST(n AS INTEGER)) END
"""


def _fail(code: str, message: str) -> str:
    return f"error('{OWN}{code}: {message}')"


_HEX_ONLY = _fail("NOT_SUPPORTED", "the embedded AWS has from_base of base 16 only, not ' || b || '")
_NO_HEX = _fail("INVALID_FUNCTION_ARGUMENT", "Not a valid base-16 number: ' || x || '")

_ALIASES = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "week": "weekofyear",
    "week_of_year": "weekofyear",
    "day": "day",
    "day_of_month": "day",
    "day_of_week": "isodow",
    "dow": "isodow",
    "day_of_year": "dayofyear",
    "doy": "dayofyear",
    "year_of_week": "isoyear",
    "yow": "isoyear",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
    "last_day_of_month": "last_day",
    "from_unixtime": "to_timestamp",
    "to_unixtime": "epoch",
    "cardinality": "len",
    "array_distinct": "list_distinct",
    "array_max": "list_max",
    "array_min": "list_min",
    "map_keys": "map_keys",
    "map_values": "map_values",
    "log10": "log10",
    "log2": "log2",
    "is_nan": "isnan",
    "is_finite": "isfinite",
}
"""Trino's functions of one argument -> DuckDB's of the same meaning."""

PUBLIC = {
    **{name: f"(x) AS {function}(x)" for name, function in _ALIASES.items()},
    "millisecond": "(x) AS millisecond(x) % 1000",
    "date_diff": "(u, a, b) AS date_sub(u, a, b)",
    "from_iso8601_timestamp": "(x) AS CAST(x AS TIMESTAMPTZ)",
    "from_iso8601_date": "(x) AS CAST(x AS DATE)",
    "split_part": "(s, d, n) AS CASE WHEN n <= len(string_split(s, d)) THEN split_part(s, d, n) END",
    "regexp_like": "(s, p) AS regexp_matches(s, p)",
    "regexp_extract": "(s, p, g := 0) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    "regexp_replace": (r"(s, p, r := '') AS regexp_replace(s, p, regexp_replace(r, '\$([0-9])', '\\\1', 'g'), 'g')"),
    "contains": "(a, x) AS list_contains(a, x)",
    "element_at": "(a, i) AS a[i]",
    "array_join": "(a, d) AS array_to_string(a, d)",
    "array_sort": "(a) AS list_sort(a, 'ASC', 'NULLS LAST')",
    "to_utf8": "(x) AS encode(x)",
    "sha256": "(x) AS unhex(sha256(x))",  # DuckDB's gives its digits
    "to_hex": "(x) AS hex(x)",
    "from_base": (
        f"(x, b) AS CASE WHEN b <> 16 THEN {_HEX_ONLY} "
        "WHEN regexp_full_match(x, '[0-9a-fA-F]{1,16}') AND TRY_CAST('0x' || x AS BIGINT) IS NOT NULL "
        f"THEN CAST('0x' || x AS BIGINT) WHEN x IS NOT NULL THEN {_NO_HEX} END"
    ),
    "infinity": "() AS CAST('inf' AS DOUBLE)",
    "nan": "() AS CAST('nan' AS DOUBLE)",
}
"""Functions as DuckDB macros `trino_<name>`."""

OVERLOADED: dict[str, tuple[int, dict[str, str]]] = {
    "date_trunc": (1, {"date": "(u, x) AS CAST(date_trunc(u, x) AS DATE)", "": "(u, x) AS date_trunc(u, x)"}),
    "date_add": (2, {"date": f"(u, n, x) AS CAST(x + {_UNIT} AS DATE)", "": f"(u, n, x) AS x + {_UNIT}"}),
    "to_iso8601": (
        0,
        {
            "date": "(x) AS strftime(x, '%Y-%m-%d')",
            "timestamp": "(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g')",
            "instant": "(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%fZ')",
        },
    ),
    "sequence": (
        0,
        {
            "integer": "(a, b, c := 1) AS generate_series(a, b, c)",
            "date": "(a, b, c := INTERVAL 1 DAY) AS CAST(generate_series(a, b, c) AS DATE[])",
        },
    ),
}
"""Functions whose macro depends on the type family of one argument: its position, and the body for each family.

The empty family is any other. DuckDB's own overloading of macros cannot see the type of an aggregate.
"""

_SUM_OVERFLOW = _fail("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow")
_NOT_INTEGER = _fail("INVALID_CAST_ARGUMENT", "Cannot cast to {target}: ' || x || '")
_INTEGER_TEXT = "regexp_full_match(x, '[+-]?[0-9]+')"
_DECIMAL_TEXT = r"regexp_full_match(x, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?')"
_NO_DECIMAL = _fail(
    "INVALID_CAST_ARGUMENT", "Cannot cast VARCHAR ''' || x || ''' to ' || t || '. Value is not a number."
)
_TEN_TO = "CAST(CAST(10 AS DOUBLE) ** s AS HUGEINT)"
INTEGERS = ("tinyint", "smallint", "integer", "bigint")
"""Trino's integer types."""

INTERNAL = {
    "quotient": "(a, b) AS a // b",
    "ratio": "(a, b) AS a / b",
    # Exact division: digits without the point, an integer quotient rounded half up, and the point put back.
    "unscaled": "(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    "half_up": "(n, d) AS sign(n) * sign(d) * ((2 * abs(n) + abs(d)) // (2 * abs(d)))",
    "with_point": (
        f"(r, s) AS CASE WHEN r < 0 THEN '-' ELSE '' END || abs(r) // {_TEN_TO} || '.' "
        f"|| lpad(CAST(abs(r) % {_TEN_TO} AS VARCHAR), s, '0')"
    ),
    # DuckDB sums integers into 128 bits; Trino's sum(bigint) is a bigint or an error.
    "bigint_sum": (
        "(s) AS CASE WHEN s IS NULL OR s BETWEEN -9223372036854775808 AND 9223372036854775807 "
        f"THEN CAST(s AS BIGINT) ELSE {_SUM_OVERFLOW} END"
    ),
    # A day more of a date is a date.
    "date_plus": "(x, i) AS CAST(x + i AS DATE)",
    "date_minus": "(x, i) AS CAST(x - i AS DATE)",
    "instant_to_varchar": "(x) AS strftime(x, '%Y-%m-%d %H:%M:%S.%f') || ' UTC'",
    "timestamp_to_varchar": "(x) AS strftime(x, '%Y-%m-%d %H:%M:%S.%g')",
    "json_exact": """(j, f) AS from_json('{"whole":' || j || '}', f)""",
    "json_scalar": (
        "(j, p, v) AS CASE WHEN json_valid(j) "
        "AND json_type(CAST(j AS JSON), p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN CAST(v AS VARCHAR) END"
    ),
    # What is text of a number is the same for both, but for blanks, underscores and words.
    "text_to_decimal": f"(x, t) AS CASE WHEN {_DECIMAL_TEXT} THEN x WHEN x IS NOT NULL THEN {_NO_DECIMAL} END",
    "try_text_to_decimal": f"(x, t) AS CASE WHEN {_DECIMAL_TEXT} THEN x END",
    # Trino rounds half up and takes no '1.5' for an integer; DuckDB rounds to even and does.
    **{
        f"text_to_{name}": (
            f"(x) AS CASE WHEN {_INTEGER_TEXT} THEN CAST(x AS {name}) "
            f"WHEN x IS NOT NULL THEN {_NOT_INTEGER.format(target=name)} END"
        )
        for name in INTEGERS
    },
    **{f"double_to_{name}": f"(x) AS CAST(round(x) AS {name})" for name in INTEGERS},
    **{f"try_text_to_{name}": f"(x) AS CASE WHEN {_INTEGER_TEXT} THEN TRY_CAST(x AS {name}) END" for name in INTEGERS},
    **{f"try_double_to_{name}": f"(x) AS TRY_CAST(round(x) AS {name})" for name in INTEGERS},
}
"""Macros `operator_<name>` for operators and casts whose meaning differs; no query can call them."""

REWRITTEN = frozenset({"at_timezone", "every", "format_datetime", "json_extract_scalar", "parse_datetime", "try"})
"""Functions that are written out in Python: they depend on a literal argument, or macros cannot do what they do."""

SUPPORTED = NATIVE | PUBLIC.keys() | OVERLOADED.keys() | REWRITTEN
"""All function names that a query may use."""


def macros() -> list[str]:
    """Give the statements that make the macros in DuckDB."""
    named = [(f"trino_{name}", body) for name, body in PUBLIC.items()]
    named += [
        (f"trino_{name}_{family}", body) for name, (_, bodies) in OVERLOADED.items() for family, body in bodies.items()
    ]
    named += [(f"operator_{name}", body) for name, body in INTERNAL.items()]
    return [f'CREATE MACRO "{name}"{body}' for name, body in named]
