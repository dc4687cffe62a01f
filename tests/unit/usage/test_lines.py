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


def test_a_line_is_measured_in_all_by_day_and_by_group() -> None:
    assert line_query(CALLS, SCOPE, TABLE) == (
        'SELECT\n  grouping("by_http_method", "by_status") AS all_groups,\n  grouping(day) AS all_days,\n'
        '  "by_http_method",\n  "by_status",\n  day,\n'
        '  count(value) AS "quantity_calls",\n  count(value) AS "events_calls"\n'
        'FROM (\nSELECT\n  date("request_time") AS day,\n  "request_time" AS moment,\n'
        '  "extended_request_id" AS key_0,\n  nullif("http_method", \'\') AS "by_http_method",\n'
        '  "status" AS "by_status",\n  CASE WHEN "billable" = TRUE THEN 1 END AS value\n'
        f"FROM (\n{_counted(['billable', 'http_method', 'status'])}) AS records\n{WHERE}) AS counted\n"
        'GROUP BY GROUPING SETS ((), (day), ("by_http_method", "by_status"), ("by_http_method", "by_status", day))\n'
        'ORDER BY all_groups DESC, "by_http_method" NULLS FIRST, "by_status" NULLS FIRST, all_days DESC, day'
    )


def test_a_meter_without_groups_has_none() -> None:
    query = line_query(replace(CALLS, group_by=()), SCOPE, TABLE)
    assert query.startswith("SELECT\n  1 AS all_groups,\n  grouping(day) AS all_days,\n  day,\n")
    assert query.endswith("GROUP BY GROUPING SETS ((), (day))\nORDER BY all_groups DESC, all_days DESC, day")


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


HEADER = ["all_groups", "all_days", "by_http_method", "by_status", "day", "quantity_calls", "events_calls"]
ROWS = [
    ["3", "1", "", "", "", "7.500", "3"],
    ["3", "0", "", "", "2026-02-03", "7.5", "2"],
    ["3", "0", "", "", "2026-02-28", "0", "1"],
    ["0", "1", "", "200", "", "2.5", "2"],
    ["0", "0", "", "200", "2026-02-03", "2.5", "1"],
    ["0", "0", "", "200", "2026-02-28", "0", "1"],
    ["0", "1", "GET", "200", "", "5", "1"],
    ["0", "0", "GET", "200", "2026-02-03", "5", "1"],
    ["0", "1", "GET", "404", "", "0", "1"],
    ["0", "0", "GET", "404", "2026-02-03", "0", "1"],
    ["0", "1", "PUT", "200", "", "0", "1"],
    ["0", "0", "PUT", "200", "2026-02-03", "0", "1"],
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
    LineGroup(Group((("http_method", "GET"), ("status", "404")), _quantity("0", 1)), {FIRST: _quantity("0", 1)}),
    LineGroup(Group((("http_method", "PUT"), ("status", "200")), _quantity("0", 1)), {FIRST: _quantity("0", 1)}),
)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
def test_an_answer_is_read_whole_but_for_the_smallest_of_too_many_groups(most: int) -> None:
    assert read_line(CALLS, HEADER, iter(ROWS), most_groups=most) == LineUsage(
        _quantity("7.5", 3), {FIRST: _quantity("7.5", 2), LAST: _quantity("0", 1)}, GROUPS[:most], max(4 - most, 0)
    )


def test_a_line_without_rows_is_nothing() -> None:
    [whole, *_] = ROWS
    found = read_line(CALLS, HEADER, [[*whole[:-2], "", "0"]], most_groups=9)
    assert found == LineUsage(NOTHING, {}, (), 0)


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (
            HEADER[1:],
            ROWS,
            "columns must be all_groups, all_days, by_http_method, by_status, day, quantity_calls, events_calls",
        ),
        (HEADER, [], "an answer must begin with the row of everything"),
        (HEADER, ROWS[3:], "an answer must begin with the row of everything"),
        (HEADER, [ROWS[0], *ROWS], "an answer must have one row of everything, got another one"),
        (HEADER, [ROWS[0][1:]], "row 1 must have 7 values, got 6"),
        (HEADER, [["x", *ROWS[0][1:]]], "column all_groups must hold a count, got 'x'"),
        (HEADER, [["3", "1", "", "", "", "", "2"]], "column quantity_calls must hold a number, made of 2 rows, got ''"),
        (
            HEADER,
            [["3", "1", "", "", "", "NaN", "2"]],
            "column quantity_calls must hold a number, made of 2 rows, got 'NaN'",
        ),
        (HEADER, [["3", "1", "", "", "", "1", ""]], "column events_calls must hold a count, got ''"),
        (HEADER, [ROWS[0], ["3", "0", "", "", "", "1", "1"]], "column day must hold a day, got ''"),
        (HEADER, [ROWS[0], ROWS[1], ROWS[1]], "the row of 2026-02-03 must follow that of all days, each day once"),
        (HEADER, [ROWS[1], ROWS[0]], "the row of 2026-02-03 must follow that of all days, each day once"),
        (HEADER, [ROWS[0], ROWS[3], ROWS[7]], "the row of 2026-02-03 must follow that of all days, each day once"),
    ],
)
def test_an_answer_that_is_damaged_is_refused(header: list[str], rows: list[list[str]], message: str) -> None:
    with pytest.raises(ResultError, match=message):
        read_line(CALLS, header, rows, most_groups=9)
