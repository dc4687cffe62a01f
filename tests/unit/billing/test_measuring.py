"""Usage of spans by several tables: joined tenant by tenant, and read no further than it is asked for."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.lake import Answer
from billing.measuring import Measured, span_usages
from metering.records import TABLES
from rating.bill import NOTHING, Group, Quantity
from rating.catalog import parse_catalog
from rating.period import Period
from tests.unit.billing.world import CATALOG, METER
from usage.columns import UsageColumns
from usage.failure import ResultError
from usage.spans import Span
from usage.sql import TableName

EVENTS = {**METER, "table": "usage-events", "event_type": "com.example.usage", "group_by": ["data.model"]}
BOTH = parse_catalog({**CATALOG, "meters": {"api_calls": METER, "events": EVENTS}}, TABLES)
NOVEMBER = Period(2026, 11)
CUTOFF = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = " ".join(["1"] + ["0"] * 29)


class TwoTables:
    """A lake that answers for the tenants who made calls, and for those who sent events."""

    def __init__(self, calls: Iterable[str], events: Iterable[str]) -> None:
        self._calls, self._events = calls, events
        self.taken: list[str] = []

    def tables(self) -> list[TableName]:
        return [TableName("catalog", "database", role, role, tombstones="voids") for role in TABLES]

    def ask(self, sql: str) -> Callable[[], Answer]:
        return lambda: self.query(sql)

    def query(self, sql: str) -> Answer:
        is_events = "com.example.usage" in sql
        meters = {name: meter for name, meter in BOTH.meters.items() if (meter.event_type is not None) == is_events}
        rows = self._rows_of_events() if is_events else self._rows_of_calls()
        return Answer("events" if is_events else "calls", UsageColumns(meters).names(NOVEMBER), rows)

    def _rows_of_calls(self) -> Iterator[list[str]]:
        for tenant_id in self._calls:
            self.taken.append(tenant_id)
            yield [tenant_id, "0", "0", "2", "2", DAYS, "0 0 0 0 1", "0"]

    def _rows_of_events(self) -> Iterator[list[str]]:
        for tenant_id in self._events:
            yield [tenant_id, "0", "0", "m", "3", "3", "", "", ""]
            yield [tenant_id, "0", "1", "", "3", "3", DAYS, "0 0 0 0 1", "1"]


def measured(lake: TwoTables, tenants: Iterable[str]) -> Iterator[Measured]:
    spans = [Span(tenant_id, 0, NOVEMBER.first_day, NOVEMBER.end_day) for tenant_id in tenants]
    return span_usages(lake, BOTH, spans, CUTOFF)


def test_a_tenants_usage_is_that_of_both_tables_and_who_has_none_is_told_so() -> None:
    found = list(measured(TwoTables(["a", "b"], ["b", "d"]), ["a", "b", "c", "d"]))
    assert [(one.tenant_id, one.query_ids) for one in found] == [(name, ("calls", "events")) for name in "abcd"]
    calls, events = Quantity(Decimal(2), 2), Quantity(Decimal(3), 3)
    quantities = [
        None if one.usage is None else (one.usage.segments[0].rows, dict(one.usage.segments[0].quantities))
        for one in found
    ]
    assert quantities == [
        (1, {"api_calls": calls, "events": NOTHING}),
        (2, {"api_calls": calls, "events": events}),
        None,
        (1, {"api_calls": NOTHING, "events": events}),
    ]
    both = found[1].usage
    assert both
    assert both.segments[0].groups == {"events": (Group((("data.model", "m"),), events),)}
    assert (both.evidence[0].rows_per_day, both.evidence[0].differing) == ({date(2026, 11, 1): 2}, 1)


def test_no_more_is_read_than_what_is_asked_for() -> None:
    tenants = [f"t{number:04}" for number in range(1000)]
    lake = TwoTables(tenants, [])
    answers = measured(lake, tenants)
    assert [next(answers).tenant_id for _ in range(3)] == tenants[:3]
    assert len(lake.taken) <= 6


def test_a_tenant_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(ResultError, match=r"^rows must be of the tenants that were asked for, got 'x'$"):
        list(measured(TwoTables(["a", "x"], []), ["a", "b"]))
