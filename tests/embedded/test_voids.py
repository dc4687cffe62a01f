"""Tombstones through the embedded Athena: what does not count, and what makes it so and undoes it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from metering.records import API_REQUESTS, USAGE_EVENTS
from metering.tombstone import UNVOID, VOID
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.plain_usage import Row
from tests.embedded.promises_kit import sent
from tests.embedded.usage_kit import (
    CUTOFF,
    DAYS,
    METERS,
    PERIOD,
    TENANTS,
    answer,
    first_deliveries,
    make_table,
    make_tombstones,
    measured,
    requests,
)
from usage import sql
from usage.counted import Counted
from usage.daily import daily_query, read_daily
from usage.evidence import key_hash
from usage.explained import Explained, Reason, explain_query, read_explained
from usage.queries import late_tenants_query, period_query, voided_tenants_query
from usage.results import read_late_tenants, read_usage
from usage.selection import Selection
from usage.spans import Span, span_queries
from usage.sql import TableName
from usage.voids import PREVIEW_COLUMNS, preview_query, unvoid_query, void_query

FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
WINDOW_DAYS = 35
ROWS = requests(300, seed=6)
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


def tombstone(row: Row, voided_at: datetime, action: str) -> dict[str, Any]:
    key = key_hash([row[name] for name in API_REQUESTS.key])
    told = {"record_table": API_REQUESTS.role, "key_hash": key, "tenant_id": row["tenant_id"]}
    time = {"record_time": row["request_time"], "voided_at": voided_at}
    return {**told, **time, "action": action, "action_id": "chosen"}


def some_tombstones() -> list[dict[str, Any]]:
    """Of every second record none to four, at few moments before, at and after the cutoff: some are at once."""
    chosen = random.Random(8)  # noqa: S311 - no secret
    moments = [CUTOFF + timedelta(days=days) for days in (-20, -3, 0, 1)]
    rows = {row["extended_request_id"]: row for row in ROWS if row["tenant_id"] and chosen.random() < 0.5}
    return [
        tombstone(row, chosen.choice(moments), chosen.choice((VOID, UNVOID)))
        for row in rows.values()
        for _ in range(chosen.randrange(5))
    ]


STONES = some_tombstones()


def counting(cutoff: datetime) -> list[Row]:
    """The rows whose records are not void by the plain meaning of tombstones."""
    latest: dict[str, tuple[datetime, bool]] = {}
    for stone in STONES:
        if stone["voided_at"] < cutoff:
            state = (stone["voided_at"], stone["action"] == VOID)
            latest[stone["key_hash"]] = max(state, latest.get(stone["key_hash"], state))
    void = {key for key, (_, is_void) in latest.items() if is_void}
    return [row for row in ROWS if key_hash([row["extended_request_id"]]) not in void]


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "voids")
    made.append(ROWS, make_table(made))
    made.append(EVENTS, make_table(made, USAGE_EVENTS))
    made.append(STONES, make_tombstones(made))
    return made


@pytest.fixture(scope="module")
def table(lake: Lake) -> TableName:
    return TableName(f"s3tablescatalog/{lake.bucket}", lake.namespace, "api_requests", tombstones="usage_tombstones")


@pytest.fixture(scope="module")
def events(table: TableName) -> TableName:
    return replace(table, name="usage_events", role=USAGE_EVENTS.role)


@pytest.mark.parametrize("cutoff", [CUTOFF, FOREVER], ids=["cutoff", "forever"])
def test_void_records_count_in_no_aggregate(lake: Lake, table: TableName, cutoff: datetime) -> None:
    left, counted = counting(cutoff), Counted(table, PERIOD, cutoff, 0)
    assert 0.5 < len(left) / len(ROWS) < 0.9
    found = list(read_usage(METERS, *answer(lake, period_query(METERS, counted))))
    assert found == measured(left, cutoff) != measured(ROWS, cutoff)
    days = {one.tenant_id: one.meters for one in read_daily(METERS, *answer(lake, daily_query(METERS, counted)))}
    whole = {one.tenant_id: one.segments[0].quantities for one in found}
    for tenant_id, quantities in whole.items():
        by_day = days[tenant_id]
        assert {name: by_day[name].quantity for name in by_day} == {
            name: quantity for name, quantity in quantities.items() if quantity.events
        }
    spans = [Span(tenant_id, 0, DAYS[2], DAYS[4]) for tenant_id in sorted(whole)]
    [(query, _)] = span_queries(METERS, spans, cutoff, table, 0)
    assert list(read_usage(METERS, *answer(lake, query))) == measured(left, cutoff, spans)


def test_late_are_tenants_with_rows_or_tombstones_that_came_since(lake: Lake, table: TableName) -> None:
    since, counted = CUTOFF - timedelta(days=3), Counted(table, PERIOD, CUTOFF, 0)
    late = [row["tenant_id"] for row in first_deliveries(counting(CUTOFF), CUTOFF) if row["ingested_at"] >= since]
    late += [one["tenant_id"] for one in of_period() if since <= one["voided_at"] < CUTOFF]
    found = {one.tenant_id: one.rows for one in read_late_tenants(*answer(lake, late_tenants_query(counted, since)))}
    assert found == {tenant: late.count(tenant) for tenant in set(late)}
    voided = [one["tenant_id"] for one in of_period() if one["voided_at"] < CUTOFF]
    found = {
        one.tenant_id: one.rows for one in read_late_tenants(*answer(lake, voided_tenants_query(table, PERIOD, CUTOFF)))
    }
    assert found == {tenant: voided.count(tenant) for tenant in set(voided)}


def of_period() -> list[dict[str, Any]]:
    return [stone for stone in STONES if PERIOD.start <= stone["record_time"] < PERIOD.end]


@pytest.mark.parametrize("tenant_id", [tenant for tenant in TENANTS[:2] if tenant])
def test_how_a_tenants_requests_came_about(lake: Lake, table: TableName, tenant_id: str) -> None:
    since = CUTOFF - timedelta(days=3)
    query = explain_query(Counted(table, PERIOD, CUTOFF, 0), tenant_id, since)
    told = read_explained(table, *answer(lake, query))
    own = [row for row in ROWS if row["tenant_id"] == tenant_id]
    every, count = first_deliveries(own, CUTOFF), counting(CUTOFF)
    counted = first_deliveries([row for row in own if row in count], CUTOFF)
    keys = {row["extended_request_id"] for row in every}
    reasons = Counter(
        Reason(str(row["status"]), row.get("error_type"), row["http_method"], row["resource_path"])
        for row in counted
        if not row["billable"]
    )
    assert told == Explained(
        deliveries=sum(row["extended_request_id"] in keys and row["ingested_at"] < CUTOFF for row in own),
        records=len(every),
        void=len(every) - len(counted),
        late=sum(row["ingested_at"] >= since for row in counted),
        billable=sum(row["billable"] for row in counted),
        unbillable=reasons,
    )
    assert min(told.duplicates, told.void, told.billable, len(told.unbillable)) > 0


def test_how_a_tenants_events_came_about(lake: Lake, events: TableName) -> None:
    told = read_explained(events, *answer(lake, explain_query(Counted(events, OCTOBER, FOREVER, WINDOW_DAYS), "t")))
    assert told == Explained(deliveries=5, records=3, differing=2, by_type={"com.example.tokens": 3})


class Operator:
    """Makes events void, each action a second after the one before."""

    def __init__(self, lake: Lake, table: TableName) -> None:
        self.lake, self.table = lake, table
        self.now = datetime(2026, 12, 1, tzinfo=UTC)

    def act(self, action: str, selection: Selection, action_id: str = "a") -> list[list[str]]:
        """Do it, and return what the preview told of it beforehand: tenant, day, records."""
        self.now += timedelta(seconds=1)
        header, told = answer(
            self.lake,
            preview_query(self.table, selection, as_of=self.now, action=action, window_days=WINDOW_DAYS),
        )
        assert header == list(PREVIEW_COLUMNS)
        self.lake.rows(self.query(action, selection, action_id))
        assert self.stones() == sum(int(row[2]) for row in told)
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
    assert operator.act(VOID, by_keys("one", "o'ver")) == []
    assert len(operator.act(VOID, by_keys("two"), "twice")) == 2
    lake.rows(operator.query(VOID, by_keys("two"), "twice"))  # as when it is not known whether it was done
    assert operator.stones() == 2
    lake.append([sent("t", "one", "2026-10-10T10:00:00", "1", arrived="2026-12-24T00:00:00")], "usage_events")
    assert operator.counted(OCTOBER) == ["other one"]
    assert operator.act(UNVOID, Selection(action_id="keys")) == told
    assert operator.counted(OCTOBER) == ["other one", "t o'ver", "t one"]
    assert operator.act(UNVOID, Selection(action_id="keys")) == []
    assert operator.act(UNVOID, by_keys("two", "one")) == [["t", "2026-10-10", "1"], ["t", "2026-10-11", "1"]]
    assert operator.counted(OCTOBER) == ALL


def test_a_tenants_range_is_made_void_as_its_bill_counts_it(operator: Operator) -> None:
    start, end = moments("2026-10-10T12:00:00", "2026-11-01T00:00:01")
    selection = Selection(tenant_id="t", start=start, end=end)
    assert operator.act(VOID, selection, "range") == [["t", "2026-10-10", "1"], ["t", "2026-10-31", "1"]]
    assert operator.counted(OCTOBER) == ["other one", "t one"]
    assert operator.act(VOID, selection) == []
    # By the next month's days alone, nothing: the retry in them is of the older record.
    assert operator.act(UNVOID, replace(selection, start=end, end=end + timedelta(days=1))) == []
    assert operator.act(UNVOID, replace(selection, action_id="other")) == []
    assert operator.act(UNVOID, replace(selection, action_id="range")) != []
    assert operator.counted(OCTOBER) == ALL
    november = Selection(tenant_id="t", start=end - timedelta(seconds=1), end=end + timedelta(days=1))
    assert operator.act(VOID, november) == [], "the record is of October, whatever the retry says"


def test_what_is_a_record_of_its_own_is_void_by_itself(operator: Operator) -> None:
    september = Period(2026, 9)
    assert (operator.counted(september), operator.counted(NOVEMBER)) == (["t far"], ["t far"])
    start, end = moments("2026-11-06T00:00:00", "2026-11-07T00:00:00")
    assert operator.act(VOID, Selection(tenant_id="t", start=start, end=end)) == [["t", "2026-11-06", "1"]]
    assert (operator.counted(september), operator.counted(NOVEMBER)) == (["t far"], [])
    assert operator.act(VOID, by_keys("far")) == [["t", "2026-09-15", "1"]], "all that the key stands for"
    assert (operator.counted(september), operator.counted(NOVEMBER)) == ([], [])
    assert operator.act(UNVOID, by_keys("far", start=start, end=end)) == [["t", "2026-11-06", "1"]]
    assert (operator.counted(september), operator.counted(NOVEMBER)) == ([], ["t far"])


def test_a_void_of_one_table_is_none_of_another(lake: Lake, table: TableName) -> None:
    """Keys of two tables may have the same hash."""
    other = replace(table, role=USAGE_EVENTS.role, name="usage_events")
    key = ROWS[0]["extended_request_id"]
    stones = {**tombstone({**ROWS[0], "tenant_id": "x"}, CUTOFF, VOID), "record_table": other.role}
    lake.append([stones], "usage_tombstones")
    query = Counted(table, Period.of(ROWS[0]["request_time"]), FOREVER, 0).between.sql(with_void=True)
    told = f"SELECT count(*) FROM (\n{query}) AS r WHERE is_void AND extended_request_id = '{key}'"  # noqa: S608
    expected = ROWS[0]["tenant_id"] is not None and ROWS[0] not in counting(FOREVER)
    assert lake.rows(told) == [[str(int(expected))]]
