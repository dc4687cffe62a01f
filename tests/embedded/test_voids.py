"""What makes records void, and undoes it, through the embedded Athena's INSERT."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from metering.records import USAGE_EVENTS
from metering.tombstone import UNVOID, VOID
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.promises_kit import sent
from tests.embedded.usage_kit import answer, make_table, make_tombstones
from usage import sql
from usage.counted import Counted
from usage.explained import Explained, explain_query, read_explained
from usage.selection import Selection
from usage.sql import TableName
from usage.voids import PREVIEW_COLUMNS, preview_query, unvoid_query, void_query

pytestmark = pytest.mark.soak

FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
WINDOW_DAYS = 35
OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)
EVENTS = [
    sent("t", "one", "2026-10-10T10:00:00", "1"),
    sent("t", "two", "2026-10-10T23:59:59", "2"),
    sent("t", "two", "2026-10-11T00:00:01", "2", arrived="2026-10-12T00:00:00"),
    sent("t", "o'ver", "2026-10-31T23:59:59", "4"),
    sent("t", "o'ver", "2026-11-01T00:00:01", "4"),  # a retry, dated in the next month
    sent("t", "far", "2026-09-15T00:00:00", "8"),
    sent("t", "far", "2026-11-06T00:00:00", "8"),  # so far away from the other that it is a record of its own
    sent("other", "one", "2026-10-10T10:00:00", "1"),
]


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "voids")
    made.append(EVENTS, make_table(made, USAGE_EVENTS))
    make_tombstones(made)
    return made


@pytest.fixture(scope="module")
def events(lake: Lake) -> TableName:
    catalog = f"s3tablescatalog/{lake.bucket}"
    return TableName(catalog, lake.namespace, "usage_events", USAGE_EVENTS.role, tombstones="usage_tombstones")


class Operator:
    """Makes events void, each action a second after the one before."""

    def __init__(self, lake: Lake, table: TableName) -> None:
        self.lake, self.table = lake, table
        self.now = datetime(2026, 12, 1, tzinfo=UTC)

    def would(self, action: str, selection: Selection) -> list[list[str]]:
        """What a preview tells: tenant, day, records."""
        self.now += timedelta(seconds=1)
        told = {"as_of": self.now, "action": action, "window_days": WINDOW_DAYS}
        header, rows = answer(self.lake, preview_query(self.table, selection, **told))  # type: ignore[arg-type]
        assert header == list(PREVIEW_COLUMNS)
        return rows

    def act(self, action: str, selection: Selection, action_id: str = "a") -> list[list[str]]:
        """Do it, and return what a preview told of it beforehand."""
        told = self.would(action, selection)
        self.lake.rows(self.query(action, selection, action_id))
        return told

    def query(self, action: str, selection: Selection, action_id: str) -> str:
        told = {"voided_at": self.now, "action_id": action_id}
        if action == VOID:
            return void_query(self.table, selection, **told, window_days=WINDOW_DAYS)  # type: ignore[arg-type]
        return unvoid_query(self.table, selection, **told)  # type: ignore[arg-type]

    def stones(self) -> int:
        """How many tombstones the last action made."""
        at = f"voided_at = {sql.moment(self.now)}"
        [[count]] = self.lake.rows(f"SELECT count(*) FROM {self.table.tombstones_table} WHERE {at}")  # noqa: S608
        return int(count or 0)

    def counted(self, period: Period, cutoff: datetime = FOREVER) -> list[str]:
        """The events of a month that count, as tenant and id."""
        query = Counted(self.table, period, cutoff, WINDOW_DAYS).sql()
        found = self.lake.rows(f"SELECT tenant_id, id FROM (\n{query}) AS records ORDER BY tenant_id, id")  # noqa: S608
        return [f"{tenant} {key}" for tenant, key in found]


@pytest.fixture(scope="module")
def operator(lake: Lake, events: TableName) -> Operator:
    return Operator(lake, events)


def by_keys(*names: str, **more: Any) -> Selection:
    return Selection(keys=tuple(("t", "/app", name) for name in names), **more)


def moments(*texts: str) -> Sequence[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]


ALL = ["other one", "t o'ver", "t one", "t two"]


def test_keys_are_made_void_and_count_again(lake: Lake, operator: Operator) -> None:
    assert operator.counted(OCTOBER) == ALL
    told = operator.act(VOID, by_keys("one", "o'ver", "unknown"), "keys")
    # A key whose deliveries are of two days has a tombstone on each.
    assert told == [["t", "2026-10-10", "1"], ["t", "2026-10-31", "1"], ["t", "2026-11-01", "1"]]
    assert (operator.counted(OCTOBER), operator.counted(OCTOBER, operator.now)) == (["other one", "t two"], ALL)
    assert operator.stones() == 3
    assert operator.would(VOID, by_keys("one", "o'ver")) == []
    assert len(operator.act(VOID, by_keys("two"), "twice")) == 2
    lake.rows(operator.query(VOID, by_keys("two"), "twice"))  # as when it is not known whether it was done
    assert operator.stones() == 2, "the same time adds nothing"
    lake.append([sent("t", "one", "2026-10-10T10:00:00", "1", arrived="2026-12-24T00:00:00")], "usage_events")
    assert operator.counted(OCTOBER) == ["other one"]
    assert operator.act(UNVOID, Selection(action_id="keys")) == told
    assert operator.would(UNVOID, Selection(action_id="keys")) == []
    assert operator.act(UNVOID, by_keys("two", "one")) == [["t", "2026-10-10", "1"], ["t", "2026-10-11", "1"]]
    assert operator.counted(OCTOBER) == ALL


def test_a_tenants_range_is_made_void_as_its_bill_counts_it(operator: Operator) -> None:
    start, end = moments("2026-10-10T12:00:00", "2026-11-01T00:00:01")
    selection = Selection(tenant_id="t", start=start, end=end)
    assert operator.act(VOID, selection, "range") == [["t", "2026-10-10", "1"], ["t", "2026-10-31", "1"]]
    assert operator.counted(OCTOBER) == ["other one", "t one"]
    assert operator.would(VOID, selection) == []
    # By the next month's days alone, nothing: the retry in them is of the older record.
    assert operator.would(UNVOID, replace(selection, start=end, end=end + timedelta(days=1))) == []
    assert operator.would(UNVOID, replace(selection, action_id="other")) == []
    assert operator.act(UNVOID, replace(selection, action_id="range")) != []
    assert operator.counted(OCTOBER) == ALL
    november = Selection(tenant_id="t", start=end - timedelta(seconds=1), end=end + timedelta(days=1))
    assert operator.would(VOID, november) == [], "the record is of October, whatever the retry says"


def test_what_is_a_record_of_its_own_is_void_by_itself(operator: Operator) -> None:
    september = Period(2026, 9)
    assert (operator.counted(september), operator.counted(NOVEMBER)) == (["t far"], ["t far"])
    start, end = moments("2026-11-06T00:00:00", "2026-11-07T00:00:00")
    assert operator.act(VOID, Selection(tenant_id="t", start=start, end=end)) == [["t", "2026-11-06", "1"]]
    assert (operator.counted(september), operator.counted(NOVEMBER)) == (["t far"], [])
    assert operator.act(VOID, by_keys("far")) == [["t", "2026-09-15", "1"]], "all that the key stands for"
    assert operator.counted(september) == []
    assert operator.act(UNVOID, by_keys("far", start=start, end=end)) == [["t", "2026-11-06", "1"]]
    assert operator.counted(NOVEMBER) == ["t far"]


def test_how_a_tenants_events_came_about(lake: Lake, events: TableName) -> None:
    told = read_explained(events, *answer(lake, explain_query(Counted(events, OCTOBER, FOREVER, WINDOW_DAYS), "t")))
    assert told == Explained(deliveries=6, records=3, differing=2, by_type={"com.example.tokens": 3})
