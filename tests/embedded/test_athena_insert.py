"""`INSERT INTO`: one commit of what the query finds, refused where Trino refuses, idempotent by its request token."""

# ruff: noqa: S608 - the statements name this module's own table

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake

ROWS = [
    {
        "key": "a",
        "time": datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC),
        "bytes": 7,
        "price": Decimal("2.01"),
        "billable": True,
    },
    {"key": "b", "time": datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "bytes": None, "price": None, "billable": False},
]
TIMES = ["2026-11-22 10:00:00.123456 UTC", "2026-11-21 23:30:00.000000 UTC"]
WRITTEN = [
    ["a", TIMES[0], "7", "2.01", "true"],
    ["b", TIMES[1], None, None, "false"],
]
ALL = "key, time, bytes, price, billable"


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "inserts")
    made.append(ROWS)
    return made


@pytest.fixture
def target(lake: Lake, request: pytest.FixtureRequest) -> str:
    """Make a table for one test; gives its full name in SQL."""
    table = f"t{abs(hash(request.node.name))}"
    lake.create_table(table)
    return f'"s3tablescatalog/{lake.bucket}"."{lake.namespace}"."{table}"'


def snapshots(lake: Lake, target: str) -> int:
    table = target.rpartition(".")[2].strip('"')
    return len(iceberg.load(iceberg.TableName(lake.bucket_arn, lake.namespace, table)).metadata.snapshots)


def content(lake: Lake, target: str) -> list[list[str | None]]:
    return lake.rows(f"SELECT {ALL} FROM {target} ORDER BY key, time")


def test_a_select_is_appended_in_one_commit(lake: Lake, target: str) -> None:
    found = lake.query(f"INSERT INTO {target} SELECT * FROM {{table}}")
    assert (found.state, found.reason) == ("SUCCEEDED", None)
    assert (content(lake, target), snapshots(lake, target)) == (WRITTEN, 1)
    assert found.scanned > 0
    assert lake.query(f"INSERT INTO {target} SELECT * FROM {target} WHERE key = 'a'").state == "SUCCEEDED"
    assert (content(lake, target), snapshots(lake, target)) == ([WRITTEN[0], *WRITTEN], 2)


def test_values_fill_the_named_columns_in_their_order_and_null_the_others(lake: Lake, target: str) -> None:
    statement = (
        f"INSERT INTO {target} (BYTES, time, key) VALUES (1, TIMESTAMP '2026-10-01 00:00:00.5 UTC', 'x'),"
        " (NULL, timestamp '2026-10-01 08:00:00 UTC' + interval '1' hour, 'y')"
    )
    assert lake.query(statement).state == "SUCCEEDED"
    assert content(lake, target) == [
        ["x", "2026-10-01 00:00:00.500000 UTC", "1", None, None],
        ["y", "2026-10-01 09:00:00.000000 UTC", None, None, None],
    ]


def test_parameters_prepared_statements_and_with_queries_insert(lake: Lake, target: str) -> None:
    statement = (
        f"INSERT INTO {target} (key, time) WITH q AS (SELECT time FROM {{table}} WHERE key = ?) SELECT ?, time FROM q"
    )
    assert lake.query(statement, ExecutionParameters=["'a'", "'p'"]).state == "SUCCEEDED"
    lake.client("athena").create_prepared_statement(
        StatementName="copies", WorkGroup=lake.workgroup, QueryStatement=statement.replace("{table}", lake.name)
    )
    assert lake.query("EXECUTE copies USING 'b', 'q'").state == "SUCCEEDED"
    assert [row[:2] for row in content(lake, target)] == [["p", TIMES[0]], ["q", TIMES[1]]]


def test_it_is_described_as_athena_describes_an_insert(lake: Lake, target: str) -> None:
    found = lake.query(f"INSERT INTO {target} SELECT * FROM {{table}}")
    athena = lake.client("athena")
    execution = athena.get_query_execution(QueryExecutionId=found.id)["QueryExecution"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "INSERT")
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://{lake.results}/answers/{found.id}"
    manifest = f"s3://{lake.results}/answers/{found.id}-manifest.csv"
    assert execution["Statistics"]["DataManifestLocation"] == manifest
    results = athena.get_query_results(QueryExecutionId=found.id)
    assert (results["UpdateCount"], results["ResultSet"]["Rows"]) == (2, [])
    assert (found.described, found.rows) == ([("rows", "bigint")], [])
    key = manifest.removeprefix(f"s3://{lake.results}/")
    lines = lake.client("s3").get_object(Bucket=lake.results, Key=key)["Body"].read().decode().splitlines()
    assert len(lines) == 2  # a file for each day
    assert all(line.endswith(".parquet") for line in lines)


def test_a_query_without_rows_commits_nothing(lake: Lake, target: str) -> None:
    found = lake.query(f"INSERT INTO {target} SELECT * FROM {{table}} WHERE key = 'none'")
    assert (found.state, snapshots(lake, target)) == ("SUCCEEDED", 0)


def test_a_request_token_inserts_once(lake: Lake, target: str) -> None:
    statement = f"INSERT INTO {target} SELECT * FROM {lake.name}"
    first, again = (lake.start(statement, ClientRequestToken="i" * 40) for _ in range(2))
    assert first == again
    while lake.client("athena").get_query_execution(QueryExecutionId=first)["QueryExecution"]["Status"]["State"] in {
        "QUEUED",
        "RUNNING",
    }:
        time.sleep(0.01)
    assert lake.start(statement, ClientRequestToken="i" * 40) == first
    assert (content(lake, target), snapshots(lake, target)) == (WRITTEN, 1)


MISMATCH = "TYPE_MISMATCH: Insert query has mismatched column types: Table: "
TABLE = "[varchar, timestamp(6) with time zone, bigint, decimal(10,2), boolean]"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "(key, time) VALUES ('a', '2026-10-01')",
            f"{MISMATCH}[varchar, timestamp(6) with time zone], Query: [varchar, varchar]",
        ),
        ("(key) VALUES (1)", f"{MISMATCH}[varchar], Query: [integer]"),
        ("(bytes) VALUES (1.5)", f"{MISMATCH}[bigint], Query: [decimal(2,1)]"),
        ("(price) VALUES (CAST(1 AS bigint))", f"{MISMATCH}[decimal(10,2)], Query: [bigint]"),
        ("(price) VALUES (1.001)", f"{MISMATCH}[decimal(10,2)], Query: [decimal(4,3)]"),
        ("VALUES ('a')", f"{MISMATCH}{TABLE}, Query: [varchar]"),
        ("(nope) VALUES (1)", "COLUMN_NOT_FOUND: Insert column name does not exist in target table: nope"),
        ("(key, Key) VALUES ('a', 'b')", "DUPLICATE_COLUMN_NAME: Insert column name is specified more than once: key"),
        ("(key) VALUES ('a')", "CONSTRAINT_VIOLATION: NULL value not allowed for NOT NULL column: time"),
        (
            "(key, time) SELECT CASE WHEN key = 'a' THEN key END, time FROM {table}",
            "CONSTRAINT_VIOLATION: NULL value not allowed for NOT NULL column: key",
        ),
        ("SELECT nope FROM {table}", "COLUMN_NOT_FOUND: line 1:{col}: Column 'nope' cannot be resolved"),
        (
            "(time) SELECT at_timezone(time, 'Asia/Seoul') FROM {table}",
            "NOT_SUPPORTED: the embedded AWS inserts no value in another time zone than UTC",
        ),
    ],
)
def test_what_trino_refuses_inserts_nothing(lake: Lake, target: str, statement: str, reason: str) -> None:
    text = f"INSERT INTO {target} {statement}"
    found = lake.query(text)
    assert (found.state, found.reason) == ("FAILED", reason.replace("{col}", str(text.find("nope") + 1)))
    assert snapshots(lake, target) == 0


@pytest.mark.parametrize(
    ("columns", "values", "written"),
    [
        ("price", "CAST(3 AS smallint)", ["3.00"]),
        ("price", "1.5", ["1.50"]),
        ("price", "NULL", [None]),
        ("bytes", "CAST(9 AS tinyint)", ["9"]),
        ("bytes", f"{2**40}", [str(2**40)]),
    ],
)
def test_what_loses_nothing_is_converted(
    lake: Lake, target: str, columns: str, values: str, written: list[str | None]
) -> None:
    statement = (
        f"INSERT INTO {target} (key, time, {columns}) VALUES ('k', TIMESTAMP '2026-10-01 00:00:00 UTC', {values})"
    )
    assert lake.query(statement).reason is None
    assert lake.rows(f"SELECT {columns} FROM {target}") == [written]


def test_a_date_is_its_midnight_in_utc(lake: Lake, target: str) -> None:
    assert lake.query(f"INSERT INTO {target} (key, time) VALUES ('k', DATE '2026-10-01')").reason is None
    assert lake.rows(f"SELECT time FROM {target}") == [["2026-10-01 00:00:00.000000 UTC"]]


def test_a_table_that_is_not_there_is_named(lake: Lake) -> None:
    found = lake.query(f'INSERT INTO "s3tablescatalog/{lake.bucket}".usage.nope VALUES (1)')
    assert found.reason == f"TABLE_NOT_FOUND: Table 's3tablescatalog/{lake.bucket}.usage.nope' does not exist"


@pytest.mark.parametrize("tail", ["DEFAULT VALUES", "SELECT 1 ON CONFLICT DO NOTHING"])
def test_other_engines_inserts_are_malformed(lake: Lake, target: str, tail: str) -> None:
    found = lake.query(f"INSERT INTO {target} {tail}")
    assert found.state == "FAILED"
    assert (found.reason or "").startswith("mismatched input in INSERT: ")


def test_a_commit_that_loses_a_race_is_tried_again(lake: Lake, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyiceberg.exceptions import CommitFailedException  # noqa: PLC0415 - half a second to import
    from pyiceberg.table import Table  # noqa: PLC0415

    appended, refusals = Table.append, [CommitFailedException("somebody was faster")] * 3

    def racing(table: Table, rows: Any) -> None:
        if refusals:
            raise refusals.pop()
        appended(table, rows)

    monkeypatch.setattr(Table, "append", racing)
    assert lake.query(f"INSERT INTO {target} SELECT * FROM {{table}}").reason is None
    assert content(lake, target) == WRITTEN
    refusals += [CommitFailedException("somebody was faster")] * 4
    lost = lake.query(f"INSERT INTO {target} SELECT * FROM {{table}}")
    assert lost.reason == "ICEBERG_COMMIT_ERROR: Failed to commit the transaction during insert: somebody was faster"
    assert content(lake, target) == WRITTEN
