"""Usage events as Athena counts them: beside plain Python over random deliveries, and case by case."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from embedded_aws.server import EmbeddedAws
from metering.records import USAGE_EVENTS
from rating.bill import Group, Quantity
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.event_kit import (
    CUTOFF,
    FOREVER,
    METERS,
    NOVEMBER,
    OCTOBER,
    TENANTS,
    WINDOW_DAYS,
    deliveries,
    event,
    plain,
)
from tests.embedded.plain_usage import Row
from tests.embedded.usage_kit import answer, make_table, make_tombstones
from usage.counted import Counted
from usage.daily import daily_query, read_daily
from usage.evidence import digest_of
from usage.queries import late_tenants_query, period_query
from usage.results import LateTenant, TenantUsage, read_late_tenants, read_usage
from usage.spans import Span, span_queries
from usage.sql import TableName

RANDOM = deliveries(500)
MIDDLE = date(2026, 10, 15)
CASES = [
    # A retry across midnight, and one across the end of the month, each with a time of its own.
    event("midnight", "a", "2026-10-14T23:59:59.999", "5"),
    event("midnight", "a", "2026-10-15T00:00:02", "5"),
    event("month's end", "a", "2026-10-31T23:59:59.999", "5"),
    event("month's end", "a", "2026-11-01T00:00:02", "5"),
    event("month's end", "b", "2026-11-01T00:00:02", "7", ingested_at=datetime(2026, 11, 1, 0, 0, 2, tzinfo=UTC)),
    event("month's end", "b", "2026-10-31T23:59:59", "7", ingested_at=datetime(2026, 11, 1, 0, 0, 3, tzinfo=UTC)),
    # The same source and id of two tenants; the same text of key in other parts.
    event("one", "same", "2026-10-10T00:00:00", "1"),
    event("two", "same", "2026-10-10T00:00:01", "2"),
    event("two", "ame", "2026-10-10T00:00:02", "4", source="/apps"),
    # A duplicate just inside the window, and one just outside of it, before and after the month.
    event("before, inside", "a", "2026-09-28T00:00:00", "5"),
    event("before, inside", "a", "2026-10-02T00:00:00", "5"),
    event("before, outside", "a", "2026-09-27T23:59:59.999999", "5"),
    event("before, outside", "a", "2026-10-02T00:00:00", "5"),
    event("after, inside", "a", "2026-11-03T23:59:59.999999", "5", ingested_at=datetime(2026, 10, 1, tzinfo=UTC)),
    event("after, inside", "a", "2026-10-02T00:00:00", "5"),
    event("after, outside", "a", "2026-11-04T00:00:00", "5", ingested_at=datetime(2026, 10, 1, tzinfo=UTC)),
    event("after, outside", "a", "2026-10-02T00:00:00", "5"),
    # Decimals, of which no digit is lost.
    *(
        event("exact", f"{number}", "2026-10-10T00:00:00", value)
        for number, value in enumerate(("0.1", "0.2", "0.000000000001", "123456789012345", '"999999999999999.5"'))
    ),
    # Delivered again with something else in it, with nothing else in it, and with it after the cutoff.
    event("differing", "data", "2026-10-10T00:00:00", "1"),
    event("differing", "data", "2026-10-10T00:00:00", "2", ingested_at=datetime(2026, 10, 11, tzinfo=UTC)),
    event("differing", "data", "2026-10-10T00:00:00", "3", ingested_at=datetime(2026, 10, 12, tzinfo=UTC)),
    event("differing", "type", "2026-10-10T00:00:00", "4"),
    event("differing", "type", "2026-10-10T00:00:01", "4", type="com.example.other"),
    event("differing", "subject", "2026-10-10T00:00:00", "8"),
    event("differing", "subject", "2026-10-10T00:00:00", "8", subject=""),
    event("differing", "same", "2026-10-10T00:00:00", "16"),
    event("differing", "same", "2026-10-10T00:00:00", "16", ingested_at=datetime(2026, 10, 12, tzinfo=UTC)),
    event("differing", "later", "2026-10-10T00:00:00", "32"),
    event("differing", "later", "2026-10-10T00:00:00", "33", ingested_at=FOREVER - timedelta(days=1)),
]


@pytest.fixture(scope="module")
def table(aws: EmbeddedAws) -> tuple[Lake, TableName]:
    lake = Lake.make(aws, "events")
    name = make_table(lake, USAGE_EVENTS)
    lake.append([*RANDOM, *CASES], name)
    catalog, tombstones = f"s3tablescatalog/{lake.bucket}", make_tombstones(lake)
    return lake, TableName(catalog, lake.namespace, name, USAGE_EVENTS.role, tombstones=tombstones)


@pytest.fixture(scope="module")
def months(table: tuple[Lake, TableName]) -> dict[Period, list[TenantUsage]]:
    """What was used in each of two months, as of a day long after them."""
    lake, name = table
    asked = {
        period: period_query(METERS, Counted(name, period, FOREVER, WINDOW_DAYS)) for period in (OCTOBER, NOVEMBER)
    }
    return {period: list(read_usage(METERS, *answer(lake, query))) for period, query in asked.items()}


def tokens(months: dict[Period, list[TenantUsage]], tenant_id: str) -> list[str]:
    """A tenant's tokens in both months."""
    found = {period: {usage.tenant_id: usage.segments[0] for usage in months[period]} for period in months}
    return [
        str(of_month[tenant_id].quantities["tokens"].value) if tenant_id in of_month else "nothing"
        for of_month in found.values()
    ]


@pytest.mark.parametrize("period", [OCTOBER, NOVEMBER], ids=str)
def test_a_month_of_events_is_measured_as_the_meters_say(
    months: dict[Period, list[TenantUsage]], period: Period
) -> None:
    assert months[period] == plain(period, FOREVER).measured([*RANDOM, *CASES])


def test_events_are_measured_as_of_a_cutoff_in_spans(table: tuple[Lake, TableName]) -> None:
    lake, name = table
    spans = [
        span
        for tenant in sorted(TENANTS)
        for span in (Span(tenant, 0, OCTOBER.first_day, MIDDLE), Span(tenant, 1, MIDDLE, OCTOBER.end_day))
    ]
    [(query, asked)] = span_queries(METERS, spans, CUTOFF, name, WINDOW_DAYS)
    assert asked == tuple(spans)
    assert list(read_usage(METERS, *answer(lake, query))) == plain(OCTOBER, CUTOFF).measured(RANDOM, spans)


def test_events_are_late_whose_first_delivery_is(table: tuple[Lake, TableName]) -> None:
    lake, name = table
    rows = [*RANDOM, *CASES]
    late = [row for row in plain(OCTOBER, FOREVER).counted(rows) if row["ingested_at"] >= CUTOFF]
    counts = Counter(row["tenant_id"] for row in late)
    query = late_tenants_query(Counted(name, OCTOBER, FOREVER, WINDOW_DAYS), CUTOFF)
    assert list(read_late_tenants(*answer(lake, query))) == [LateTenant(*one) for one in sorted(counts.items())]
    again = {_key(row) for row in rows if row["ingested_at"] >= CUTOFF}
    in_time = {_key(row) for row in plain(OCTOBER, CUTOFF).counted(rows)}
    assert min(len(counts), len(again & in_time)) > 0


def test_by_day_events_have_the_groups_of_the_month(
    table: tuple[Lake, TableName], months: dict[Period, list[TenantUsage]]
) -> None:
    """An empty text and none at all, which an answer does not tell apart, are one group in both."""
    lake, name = table
    query = daily_query(METERS, Counted(name, OCTOBER, FOREVER, WINDOW_DAYS))
    for by_day, of_month in zip(read_daily(METERS, *answer(lake, query)), months[OCTOBER], strict=True):
        found = {
            meter: {group.dimensions: group.quantity for group in days.groups} for meter, days in by_day.meters.items()
        }
        groups = of_month.segments[0].groups.items()
        expected = {meter: {group.dimensions: group.quantity for group in of_meter} for meter, of_meter in groups}
        assert (by_day.tenant_id, found) == (of_month.tenant_id, {meter: expected.get(meter, {}) for meter in found})


@pytest.mark.parametrize(
    ("tenant_id", "expected"),
    [
        ("midnight", ["5", "nothing"]),
        ("month's end", ["5", "7"]),
        ("one", ["1", "nothing"]),
        ("two", ["6", "nothing"]),
        ("before, inside", ["nothing", "nothing"]),
        ("before, outside", ["5", "nothing"]),
        ("after, inside", ["nothing", "5"]),
        ("after, outside", ["5", "5"]),
        ("exact", ["1123456789012344.800000000001", "nothing"]),
    ],
)
def test_an_event_is_billed_once_and_to_its_last_digit(
    months: dict[Period, list[TenantUsage]], tenant_id: str, expected: list[str]
) -> None:
    assert tokens(months, tenant_id) == expected


def test_a_retry_after_midnight_is_of_the_first_ones_day(months: dict[Period, list[TenantUsage]]) -> None:
    [evidence] = [usage.evidence[0] for usage in months[OCTOBER] if usage.tenant_id == "midnight"]
    assert evidence.rows_per_day == {date(2026, 10, 14): 1}
    assert evidence.digest == digest_of([("midnight", "/app", "a")])


@pytest.mark.parametrize(("cutoff", "differing"), [(CUTOFF, 3), (FOREVER, 4)], ids=["cutoff", "forever"])
def test_the_first_delivery_counts_and_those_that_differ_are_told(
    table: tuple[Lake, TableName], cutoff: datetime, differing: int
) -> None:
    lake, name = table
    span = Span("differing", 0, OCTOBER.first_day, OCTOBER.end_day)
    [(query, _)] = span_queries(METERS, [span], cutoff, name, WINDOW_DAYS)
    [usage] = read_usage(METERS, *answer(lake, query))
    assert usage.evidence[0].differing == differing
    assert usage.segments[0].quantities["tokens"] == Quantity(Decimal(1 + 4 + 8 + 16 + 32), 5)
    assert usage.segments[0].groups["tokens"] == (
        Group((("data.model", "small"),), Quantity(Decimal(1 + 4 + 8 + 16 + 32), 5)),
    )


def test_the_deliveries_hold_every_case() -> None:
    """Else the comparisons above would prove little."""
    by_key: dict[tuple[str, ...], list[Row]] = {}
    for row in RANDOM:
        by_key.setdefault(_key(row), []).append(row)
    of_both_months = [rows for rows in by_key.values() if len({Period.of(row["time"]) for row in rows}) > 1]
    of_tenants = Counter((source, key) for _, source, key in by_key)
    found = plain(OCTOBER, FOREVER).measured(RANDOM)
    assert min(len(of_both_months), max(of_tenants.values()) - 1) > 0
    assert min(usage.evidence[0].differing for usage in found) > 0
    assert [usage.tenant_id for usage in found] == sorted(TENANTS)
    assert all(quantity.events for quantity in found[0].segments[0].quantities.values())


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[column] for column in USAGE_EVENTS.key)
