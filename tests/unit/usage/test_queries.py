from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.records import API_REQUESTS, USAGE_EVENTS
from rating.catalog.filters import Filter
from tests.unit.usage.usage_kit import (
    BILLED,
    COUNTED,
    EVENTS,
    PERIOD,
    TABLE,
    event_meter,
    meter,
    named,
)
from usage import measures
from usage.columns import UsageColumns
from usage.counted import Counted
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
OF_RECORDS = (
    "record_table = 'api-requests' AND record_time >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC'"
    " AND record_time < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'"
)
VOIDED = f"""LEFT JOIN (
SELECT key_hash AS void_key
FROM "s3tablescatalog/lake"."metering"."usage_tombstones" AS tombstones
WHERE {OF_RECORDS}
  AND voided_at < TIMESTAMP '2026-03-03 06:00:00.000000 UTC'
GROUP BY key_hash
HAVING max(tombstones.voided_at) = max(CASE WHEN tombstones.action = 'void' THEN tombstones.voided_at END)
) AS voided
  ON void_key = key_hash
WHERE void_key IS NULL
"""
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
  CASE WHEN grouping("by_status") IN (1) THEN array_join(ARRAY[{SUMS}], ' ') END AS "key_sums",
  CASE WHEN grouping("by_status") IN (1) THEN count_if(differs) END AS "differing"
FROM (
SELECT
  "tenant_id" AS tenant_id,
  0 AS segment,
  date("request_time") AS day,
  "request_time" AS moment,
  "extended_request_id" AS key_0,
  key_hash,
  differs,
  "status" AS "by_status",
  CASE WHEN "billable" = TRUE THEN 1 END AS value_0,
  "response_length" AS value_1
FROM (
SELECT
  "extended_request_id",
  "request_time",
  "ingested_at",
  "tenant_id",
  "billable",
  "status",
  "response_length",
  differs,
  key_hash
FROM (
SELECT
  "extended_request_id",
  "request_time",
  "ingested_at",
  "tenant_id",
  "billable",
  "status",
  "response_length",
  differs,
  to_hex(sha256(to_utf8(concat(CAST(length("extended_request_id") AS varchar), ':', "extended_request_id")))) \
AS key_hash
FROM (
SELECT
  records."extended_request_id",
  records."request_time",
  records."ingested_at",
  records."tenant_id",
  records."billable",
  records."status",
  records."response_length",
  row_number() OVER (PARTITION BY records."extended_request_id" ORDER BY records."ingested_at", \
records."request_time", records."tenant_id", records."billable", records."status", records."response_length") \
AS delivery,
  FALSE AS differs
FROM "s3tablescatalog/lake"."metering"."api_requests" AS records
WHERE records."request_time" >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC' \
AND records."request_time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'
  AND records."ingested_at" < TIMESTAMP '2026-03-03 06:00:00.000000 UTC' AND records."tenant_id" IS NOT NULL
) AS deliveries
WHERE delivery = 1) AS records
{VOIDED}) AS records
) AS counted
GROUP BY GROUPING SETS ((tenant_id, segment), (tenant_id, segment, "by_status"))
ORDER BY 1, 2, 3"""
LATE = f"""SELECT
  tenant_id,
  count(*) AS "rows"
FROM (
SELECT "tenant_id" AS tenant_id
FROM (
SELECT
  "extended_request_id",
  "request_time",
  "ingested_at",
  "tenant_id",
  differs,
  key_hash
FROM (
SELECT
  "extended_request_id",
  "request_time",
  "ingested_at",
  "tenant_id",
  differs,
  to_hex(sha256(to_utf8(concat(CAST(length("extended_request_id") AS varchar), ':', "extended_request_id")))) \
AS key_hash
FROM (
SELECT
  records."extended_request_id",
  records."request_time",
  records."ingested_at",
  records."tenant_id",
  row_number() OVER (PARTITION BY records."extended_request_id" ORDER BY records."ingested_at", \
records."request_time", records."tenant_id") AS delivery,
  FALSE AS differs
FROM "s3tablescatalog/lake"."metering"."api_requests" AS records
WHERE records."request_time" >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC' \
AND records."request_time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'
  AND records."ingested_at" < TIMESTAMP '2026-03-03 06:00:00.000000 UTC' AND records."tenant_id" IS NOT NULL
) AS deliveries
WHERE delivery = 1) AS records
{VOIDED}) AS records
WHERE "ingested_at" >= TIMESTAMP '2026-03-02 00:00:00.000000 UTC'
UNION ALL
SELECT tenant_id
FROM "s3tablescatalog/lake"."metering"."usage_tombstones"
WHERE {OF_RECORDS}
  AND voided_at >= TIMESTAMP '2026-03-02 00:00:00.000000 UTC' \
AND voided_at < TIMESTAMP '2026-03-03 06:00:00.000000 UTC'
) AS late
GROUP BY tenant_id
ORDER BY 1"""


def number(member: str) -> str:
    """The expression of a member that is read as a number."""
    text = f"json_extract_scalar(\"data\", '$.{member}')"
    pattern = "^-?[0-9]{1,99}([.][0-9]{1,99})?([eE][+-]?[0-9]{1,3})?$"
    return f"TRY_CAST(regexp_extract({text}, '{pattern}') AS decimal(27, 12))"


def test_a_period_is_one_scan_of_records_and_one_of_tombstones() -> None:
    assert period_query(METERS, COUNTED) == QUERY


def test_late_rows_and_late_tombstones_are_one_query() -> None:
    assert late_tenants_query(COUNTED, datetime(2026, 3, 2, tzinfo=UTC)) == LATE


def test_without_dimensions_nothing_is_grouped_further() -> None:
    query = period_query(named(meter("calls")), COUNTED)
    assert query.endswith("\nGROUP BY tenant_id, segment\nORDER BY 1, 2, 3")
    assert ("grouping(" in query, "CASE WHEN grouping" in query) == (False, False)


def test_a_meter_of_another_table_is_refused() -> None:
    with pytest.raises(
        QueryTextError, match=r"^meter seats must be of the table api-requests that is read, got events$"
    ):
        period_query(named(meter("seats", table="events")), COUNTED)


def test_a_cutoff_without_a_time_zone_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"^moment must have a time zone"):
        period_query(METERS, Counted(TABLE, PERIOD, datetime(2026, 3, 3), 35))  # noqa: DTZ001 - that is the fault


def test_a_sum_of_no_exact_numbers_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"got one of type boolean$"):
        period_query(named(meter("odd", "sum", "billable")), COUNTED)


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
    assert measures.row_value(meter("calls", filters=[condition, BILLED]), API_REQUESTS) == (
        f'CASE WHEN {written} AND "billable" = TRUE THEN 1 END'
    )


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Filter("data.model", "equals", ("o'b",)), "json_extract_scalar(\"data\", '$.model') = 'o''b'"),
        (
            Filter("data.free", "not_equals", ("true",)),
            "json_extract_scalar(\"data\", '$.free') IS DISTINCT FROM 'true'",
        ),
        (Filter("data.size", "less_than", (Decimal("0.5"),)), f"{number('size')} < 0.5"),
        (Filter("subject", "in", ("a",)), "\"subject\" IN ('a')"),
    ],
    ids=lambda value: getattr(value, "operator", ""),
)
def test_members_are_compared_as_texts_or_as_decimals(condition: Filter, written: str) -> None:
    assert measures.conditions_of(event_meter("m", filters=[condition]), USAGE_EVENTS) == [
        "\"type\" = 'com.example.tokens'",
        written,
    ]


@pytest.mark.parametrize(
    ("aggregation", "value", "written"),
    [
        ("sum", "data.value", number("value")),
        ("max", "data.value", number("value")),
        ("latest", "data._x", number("_x")),
        ("unique_count", "data.user", "json_extract_scalar(\"data\", '$.user')"),
        ("unique_count", "subject", '"subject"'),
    ],
)
def test_a_value_of_the_data_is_a_decimal_where_it_is_an_amount(aggregation: str, value: str, written: str) -> None:
    one = event_meter("m", aggregation, value)
    assert measures.row_value(one, USAGE_EVENTS) == f"CASE WHEN \"type\" = 'com.example.tokens' THEN {written} END"
    assert measures.columns_of(one, USAGE_EVENTS) == ["type", "data" if value.startswith("data.") else value]


def test_amounts_of_the_data_are_added_up_to_the_last_of_their_digits() -> None:
    one = event_meter("m", "sum", "data.value")
    assert measures.quantity(one, "v", EVENTS, ()) == "sum(CAST(v AS decimal(38, 12)))"
