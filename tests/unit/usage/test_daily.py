"""Usage by day: the query's text, and answers read."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.bill import Quantity
from tests.unit.usage.usage_kit import BILLED, COUNTED, COUNTED_EVENTS, EVENTS, PERIOD, TABLE, event_meter, meter, named
from usage import largest
from usage.daily import DailyColumns, TenantDays, daily_query, read_daily
from usage.days import GroupDays, MeterDays
from usage.failure import QueryTextError, ResultError
from usage.queries import columns_read

METERS = named(
    meter("calls", filters=[BILLED], group_by=["status"]),
    meter("bytes", "sum", "response_length"),
)
HEADER = ["tenant_id", "level", "day", "by_status", "quantity_calls", "events_calls", "quantity_bytes", "events_bytes"]
WHOLE, DAY, GROUP, GROUP_DAY = "3", "1", "2", "0"
"""Levels: a bit for the day, then one for the status; set if the row does not tell them apart."""
FIRST, SECOND = date(2026, 2, 1), date(2026, 2, 2)
# ruff: noqa: S608 - nothing here comes from outside
QUERY = f"""SELECT
  tenant_id,
  grouping(day, "by_status") AS level,
  day,
  "by_status",
  count(value_0) AS "quantity_calls",
  count(value_0) AS "events_calls",
  CASE WHEN grouping(day, "by_status") IN (1, 3) THEN sum(CAST(value_1 AS decimal(38, 0))) END AS "quantity_bytes",
  CASE WHEN grouping(day, "by_status") IN (1, 3) THEN count(value_1) END AS "events_bytes"
FROM (
SELECT
  "tenant_id" AS tenant_id,
  date("request_time") AS day,
  "request_time" AS moment,
  "extended_request_id" AS key_0,
  "status" AS "by_status",
  CASE WHEN "billable" = TRUE THEN 1 END AS value_0,
  "response_length" AS value_1
FROM (
{COUNTED.sql(columns_read(METERS, TABLE))}) AS records
) AS counted
GROUP BY GROUPING SETS ((tenant_id), (tenant_id, day), (tenant_id, "by_status"), (tenant_id, day, "by_status"))
ORDER BY 1, 2 DESC, 3"""


def test_the_query() -> None:
    assert daily_query(METERS, COUNTED) == QUERY
    assert DailyColumns(METERS).names() == HEADER


def test_meters_of_events_read_their_data_and_need_no_dimension() -> None:
    meters = named(event_meter("tokens", "sum", "data.value"))
    query = daily_query(meters, COUNTED_EVENTS)
    assert query.startswith(
        "SELECT\n  tenant_id,\n  grouping(day) AS level,\n  day,\n  sum(CAST(value_0 AS decimal(38, 12)))"
    )
    assert f"FROM (\n{COUNTED_EVENTS.sql(columns_read(meters, EVENTS))}) AS records" in query
    assert query.endswith("GROUP BY GROUPING SETS ((tenant_id), (tenant_id, day))\nORDER BY 1, 2 DESC, 3")


def test_what_an_answer_does_not_tell_apart_is_one_group() -> None:
    query = daily_query(named(event_meter("tokens", group_by=["data.model", "subject"])), COUNTED_EVENTS)
    assert "  nullif(substr(json_extract_scalar(\"data\", '$.model'), 1, 256), '') AS \"by_data.model\",\n" in query
    assert '  nullif(substr("subject", 1, 256), \'\') AS "by_subject",\n' in query


def test_all_meters_are_of_the_table_that_is_read() -> None:
    with pytest.raises(QueryTextError, match="meter tokens must be of the table api-requests"):
        daily_query(named(event_meter("tokens")), COUNTED)


def row(level: str, day: str = "", status: str = "", calls: str = "0", **values: str) -> list[str]:
    known = {"tenant_id": "acme", "level": level, "day": day, "by_status": status}
    figures = {"quantity_calls": calls, "events_calls": calls, **values}
    return [{**known, **figures}.get(name, "") for name in HEADER]


def whole(level: str, day: str = "", *, calls: str = "0", total: str = "", **values: str) -> list[str]:
    return row(level, day, calls=calls, quantity_bytes=total, events_bytes="2" if total else "0", **values)


ROWS = [
    whole(WHOLE, calls="3", total="7.500000000"),
    row(GROUP, status="", calls="1"),
    row(GROUP, status="200", calls="2"),
    row(GROUP, status="404"),
    whole(DAY, "2026-02-01", calls="2", total="7.500000000"),
    whole(DAY, "2026-02-02", calls="1"),
    row(GROUP_DAY, "2026-02-01", "200", "2"),
    row(GROUP_DAY, "2026-02-02", "", "1"),
    row(GROUP_DAY, "2026-02-02", "404"),
]


def counted(number: int) -> Quantity:
    return Quantity(Decimal(number), number)


USAGE = TenantDays(
    "acme",
    {
        "calls": MeterDays(
            counted(3),
            {FIRST: counted(2), SECOND: counted(1)},
            (
                GroupDays((("status", "200"),), counted(2), {FIRST: counted(2)}),
                GroupDays((("status", None),), counted(1), {SECOND: counted(1)}),
            ),
        ),
        "bytes": MeterDays(Quantity(Decimal("7.5"), 2), {FIRST: Quantity(Decimal("7.5"), 2)}, ()),
    },
)


def read(*rows: list[str], header: list[str] = HEADER) -> list[TenantDays]:
    return list(read_daily(METERS, header, rows))


def test_an_answer_is_read_tenant_by_tenant() -> None:
    assert read(*ROWS, whole(WHOLE, tenant_id="b")) == [USAGE, TenantDays("b", {})]
    assert read() == []


def test_of_too_many_groups_the_largest_of_the_period_are_read_with_their_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largest, "MOST_GROUPS", 1)
    [found] = read(
        whole(WHOLE, calls="9"),
        *(row(GROUP, status=status, calls=calls) for status, calls in (("200", "2"), ("404", "4"), ("500", "3"))),
        *(row(GROUP_DAY, "2026-02-01", status, "2") for status in ("200", "404")),
        *(row(GROUP_DAY, "2026-02-02", status, calls) for status, calls in (("404", "2"), ("500", "3"))),
    )
    of_days = {FIRST: counted(2), SECOND: counted(2)}
    calls = MeterDays(counted(9), {}, (GroupDays((("status", "404"),), counted(4), of_days),), 2)
    assert found == TenantDays("acme", {"calls": calls})


def test_one_tenants_rows_are_held_at_a_time() -> None:
    taken: list[str] = []

    def endless() -> Iterator[list[str]]:
        for number in range(10**9):
            taken.append(f"{number:010}")
            yield whole(WHOLE, tenant_id=taken[-1])

    answer = read_daily(METERS, HEADER, endless())
    assert [next(answer).tenant_id for _ in range(3)] == taken[:3]
    assert len(taken) <= 4


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row(WHOLE)[:-1]], "row 1 must have 8 values, got 7"),
        ([whole(WHOLE, tenant_id="")], "rows must be ordered by tenant, got '' after None"),
        ([whole("4")], "level of tenant 'acme' must be one of its query's, in descending order, got 4"),
        ([whole(WHOLE, calls="x")], "column events_calls must hold a count, got 'x'"),
        ([whole(WHOLE, "2026-02-01")], "column day must hold nothing at this level, got '2026-02-01'"),
        ([whole(DAY, "2026-02-31")], "column day must hold a day at this level, got '2026-02-31'"),
        ([whole(DAY)], "column day must hold a day at this level, got ''"),
        ([whole(WHOLE, calls="1")] * 2, "calls of tenant 'acme' must be there once, got it again"),
        ([whole(DAY, "2026-02-01", calls="1")], "calls of tenant 'acme' must have a row of the whole period"),
        ([whole(DAY, "2026-02-01"), whole(WHOLE)], "must be one of its query's, in descending order, got 3"),
        (
            [whole(WHOLE, calls="1"), row(GROUP_DAY, "2026-02-01", "200", "1")],
            "calls of tenant 'acme' must have a row of the whole period wherever it has another",
        ),
        ([row(GROUP, status="200", calls="1")] * 2, "a group must be there once, got (('status', '200'),) again"),
        (
            [whole(WHOLE, calls="1"), *[whole(DAY, "2026-02-01", calls="1")] * 2],
            "calls of tenant 'acme' must be there once, got 2026-02-01 again",
        ),
        ([row(GROUP, status="200", calls="1")], "calls of tenant 'acme' must have a row of the whole period"),
    ],
)
def test_what_is_no_answer_is_refused(rows: list[list[str]], problem: str) -> None:
    with pytest.raises(ResultError) as refused:
        read(*rows)
    assert problem in str(refused.value)


def test_another_querys_columns_are_refused() -> None:
    with pytest.raises(ResultError, match="columns must be tenant_id, level, day, by_status, quantity_calls"):
        read(header=HEADER[:-1])


Records = list[tuple[str, int, str, bool, int | None]]
"""Tenant, day of the month, status, whether it is billed, and its number of bytes."""


def answered(records: Records) -> list[list[str]]:
    """Answer as the query is meant, level by level."""
    rows = []
    for level in (WHOLE, DAY, GROUP, GROUP_DAY):
        by_day, by_status = level in {DAY, GROUP_DAY}, level in {GROUP, GROUP_DAY}
        found: dict[tuple[str, str, str], Records] = {}
        for one in records:
            day = (PERIOD.first_day + timedelta(days=one[1])).isoformat() if by_day else ""
            found.setdefault((one[0], day, one[2] if by_status else ""), []).append(one)
        for (tenant_id, day, status), some in found.items():
            lengths = [one[4] for one in some if one[4] is not None]
            figures: dict[str, Any] = {"quantity_calls": sum(one[3] for one in some)}
            figures["events_calls"] = figures["quantity_calls"]
            if not by_status:
                figures |= {"quantity_bytes": sum(lengths) if lengths else "", "events_bytes": len(lengths)}
            values = {"tenant_id": tenant_id, "level": level, "day": day, "by_status": status, **figures}
            rows.append([str(values.get(name, "")) for name in HEADER])
    return sorted(rows, key=lambda values: (values[0], -int(values[1]), values[2:]))


@given(
    records=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.integers(0, 27),
            st.sampled_from(["200", "404", ""]),
            st.booleans(),
            st.none() | st.integers(-(10**18), 10**18),
        ),
        max_size=30,
    )
)
def test_the_days_of_counts_and_sums_add_up_to_the_whole(records: Records) -> None:
    found = read(*answered(records))
    assert [usage.tenant_id for usage in found] == sorted({one[0] for one in records})
    for usage in found:
        own = [one for one in records if one[0] == usage.tenant_id]
        calls, lengths = usage.meters.get("calls"), usage.meters.get("bytes")
        assert (calls.quantity.value if calls else 0) == sum(one[3] for one in own)
        assert (lengths.quantity.value if lengths else 0) == sum(one[4] or 0 for one in own)
        for days in usage.meters.values():
            series: list[MeterDays | GroupDays] = [days, *days.groups]
            for one in series:
                assert sum(quantity.value for quantity in one.by_day.values()) == one.quantity.value
                assert sum(quantity.events for quantity in one.by_day.values()) == one.quantity.events
            if days.groups:
                assert sum(group.quantity.value for group in days.groups) == days.quantity.value
