"""Athena over a table of S3 Tables, on a host whose own time zone is Asia/Seoul."""

# ruff: noqa: S608 - the queries name this module's own table

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake

ROWS = [
    {
        "key": "a",
        "time": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "bytes": 7,
        "price": Decimal("2.01"),
        "billable": True,
    },
    {"key": "b", "time": datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "bytes": None, "price": None, "billable": False},
]


@pytest.fixture(scope="module", autouse=True)
def _host_in_seoul() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Seoul")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws, _host_in_seoul: None) -> Lake:
    made = Lake.make(aws, "athena")
    made.append(ROWS)
    return made


def test_the_host_really_is_in_seoul() -> None:
    assert datetime(2026, 11, 22, tzinfo=UTC).astimezone().utcoffset().total_seconds() == 9 * 3600  # type: ignore[union-attr]


def test_a_select_gives_names_types_and_texts_as_athena_does(lake: Lake) -> None:
    found = lake.query("SELECT *, 7 / 2 FROM {table} ORDER BY key")
    assert found.described == [
        ("key", "varchar"),
        ("time", "timestamp with time zone"),
        ("bytes", "bigint"),
        ("price", "decimal"),
        ("billable", "boolean"),
        ("_col5", "integer"),
    ]
    assert found.rows == [
        ["key", "time", "bytes", "price", "billable", "_col5"],
        ["a", "2026-11-22 10:00:00.000000 UTC", "7", "2.01", "true", "3"],
        ["b", "2026-11-21 23:30:00.000000 UTC", None, None, "false", "3"],
    ]


def test_the_session_is_in_utc_whatever_the_hosts_zone(lake: Lake) -> None:
    day_and_hour = "SELECT date(time), hour(time), date_trunc('day', time), date_format(time, '%H:%i') FROM {table}"
    assert lake.rows(f"{day_and_hour} WHERE key = 'b'") == [
        ["2026-11-21", "23", "2026-11-21 00:00:00.000000 UTC", "23:30"]
    ]
    [[now, today]] = lake.rows("SELECT date_diff('minute', localtimestamp, CAST(now() AS timestamp)), current_date")
    assert (now, today) == ("0", datetime.now(UTC).date().isoformat())


def test_integer_division_truncates(lake: Lake) -> None:
    assert lake.rows("SELECT 7 / 2, -7 / 2, sum(bytes) / count(*) FROM {table}") == [["3", "-3", "3"]]


def test_a_sum_of_bigints_that_overflows_is_an_error(lake: Lake) -> None:
    found = lake.query("SELECT sum(bytes + 9223372036854775800 + o) FROM {table} CROSS JOIN (VALUES -7, -6) AS v(o)")
    assert (found.state, found.reason) == ("FAILED", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow")


def test_an_unsupported_function_fails_by_its_name(lake: Lake) -> None:
    found = lake.query("SELECT strftime(time, '%Y') FROM {table}")
    reason = "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not registered"
    assert (found.state, found.reason) == ("FAILED", reason)
    execution = lake.client("athena").get_query_execution(QueryExecutionId=found.id)["QueryExecution"]
    assert execution["Status"]["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1000,
        "Retryable": False,
        "ErrorMessage": reason,
    }


def test_a_catalog_and_a_database_may_come_from_the_context(lake: Lake) -> None:
    context = {"Catalog": f"s3tablescatalog/{lake.bucket}", "Database": lake.namespace}
    assert lake.rows("SELECT count(*) FROM requests", QueryExecutionContext=context) == [["2"]]
    assert lake.rows("SELECT count(*) FROM usage.Requests", QueryExecutionContext=context) == [["2"]]


def test_a_filter_on_the_day_reads_that_day_alone(lake: Lake) -> None:
    both = lake.query("SELECT count(*) FROM {table}")
    for condition in (
        "date(time) = DATE '2026-11-21'",
        "CAST(time AS date) < DATE '2026-11-22'",
        "time < TIMESTAMP '2026-11-22 00:00:00 UTC' AND bytes IS NULL",
        "time BETWEEN TIMESTAMP '2026-11-21 00:00:00 UTC' AND TIMESTAMP '2026-11-21 23:59:00 UTC'",
    ):
        one = lake.query(f"SELECT count(*) FROM {{table}} WHERE {condition}")
        assert (one.rows[1], 0 < one.scanned < both.scanned) == (["1"], True), condition


def test_a_filter_keeps_every_row_that_it_must(lake: Lake) -> None:
    keys = "SELECT array_join(array_agg(key ORDER BY key), '') FROM {table} WHERE "
    assert {condition: lake.rows(keys + condition) for condition in (
        "time >= TIMESTAMP '2026-11-22 10:00:00 UTC'",
        "time > TIMESTAMP '2026-11-22 10:00:00 UTC'",
        "date(time) <= DATE '2026-11-22'",
        "DATE '2026-11-22' <= date(time)",
        "NOT (time < TIMESTAMP '2026-11-22 00:00:00 UTC')",
        "time < TIMESTAMP '2026-11-22 00:00:00 UTC' OR key = 'a'",
        "date(time AT TIME ZONE 'Asia/Seoul') = DATE '2026-11-22'",
        "time < now() AND billable",
        "bytes = 7",
        "key = 'b'",
    )} == {
        "time >= TIMESTAMP '2026-11-22 10:00:00 UTC'": [["a"]],
        "time > TIMESTAMP '2026-11-22 10:00:00 UTC'": [[None]],
        "date(time) <= DATE '2026-11-22'": [["ab"]],
        "DATE '2026-11-22' <= date(time)": [["a"]],
        "NOT (time < TIMESTAMP '2026-11-22 00:00:00 UTC')": [["a"]],
        "time < TIMESTAMP '2026-11-22 00:00:00 UTC' OR key = 'a'": [["ab"]],
        "date(time AT TIME ZONE 'Asia/Seoul') = DATE '2026-11-22'": [["ab"]],
        "time < now() AND billable": [["a"]] if datetime.now(UTC) > ROWS[0]["time"] else [[None]],  # type: ignore[operator]
        "bytes = 7": [["a"]],
        "key = 'b'": [["b"]],
    }  # fmt: skip


def test_an_outer_join_keeps_rows_without_a_match(lake: Lake) -> None:
    days = "unnest(sequence(DATE '2026-11-20', DATE '2026-11-22')) AS d(day)"
    counts = "(SELECT date(time) AS day, count(*) AS n FROM {table} GROUP BY date(time)) AS c"
    found = lake.rows(f"SELECT d.day, coalesce(c.n, 0) FROM {days} LEFT JOIN {counts} ON c.day = d.day ORDER BY 1")
    assert found == [["2026-11-20", "0"], ["2026-11-21", "1"], ["2026-11-22", "1"]]


def test_add_columns_evolves_a_table_with_rows_in_it(lake: Lake) -> None:
    lake.create_table("evolving")
    lake.append(ROWS, table="evolving")
    context = {"Catalog": f"s3tablescatalog/{lake.bucket}", "Database": lake.namespace}
    added = lake.query(
        "ALTER TABLE `evolving` ADD COLUMNS (`user` string COMMENT 'who', size bigint, fee decimal(10,2))",
        QueryExecutionContext=context,
    )
    assert (added.state, added.reason, added.rows) == ("SUCCEEDED", None, [])
    lake.append([{**ROWS[0], "key": "c", "user": "u", "size": 2**40, "fee": Decimal("0.10")}], table="evolving")
    found = lake.query('SELECT key, "user", size, fee FROM evolving ORDER BY key', QueryExecutionContext=context)
    assert found.described == [("key", "varchar"), ("user", "varchar"), ("size", "bigint"), ("fee", "decimal")]
    assert found.rows[1:] == [["a", None, None, None], ["b", None, None, None], ["c", "u", str(2**40), "0.10"]]
    again = lake.query(f'ALTER TABLE "s3tablescatalog/{lake.bucket}".usage.evolving ADD COLUMNS (more date, Size int)')
    assert (again.state, again.reason) == (
        "FAILED",
        "FAILED: Execution Error, return code 1. Duplicate column name: size",
    )
    unknown = lake.query("ALTER TABLE {table} ADD COLUMNS (at timestamptz)")
    assert unknown.reason == (
        "NOT_SUPPORTED: column at: type timestamptz is not supported in Athena's DDL for Iceberg tables"
    )


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM {table} WHERE key = 'a'", "DELETE FROM"),
        ("DROP TABLE {table}", "DROP TABLE"),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW"),
    ],
)
def test_what_is_not_supported_fails_and_changes_nothing(lake: Lake, statement: str, kind: str) -> None:
    before = lake.rows("SELECT count(*) FROM {table}")
    found = lake.query(statement)
    assert (found.state, found.reason) == ("FAILED", f"NOT_SUPPORTED: Queries of this type are not supported: {kind}")
    assert lake.rows("SELECT count(*) FROM {table}") == before


def test_missing_tables_and_catalogs_are_named(lake: Lake) -> None:
    catalog = f"s3tablescatalog/{lake.bucket}"
    assert lake.query(f'SELECT 1 FROM "{catalog}".usage.nope').reason == (
        f"TABLE_NOT_FOUND: Table '{catalog}.usage.nope' does not exist"
    )
    assert lake.query('SELECT 1 FROM "s3tablescatalog/nope".usage.requests').reason == (
        "CATALOG_NOT_FOUND: Catalog 's3tablescatalog/nope' not found: Catalog s3tablescatalog/nope not found."
    )
