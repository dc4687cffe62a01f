"""The queries behind a line of a bill, and how their answers are read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from rating.bill import NOTHING, Group, Quantity
from tests.unit.usage.usage_kit import BILLED, CUTOFF, TABLE, meter
from usage.counted import Counted
from usage.failure import QueryTextError, ResultError
from usage.lines import LineGroup, LineScope, LineUsage, line_query, read_line, rows_query

SCOPE = LineScope("o'brien", date(2026, 2, 3), date(2026, 3, 1), CUTOFF, 35)
CALLS = meter("calls", filters=[BILLED], group_by=["http_method", "status"])
OWN = "JOIN (VALUES (1)) AS own (one) ON records.\"tenant_id\" = 'o''brien'\n"
WHERE = (
    "WHERE \"request_time\" >= TIMESTAMP '2026-02-03 00:00:00.000000 UTC'"
    " AND \"request_time\" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'\n"
    '  AND CASE WHEN "billable" = TRUE THEN 1 END IS NOT NULL\n'
)


def _counted(reads: Sequence[str]) -> str:
    return Counted(TABLE, SCOPE.counted(TABLE).period, CUTOFF, 35).sql(reads, tenants=OWN)


def _largest(names: str, same: str, order: str, parts: str) -> str:
    """The query that leaves out the smaller groups, around the one that measures."""
    shown = f'all_groups,\n  all_days,\n  {names}day,\n  "quantity_calls",\n  "events_calls"'
    of_group = f'max(CASE WHEN all_days <> 0 THEN "quantity_calls" END) OVER (PARTITION BY all_groups{same})'
    place = f"dense_rank() OVER (PARTITION BY all_groups ORDER BY of_group DESC{order})"
    number = "max(CASE WHEN all_groups = 0 THEN place ELSE 0 END) OVER ()"
    return (
        f"SELECT\n  {shown},\n  groups\nFROM (\n"
        f"SELECT\n  {shown},\n  place,\n  {number} AS groups\nFROM (\n"
        f"SELECT\n  {shown},\n  {place} AS place\nFROM (\n"
        f"SELECT\n  {shown},\n  {of_group} AS of_group\nFROM (\n"
        f"{parts}) AS parts\n) AS sized\n) AS placed\n) AS numbered\n"
        "WHERE all_groups <> 0 OR place <= 1000\nORDER BY all_groups DESC, place, all_days DESC, day"
    )


def test_a_line_is_measured_in_all_by_day_and_by_group() -> None:
    assert line_query(CALLS, SCOPE, TABLE) == _largest(
        '"by_http_method",\n  "by_status",\n  ',
        ', "by_http_method", "by_status"',
        ', "by_http_method" NULLS FIRST, "by_status" NULLS FIRST',
        'SELECT\n  grouping("by_http_method", "by_status") AS all_groups,\n  grouping(day) AS all_days,\n'
        '  "by_http_method",\n  "by_status",\n  day,\n'
        '  count(value) AS "quantity_calls",\n  count(value) AS "events_calls"\n'
        'FROM (\nSELECT\n  date("request_time") AS day,\n  "request_time" AS moment,\n'
        '  "extended_request_id" AS key_0,\n  nullif(substr("http_method", 1, 256), \'\') AS "by_http_method",\n'
        '  "status" AS "by_status",\n  CASE WHEN "billable" = TRUE THEN 1 END AS value\n'
        f"FROM (\n{_counted(['billable', 'http_method', 'status'])}) AS records\n{WHERE}) AS counted\n"
        'GROUP BY GROUPING SETS ((), (day), ("by_http_method", "by_status"), ("by_http_method", "by_status", day))\n',
    )


def test_a_meter_without_groups_has_none() -> None:
    assert line_query(replace(CALLS, group_by=()), SCOPE, TABLE) == _largest(
        "",
        "",
        "",
        "SELECT\n  1 AS all_groups,\n  grouping(day) AS all_days,\n  day,\n"
        '  count(value) AS "quantity_calls",\n  count(value) AS "events_calls"\n'
        'FROM (\nSELECT\n  date("request_time") AS day,\n  "request_time" AS moment,\n'
        '  "extended_request_id" AS key_0,\n  CASE WHEN "billable" = TRUE THEN 1 END AS value\n'
        f"FROM (\n{_counted(['billable'])}) AS records\n{WHERE}) AS counted\n"
        "GROUP BY GROUPING SETS ((), (day))\n",
    )


def test_the_latest_is_that_of_the_last_row_in_time() -> None:
    query = line_query(meter("last", "latest", "response_length"), SCOPE, TABLE)
    assert 'max_by(value, CASE WHEN value IS NOT NULL THEN ROW(moment, key_0) END) AS "quantity_last"' in query


def test_rows_are_whole_records_in_the_order_of_time_and_key() -> None:
    names = [column.name for column in TABLE.records.columns]
    listed = ",\n  ".join(f'"{name}"' for name in names)
    assert rows_query(CALLS, SCOPE, TABLE) == (
        f"SELECT\n  {listed}\nFROM (\n{_counted(names)}) AS records\n{WHERE}"
        'ORDER BY "request_time", "extended_request_id"'
    )


@pytest.mark.parametrize("make", [line_query, rows_query])
@pytest.mark.parametrize(
    ("scope", "table", "message"),
    [
        (SCOPE, replace(TABLE, role="usage-events"), "meter calls must be of the table usage-events that is read"),
        (replace(SCOPE, end=date(2026, 3, 2)), TABLE, "days of a line must be of one month, got 2026-02-03 to 2026-03"),
        (replace(SCOPE, end=SCOPE.start), TABLE, "days of a line must be of one month"),
        (replace(SCOPE, cutoff=datetime(2026, 3, 3)), TABLE, "moment must have a time zone"),  # noqa: DTZ001
    ],
)
def test_a_query_that_would_mean_nothing_is_not_made(
    make: object, scope: LineScope, table: object, message: str
) -> None:
    with pytest.raises(QueryTextError, match=message):
        make(CALLS, scope, table)  # type: ignore[operator]


HEADER = ["all_groups", "all_days", "by_http_method", "by_status", "day", "quantity_calls", "events_calls", "groups"]
ROWS = [
    ["3", "1", "", "", "", "7.500", "3", "9"],
    ["3", "0", "", "", "2026-02-03", "7.5", "2", "9"],
    ["3", "0", "", "", "2026-02-28", "0", "1", "9"],
    ["0", "1", "GET", "200", "", "5", "1", "9"],
    ["0", "0", "GET", "200", "2026-02-03", "5", "1", "9"],
    ["0", "1", "", "200", "", "2.5", "2", "9"],
    ["0", "0", "", "200", "2026-02-03", "2.5", "1", "9"],
    ["0", "0", "", "200", "2026-02-28", "0", "1", "9"],
]
FIRST, LAST = date(2026, 2, 3), date(2026, 2, 28)


def _quantity(text: str, events: int) -> Quantity:
    return Quantity(Decimal(text), events)


GROUPS = (
    LineGroup(Group((("http_method", "GET"), ("status", "200")), _quantity("5", 1)), {FIRST: _quantity("5", 1)}),
    LineGroup(
        Group((("http_method", None), ("status", "200")), _quantity("2.5", 2)),
        {FIRST: _quantity("2.5", 1), LAST: _quantity("0", 1)},
    ),
)


def test_an_answer_is_read_whole() -> None:
    assert read_line(CALLS, HEADER, iter(ROWS)) == LineUsage(
        _quantity("7.5", 3), {FIRST: _quantity("7.5", 2), LAST: _quantity("0", 1)}, GROUPS, 7
    )


def test_a_line_without_rows_is_nothing() -> None:
    assert read_line(CALLS, HEADER, [["3", "1", "", "", "", "", "0", "0"]]) == LineUsage(NOTHING, {}, (), 0)


BEGINNING = "an answer must have one row of everything, at its beginning"
FOLLOW = "the row of 2026-02-03 must follow that of all days, each day once"


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (HEADER[1:], ROWS, f"columns must be {', '.join(HEADER)}, got all_days"),
        (HEADER, [], BEGINNING),
        (HEADER, ROWS[3:], BEGINNING),
        (HEADER, [ROWS[3], ROWS[0]], BEGINNING),
        (HEADER, [ROWS[0], ROWS[0]], BEGINNING),
        (HEADER, [ROWS[0][1:]], "row 1 must have 8 values, got 7"),
        (HEADER, [["x", *ROWS[0][1:]]], "column all_groups must hold a count, got 'x'"),
        (HEADER, [["3", "1", "", "", "", "", "2", "0"]], "column quantity_calls must hold a number, made of 2 rows"),
        (HEADER, [["3", "1", "", "", "", "NaN", "2", "0"]], "column quantity_calls must hold a number, made of 2 rows"),
        (HEADER, [["3", "1", "", "", "", "1", "", "0"]], "column events_calls must hold a count, got ''"),
        (HEADER, [["3", "1", "", "", "", "1", "1", ""]], "column groups must hold a count, got ''"),
        (HEADER, [[*ROWS[0][:-1], "1"], ROWS[3], ROWS[5]], "column groups must hold how many there are, at least 2"),
        (HEADER, [ROWS[0], ["3", "0", "", "", "", "1", "1", "0"]], "column day must hold a day, got ''"),
        (HEADER, [ROWS[0], ROWS[1], ROWS[1]], FOLLOW),
        (HEADER, [ROWS[1], ROWS[0]], FOLLOW),
        (HEADER, [ROWS[0], ROWS[3], ROWS[6]], FOLLOW),
    ],
)
def test_an_answer_that_is_damaged_is_refused(header: list[str], rows: list[list[str]], message: str) -> None:
    with pytest.raises(ResultError, match=message):
        read_line(CALLS, header, rows)
