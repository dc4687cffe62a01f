"""What the saved queries answer: each over the same few rows, in a database that reads Athena's dialect translated."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot

from components._queries import QUERIES
from metering.records import API_REQUESTS, USAGE_EVENTS, RecordTable
from usage.evidence import key_hash

NOW = datetime.now(UTC)
DAY = NOW.date()
LATER = NOW + timedelta(hours=1)
COLUMNS = """extended_request_id VARCHAR, request_time TIMESTAMPTZ, ingested_at TIMESTAMPTZ, tenant_id VARCHAR,
"user" VARCHAR, status INTEGER, response_length BIGINT, response_latency_ms INTEGER, error_type VARCHAR,
http_method VARCHAR, resource_path VARCHAR, billable BOOLEAN"""
ROWS: list[tuple[Any, ...]] = [
    ("r1", NOW, NOW, "acme", "u1", 200, 10, 4, None, "GET", "/a", True),
    ("r1", NOW, NOW + timedelta(hours=1), "acme", "u1", 200, 10, 4, None, "GET", "/a", True),  # delivered again
    ("r2", NOW, NOW, "acme", "u2", 400, 7, 8, None, "GET", "/a", False),
    ("r3", NOW, NOW, "globex", "u3", 302, None, None, None, "POST", "/b", True),
    ("r4", NOW, NOW, None, None, 401, 26, 1, "UNAUTHORIZED", "GET", "/a", False),
    ("void", NOW, NOW, "acme", "u4", 500, 1000, 1000, None, "GET", "/a", False),
    ("old", NOW - timedelta(days=32), NOW, "acme", "u1", 200, 99, 99, None, "GET", "/a", True),
]


EVENT_COLUMNS = """tenant_id VARCHAR, source VARCHAR, id VARCHAR, type VARCHAR, time TIMESTAMPTZ,
ingested_at TIMESTAMPTZ, subject VARCHAR, data VARCHAR"""
EVENTS: list[tuple[Any, ...]] = [
    ("acme", "/s", "1", "tokens", NOW, NOW, None, '{"value":1}'),
    ("acme", "/s", "1", "tokens", NOW, LATER, None, '{"value":1}'),  # sent again as it was
    ("acme", "/s", "2", "tokens", NOW, NOW, "a", '{"value":1}'),
    ("acme", "/s", "2", "usage", NOW, LATER, "b", '{"value":2}'),  # sent again with something else in it
    ("globex", "/s", "2", "usage", NOW, NOW, None, None),  # the same source and id, of another tenant
    ("acme", "/s", "void", "tokens", NOW, NOW, None, '{"value":9}'),
    ("acme", "/s", "old", "tokens", NOW - timedelta(days=32), NOW, None, None),
]


def tombstones(made: duckdb.DuckDBPyConnection, records: RecordTable, *marks: tuple[list[str], datetime, str]) -> None:
    """Make the table of tombstones: of each a key, a time and an action."""
    made.execute(
        "CREATE TABLE v (record_table VARCHAR, key_hash VARCHAR, tenant_id VARCHAR, record_time TIMESTAMPTZ, "
        "voided_at TIMESTAMPTZ, action VARCHAR, action_id VARCHAR)"
    )
    rows = [(records.role, key_hash(key), "acme", NOW, time, action, "a") for key, time, action in marks]
    made.executemany("INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def answered(made: duckdb.DuckDBPyConnection, role: str) -> list[tuple[Any, ...]]:
    [query] = [query for query in QUERIES if query.role == role]
    [sql] = sqlglot.transpile(query.sql.format(table="t", tombstones="v"), read="athena", write="duckdb")
    # DuckDB's own hash is text, in lower case.
    return made.execute(sql.replace("TO_HEX(", "UPPER(").replace("TO_UTF8(", "ENCODE(")).fetchall()


@pytest.fixture(scope="module")
def events() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    made.execute(f"CREATE TABLE t ({EVENT_COLUMNS})")
    made.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(EVENTS[0]))})", EVENTS)  # noqa: S608
    void, again = ["acme", "/s", "void"], ["acme", "/s", "2"]
    tombstones(made, USAGE_EVENTS, (void, NOW, "void"), (again, NOW, "void"), (again, LATER, "unvoid"))
    return made


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    made.execute(f"CREATE TABLE t ({COLUMNS})")
    # The text holds nothing but question marks.
    made.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(ROWS[0]))})", ROWS)  # noqa: S608
    tombstones(made, API_REQUESTS, (["void"], NOW, "void"), (["r3"], NOW, "void"), (["r3"], LATER, "unvoid"))
    return made


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (
            "usage-by-tenant-and-day",
            [("acme", DAY, 2, 1, 2, 17), ("globex", DAY, 1, 1, 1, None), (None, DAY, 1, 0, 0, 26)],
        ),
        (
            "unbillable-by-reason",
            [(400, None, "GET", "/a", False, 1), (401, "UNAUTHORIZED", "GET", "/a", True, 1)],
        ),
        ("latency-by-route", [("GET", "/a", 3, 4, 8, 8)]),
        ("delivered-more-than-once", [("r1", NOW, 2)]),
    ],
)
def test_a_saved_query_counts_each_request_of_the_last_31_days_once(
    database: duckdb.DuckDBPyConnection, role: str, expected: list[tuple[Any, ...]]
) -> None:
    assert answered(database, role) == expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("events-by-tenant-type-and-day", [("acme", "tokens", DAY, 2), ("globex", "usage", DAY, 1)]),
        ("events-sent-again-with-other-data", [("acme", "/s", "2", NOW, 2, 2, 1, 2, 2)]),
    ],
)
def test_a_saved_query_over_events_takes_each_as_it_came_first(
    events: duckdb.DuckDBPyConnection, role: str, expected: list[tuple[Any, ...]]
) -> None:
    assert answered(events, role) == expected


def test_every_saved_query_is_here() -> None:
    assert {query.role for query in QUERIES} == {
        *("usage-by-tenant-and-day", "unbillable-by-reason", "latency-by-route", "delivered-more-than-once"),
        *("events-by-tenant-type-and-day", "events-sent-again-with-other-data"),
    }
