"""Days beside tenants: read no further than the tenant that is asked for, from all tables at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from billing.lake import Answer
from billing.rollup_days import Days
from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog
from rating.period import Period
from tests.unit.billing.world import CATALOG, METER
from usage.daily import DailyColumns
from usage.sql import TableName

EVENTS = {**METER, "table": "usage-events", "event_type": "com.example.usage"}
BOTH = parse_catalog({**CATALOG, "meters": {"api_calls": METER, "events": EVENTS}}, TABLES)
NOVEMBER = Period(2026, 11)
CUTOFF = datetime(2026, 11, 16, tzinfo=UTC)
FIRST = [{"day": "2026-11-01", "quantity": "1"}]
FIGURES = {"quantity": "1", "events": 1, "by_day": FIRST, "by_dimension": [], "dimensions_omitted": 0}


class Endless:
    """A lake of two tables: each tenant made a call, each second one sent an event; `taken` are those read."""

    def __init__(self, catalog: Catalog = BOTH) -> None:
        self._catalog = catalog
        self.taken: list[str] = []
        self.asked: list[str] = []

    def tables(self) -> list[TableName]:
        return [TableName("catalog", "database", role, role, tombstones="voids") for role in TABLES]

    def ask(self, sql: str) -> Callable[[], Answer]:
        self.asked.append(sql)
        is_events = "com.example.usage" in sql
        meters = {
            name: meter for name, meter in self._catalog.meters.items() if (meter.event_type is not None) == is_events
        }
        return lambda: Answer("q", DailyColumns(meters).names(), self._rows(step=2 if is_events else 1))

    def query(self, sql: str) -> Answer:
        return self.ask(sql)()

    def _rows(self, step: int) -> Iterator[list[str]]:
        for number in range(0, 10**9, step):
            tenant_id = f"t{number:09}"
            self.taken.append(tenant_id)
            yield [tenant_id, "1", "", "1", "1"]
            yield [tenant_id, "0", "2026-11-01", "1", "1"]


def test_both_tables_are_asked_before_any_answer_is_read() -> None:
    lake = Endless()
    Days(lake, BOTH, NOVEMBER, CUTOFF)
    assert (len(lake.asked), lake.taken) == (2, [])


def test_a_tenants_days_are_those_of_all_tables() -> None:
    days = Days(Endless(), BOTH, NOVEMBER, CUTOFF)
    assert days.of("t000000000") == {"api_calls": FIGURES, "events": FIGURES}
    assert days.of("t000000001") == {"api_calls": FIGURES}


def test_no_more_is_read_than_what_is_asked_for() -> None:
    lake = Endless()
    days = Days(lake, BOTH, NOVEMBER, CUTOFF)
    for number in range(100):
        days.of(f"t{number:09}")
    assert max(lake.taken) <= "t000000104"
    assert days._held == {}


def test_who_comes_later_is_held_until_then_and_who_has_no_days_has_none() -> None:
    days = Days(Endless(), BOTH, NOVEMBER, CUTOFF)
    assert days.of("t000000003x") == {}
    assert [days.of(f"t{number:09}") for number in (2, 1)] == [
        {"api_calls": FIGURES, "events": FIGURES},
        {"api_calls": FIGURES},
    ]
    assert set(days._held) == {"t000000000", "t000000003"}
    assert days.of("t000000002") == {}  # each is asked for once
