"""What does not count, by the plain meaning of tombstones: random ones of random requests, in every aggregate."""

import random
from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from metering.records import API_REQUESTS, USAGE_EVENTS
from metering.tombstone import UNVOID, VOID
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.plain_usage import Row
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
from tools.lake import Lake as ToolsLake
from tools.outputs import StackOutputs
from usage.counted import Counted
from usage.daily import daily_query, read_daily
from usage.evidence import key_hash
from usage.explained import Explained, Reason, explain_query, read_explained
from usage.queries import late_tenants_query, period_query, voided_tenants_query
from usage.results import read_late_tenants, read_usage
from usage.spans import Span, span_queries
from usage.sql import TableName

FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
ROWS = requests(200, seed=6)


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
    made = Lake.make(aws, "void-usage")
    made.append(ROWS, make_table(made))
    made.append(STONES, make_tombstones(made))
    return made


@pytest.fixture(scope="module")
def table(lake: Lake) -> TableName:
    return TableName(f"s3tablescatalog/{lake.bucket}", lake.namespace, "api_requests", tombstones="usage_tombstones")


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


def test_the_tools_count_rows_as_they_are_and_usage_without_what_is_void(lake: Lake) -> None:
    texts = dict.fromkeys((field.name for field in fields(StackOutputs)), "")
    names = {"table_name": "api_requests", "usage_events_table_name": "usage_events"}
    place = {"athena_catalog": f"s3tablescatalog/{lake.bucket}", "database_name": lake.namespace}
    place |= {"table_bucket_arn": lake.bucket_arn, "athena_workgroup": lake.workgroup, "endpoint_url": lake.aws.url}
    tools = ToolsLake(StackOutputs(**{**texts, **names, **place, "tombstones_table_name": "usage_tombstones"}))
    left = first_deliveries(counting(CUTOFF), CUTOFF)
    billable = Counter(row["tenant_id"] for row in left if row["billable"])
    assert tools.billable(PERIOD.start, PERIOD.end, CUTOFF) == {
        row["tenant_id"]: billable[row["tenant_id"]] for row in left
    }
    hour_before = PERIOD.start - timedelta(hours=1)
    assert tools.count(None, PERIOD.start).rows == sum(row["request_time"] >= hour_before for row in ROWS)
    short = {row["extended_request_id"] for row in ROWS if (row["response_length"] or 0) < 2**60}
    counted = {row["extended_request_id"]: row["tenant_id"] for row in counting(FOREVER)}
    used = Counter(tenant for key, tenant in counted.items() if key in short)
    found = tools.usage(sorted(short), PERIOD.previous.start)
    assert {one.tenant: one.requests for one in found} == used


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
