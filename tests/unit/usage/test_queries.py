from datetime import UTC, datetime

import pytest

from rating.catalog.filters import Filter
from tests.unit.usage.usage_kit import BILLED, CUTOFF, PERIOD, TABLE, meter, named
from usage import measures
from usage.columns import UsageColumns
from usage.failure import QueryTextError
from usage.queries import late_tenants_query, period_query

METERS = named(
    meter("calls", filters=[BILLED], group_by=["status"]),
    meter("bytes", "sum", "response_length"),
)
# ruff: noqa: S608 - nothing here comes from outside
DAYS = ", ".join(f"count_if(day = DATE '2026-02-{day:02}')" for day in range(1, 29))
SUMS = ", ".join(
    f"CAST(sum(CAST(from_base(substr(key_hash, {first}, {digits}), 16) AS decimal(38, 0))) AS varchar)"
    for first, digits in ((1, 4), (5, 15), (20, 15), (35, 15), (50, 15))
)
QUERY = f"""SELECT
  tenant_id,
  segment,
  grouping("by_status") AS level,
  "by_status",
  count(value_0) AS "quantity_calls",
  count(value_0) AS "events_calls",
  CASE WHEN grouping("by_status") IN (1) THEN sum(CAST(value_1 AS decimal(38, 0))) END AS "quantity_bytes",
  CASE WHEN grouping("by_status") IN (1) THEN count(value_1) END AS "events_bytes",
  CASE WHEN grouping("by_status") IN (1) THEN array_join(ARRAY[{DAYS}], ' ') END AS "rows_per_day_of_2026-02",
  CASE WHEN grouping("by_status") IN (1) THEN array_join(ARRAY[{SUMS}], ' ') END AS "key_sums"
FROM (
SELECT
  "tenant_id" AS tenant_id,
  segment,
  date("request_time") AS day,
  "request_time" AS moment,
  "extended_request_id" AS key_0,
  to_hex(sha256(to_utf8(concat(CAST(length("extended_request_id") AS varchar), ':', "extended_request_id")))) \
AS key_hash,
  "status" AS "by_status",
  CASE WHEN "billable" = TRUE THEN 1 END AS value_0,
  "response_length" AS value_1
FROM (
SELECT
  records."extended_request_id",
  records."request_time",
  records."ingested_at",
  records."tenant_id",
  records."billable",
  records."status",
  records."response_length",
  0 AS segment,
  row_number() OVER (PARTITION BY records."extended_request_id" ORDER BY records."ingested_at", \
records."request_time", records."tenant_id", records."billable", records."status", records."response_length") \
AS delivery
FROM "s3tablescatalog/lake"."metering"."api_requests" AS records
WHERE records."request_time" >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC' \
AND records."request_time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'
  AND records."ingested_at" < TIMESTAMP '2026-03-03 06:00:00.000000 UTC' AND records."tenant_id" IS NOT NULL
) AS deliveries
WHERE delivery = 1
) AS counted
GROUP BY GROUPING SETS ((tenant_id, segment), (tenant_id, segment, "by_status"))
ORDER BY 1, 2, 3"""
LATE = """SELECT
  "tenant_id" AS tenant_id,
  count(*) AS "rows"
FROM (
SELECT
  records."extended_request_id",
  records."ingested_at",
  records."tenant_id",
  row_number() OVER (PARTITION BY records."extended_request_id" ORDER BY records."ingested_at", records."tenant_id") \
AS delivery
FROM "s3tablescatalog/lake"."metering"."api_requests" AS records
WHERE records."request_time" >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC' \
AND records."request_time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'
  AND records."ingested_at" < TIMESTAMP '2026-03-03 06:00:00.000000 UTC' AND records."tenant_id" IS NOT NULL
) AS deliveries
WHERE delivery = 1 AND "ingested_at" >= TIMESTAMP '2026-03-02 00:00:00.000000 UTC'
GROUP BY "tenant_id"
ORDER BY 1"""


def test_a_period_is_one_scan() -> None:
    assert period_query(METERS, PERIOD, CUTOFF, TABLE) == QUERY


def test_late_rows_are_one_scan() -> None:
    assert late_tenants_query(PERIOD, datetime(2026, 3, 2, tzinfo=UTC), CUTOFF, TABLE) == LATE


def test_without_dimensions_nothing_is_grouped_further() -> None:
    query = period_query(named(meter("calls")), PERIOD, CUTOFF, TABLE)
    assert query.endswith("\nGROUP BY tenant_id, segment\nORDER BY 1, 2, 3")
    assert ("grouping(" in query, "CASE" in query) == (False, False)


def test_a_meter_of_another_table_is_refused() -> None:
    with pytest.raises(
        QueryTextError, match=r"^meter seats must be of the table api-requests that is read, got events$"
    ):
        period_query(named(meter("seats", table="events")), PERIOD, CUTOFF, TABLE)


def test_a_cutoff_without_a_time_zone_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"^moment must have a time zone"):
        period_query(METERS, PERIOD, datetime(2026, 3, 3), TABLE)  # noqa: DTZ001 - that is the fault


def test_a_sum_of_no_exact_numbers_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"got one of type boolean$"):
        period_query(named(meter("odd", "sum", "billable")), PERIOD, CUTOFF, TABLE)


def test_a_level_has_a_bit_for_each_dimension_that_it_does_not_tell_apart() -> None:
    calls, users = meter("calls", group_by=["status", "user"]), meter("users", group_by=["user"])
    columns = UsageColumns(named(calls, users, meter("plain")))
    assert columns.dimensions == ("status", "user")
    assert columns.levels == {0b11: (), 0b00: ("status", "user"), 0b10: ("user",)}


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Filter("user", "equals", ("o'b",)), "\"user\" = 'o''b'"),
        (Filter("user", "not_equals", ("a",)), "\"user\" IS DISTINCT FROM 'a'"),
        (Filter("user", "in", ("a", "b")), "\"user\" IN ('a', 'b')"),
        (Filter("user", "not_in", ("a", "b")), "(\"user\" IS NULL OR \"user\" NOT IN ('a', 'b'))"),
    ],
    ids=lambda value: getattr(value, "operator", ""),
)
def test_negations_hold_for_null(condition: Filter, written: str) -> None:
    assert measures.row_value(meter("calls", filters=[condition, BILLED])) == (
        f'CASE WHEN {written} AND "billable" = TRUE THEN 1 END'
    )
