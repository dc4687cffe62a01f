"""The reconciler's SQL beside plain Python, over random deliveries of both tables."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.lake import Answer
from embedded_aws.server import EmbeddedAws
from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS, RecordTable
from reconciliation.hours import HOUR, Window, hour_of
from reconciliation.queries import ArrivedRows, arrived_query, belonging_query, read_arrived, read_belonging
from tests.embedded.athena_kit import Lake
from tests.embedded.plain_usage import Row
from tests.embedded.usage_kit import answer, make_table
from usage.sql import TableName

WINDOW = Window(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 26, 3, tzinfo=UTC))
"""Two midnights, and the night in which Europe's clocks are put back."""
KEYS = ("a", "b", "c'é", "ab", "租户-😀", "d", "e")
CHOSEN = {API_REQUESTS.role: ("api_id", "stage"), USAGE_EVENTS.role: ("type",)}
"""Columns by whose values rows are chosen; where they may, some rows have none."""


def deliveries(table: RecordTable, number: int, seed: int) -> list[Row]:
    """Deliveries at the turns of hours and within them, before, in and after the window; some of them twice."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    rows: list[Row] = []
    optional = {column.name for column in table.columns if not column.required}
    for _ in range(number):
        turn = WINDOW.start + chosen.randrange(-2, len(WINDOW) + 2) * HOUR
        offsets = [timedelta(), -timedelta(microseconds=1), timedelta(milliseconds=1), timedelta(minutes=30)]
        time, arrived = turn + chosen.choice(offsets), turn + chosen.choice([*offsets, timedelta(hours=30)])
        plain = {"int": 200, "long": 1, "boolean": True, "timestamptz": time}
        row = {column.name: plain.get(column.type, chosen.choice(KEYS)) for column in table.columns}
        if chosen.random() < 0.1:
            row |= {column: None for column in CHOSEN[table.role] if column in optional}
        rows += [{**row, table.time: time, table.ingested_at: arrived}] * chosen.choice((1, 1, 1, 2, 3))
    return rows


def hours(rows: list[Row], column: str) -> dict[int, list[Row]]:
    """The rows of the window by the place of their hour in it."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        if WINDOW.start <= row[column] < WINDOW.end:
            found.setdefault((hour_of(row[column]) - WINDOW.start) // HOUR, []).append(row)
    return found


@pytest.mark.parametrize("role", TABLES)
def test_hours_are_counted_as_plain_python_counts_them(aws: EmbeddedAws, role: str) -> None:
    table, lake = TABLES[role], Lake.make(aws, f"hours-{role}")
    name = TableName(f"s3tablescatalog/{lake.bucket}", lake.namespace, make_table(lake, table), role, tombstones="none")
    rows = deliveries(table, 600, seed=len(role))
    for start in range(0, len(rows), 200):  # several commits, so that a key's deliveries lie in several files
        lake.append(rows[start : start + 200], name.name)

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in table.key)

    arrived = {}
    for hour, found in hours(rows, table.ingested_at).items():
        distinct = Counter((key(row), row[table.ingested_at]) for row in found)
        arrived[hour] = ArrivedRows(len(found), len({key(row) for row in found}), len(found) - len(distinct))
    belonging = {hour: len({key(row) for row in found}) for hour, found in hours(rows, table.time).items()}
    assert read_arrived(asked(lake, arrived_query(name, WINDOW)), WINDOW) == arrived
    assert read_belonging(asked(lake, belonging_query(name, WINDOW, {})), WINDOW) == belonging
    chosen = dict.fromkeys(CHOSEN[role], KEYS[2])
    some = [row for row in rows if all(row[column] == value for column, value in chosen.items())]
    counted = {hour: len({key(row) for row in found}) for hour, found in hours(some, table.time).items()}
    assert read_belonging(asked(lake, belonging_query(name, WINDOW, chosen)), WINDOW) == counted
    assert 0 < sum(counted.values()) < sum(belonging.values())
    assert any(found.duplicates for found in arrived.values())
    assert sum(found.keys for found in arrived.values()) < sum(found.rows for found in arrived.values())


def asked(lake: Lake, sql: str) -> Answer:
    header, rows = answer(lake, sql)
    return Answer("q", header, iter(rows))
