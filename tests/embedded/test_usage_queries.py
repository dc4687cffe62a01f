"""Usage as Athena answers it, beside the same measured in plain Python over the same rows."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake
from tests.embedded.usage_kit import (
    CUTOFF,
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
from usage.counted import Counted
from usage.queries import late_tenants_query, period_query
from usage.results import LateTenant, read_late_tenants, read_usage
from usage.spans import Span, span_queries
from usage.sql import TableName

ROWS = requests(700)
MIDDLE = date(2026, 10, 15)
FOREVER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "usage")
    made.append(ROWS, make_table(made))
    make_tombstones(made)
    return made


@pytest.fixture(scope="module")
def table(lake: Lake) -> TableName:
    return TableName(f"s3tablescatalog/{lake.bucket}", lake.namespace, "api_requests", tombstones="usage_tombstones")


@pytest.mark.parametrize("cutoff", [CUTOFF, FOREVER], ids=["cutoff", "forever"])
def test_a_period_is_measured_as_the_meters_say(lake: Lake, table: TableName, cutoff: datetime) -> None:
    found = list(read_usage(METERS, *answer(lake, period_query(METERS, Counted(table, PERIOD, cutoff, 35)))))
    assert found == measured(ROWS, cutoff)
    assert len(found) == len(TENANTS) - 1


def test_spans_are_measured_as_if_each_were_a_period_of_its_own(lake: Lake, table: TableName) -> None:
    tenants = sorted(tenant for tenant in TENANTS if tenant)
    halves = [
        span
        for tenant in tenants[1:]
        for span in (Span(tenant, 0, PERIOD.first_day, MIDDLE), Span(tenant, 1, MIDDLE, PERIOD.end_day))
    ]
    spans = [Span(tenants[0], 3, MIDDLE, PERIOD.end_day), *halves]
    [(query, asked)] = span_queries(METERS, spans, CUTOFF, table, 35)
    assert asked == tuple(spans)
    assert list(read_usage(METERS, *answer(lake, query))) == measured(ROWS, CUTOFF, spans)


def test_late_is_what_had_not_come_before_the_bill(lake: Lake, table: TableName) -> None:
    on_time = {row["extended_request_id"] for row in first_deliveries(ROWS, CUTOFF)}
    late = [row for row in first_deliveries(ROWS, FOREVER) if row["extended_request_id"] not in on_time]
    counts = Counter(row["tenant_id"] for row in late)
    found = list(read_late_tenants(*answer(lake, late_tenants_query(Counted(table, PERIOD, FOREVER, 35), CUTOFF))))
    assert found == [LateTenant(tenant, rows) for tenant, rows in sorted(counts.items())]
    assert found


def test_the_rows_hold_every_case() -> None:
    """Else the comparisons above would prove little."""
    deliveries = Counter(row["extended_request_id"] for row in ROWS)
    first = {row["extended_request_id"]: row for row in sorted(ROWS, key=lambda row: row["ingested_at"], reverse=True)}
    again_late = [
        row for row in ROWS if row["ingested_at"] >= CUTOFF > first[row["extended_request_id"]]["ingested_at"]
    ]
    of_other_months = [row for row in ROWS if not PERIOD.start <= row["request_time"] < PERIOD.end]
    assert min(max(deliveries.values()) - 2, len(again_late), len(of_other_months)) >= 1
    assert {row["tenant_id"] for row in ROWS} == set(TENANTS)
