"""What the lake is asked, and how its answers are read. That the SQL means it, `tests/embedded` shows."""

import pytest

from billing.lake import Answer
from metering.records import API_REQUESTS, USAGE_EVENTS
from reconciliation.hours import Window
from reconciliation.queries import ArrivedRows, arrived_query, belonging_query, read_arrived, read_belonging
from tests.unit.reconciliation.world import at
from usage.failure import ResultError
from usage.sql import TableName

WINDOW = Window(at("05T10:00"), at("05T12:00"))
REQUESTS = TableName("c", "d", "r", API_REQUESTS.role, tombstones="t")
EVENTS = TableName("c", "d", "e", USAGE_EVENTS.role, tombstones="t")


def test_rows_that_arrived_are_asked_for_by_key_and_arrival_within_the_window() -> None:
    hour = """date_diff('hour', TIMESTAMP '2026-10-05 10:00:00.000000 UTC', "ingested_at")"""
    assert arrived_query(EVENTS, WINDOW) == (
        "SELECT hour, sum(deliveries) AS deliveries, count(*) AS keys, sum(arrivals) AS arrivals\n"
        'FROM (\nSELECT hour, "tenant_id", "source", "id", sum(deliveries) AS deliveries, count(*) AS arrivals\n'
        f'FROM (\nSELECT {hour} AS hour, "tenant_id", "source", "id", "ingested_at", count(*) AS deliveries\n'
        'FROM "c"."d"."e"\n'
        "WHERE \"ingested_at\" >= TIMESTAMP '2026-10-05 10:00:00.000000 UTC' "
        "AND \"ingested_at\" < TIMESTAMP '2026-10-05 12:00:00.000000 UTC'\n"
        f'GROUP BY {hour}, "tenant_id", "source", "id", "ingested_at") AS arrived\n'
        'GROUP BY hour, "tenant_id", "source", "id") AS records\nGROUP BY hour\n'
    )


def test_records_that_belong_are_asked_for_by_their_own_time_on_which_the_table_is_partitioned() -> None:
    hour = """date_diff('hour', TIMESTAMP '2026-10-05 10:00:00.000000 UTC', "request_time")"""
    assert belonging_query(REQUESTS, WINDOW, {}) == (
        "SELECT hour, count(*) AS keys\nFROM (\n"
        f'SELECT {hour} AS hour, "extended_request_id", count(*) AS deliveries\nFROM "c"."d"."r"\n'
        "WHERE \"request_time\" >= TIMESTAMP '2026-10-05 10:00:00.000000 UTC' "
        "AND \"request_time\" < TIMESTAMP '2026-10-05 12:00:00.000000 UTC'\n"
        f'GROUP BY {hour}, "extended_request_id") AS records\nGROUP BY hour\n'
    )


def test_of_what_is_counted_are_the_rows_with_these_values_alone() -> None:
    until = "\"request_time\" < TIMESTAMP '2026-10-05 12:00:00.000000 UTC'"
    asked = belonging_query(REQUESTS, WINDOW, {"api_id": "a1", "stage": "it's"})
    assert f"{until} AND \"api_id\" = 'a1' AND \"stage\" = 'it''s'\nGROUP BY" in asked


def answer(names: str, *rows: str) -> Answer:
    return Answer("q1", names.split(), iter([row.split() for row in rows]))


ARRIVED, BELONGING = "hour deliveries keys arrivals", "hour keys"


def test_answers_are_read_by_hour() -> None:
    rows = answer(ARRIVED, "1 10 7 9", "0 1 1 1")
    assert read_arrived(rows, WINDOW) == {1: ArrivedRows(10, 7, 1), 0: ArrivedRows(1, 1, 0)}
    assert read_arrived(answer(ARRIVED), WINDOW) == {}
    assert read_belonging(answer(BELONGING, "1 10"), WINDOW) == {1: 10}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (answer("hour rows"), "columns must be hour, keys, got ['hour', 'rows']"),
        (answer(BELONGING, "0"), "a row must be whole numbers, got ['0']"),
        (answer(BELONGING, "0 x"), "a row must be whole numbers, got ['0', 'x']"),
        (answer(BELONGING, "0 1", "0 1"), "each hour must be of the window, and once, got ['0', '1']"),
        (answer(BELONGING, "2 1"), "each hour must be of the window, and once, got ['2', '1']"),
        (answer(BELONGING, "-1 1"), "each hour must be of the window, and once, got ['-1', '1']"),
    ],
)
def test_an_answer_to_another_question_is_an_error(found: Answer, message: str) -> None:
    with pytest.raises(ResultError) as caught:
        read_belonging(found, WINDOW)
    assert str(caught.value) == f"query q1: {message}"
