"""A table of random requests, and usage of them measured without SQL."""

import csv
import io
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from metering.records import API_REQUESTS
from rating.bill import Group, Quantity, SegmentUsage
from rating.catalog import parse_catalog
from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from rating.period import Period
from tests.embedded.athena_kit import Lake
from usage.evidence import Evidence, digest_of
from usage.results import TenantUsage
from usage.spans import Span

Row = dict[str, Any]

TENANTS = ("acme", "o'brien", 'quo"ted', "100%", "two\nlines, or\r\n3", "back\\slash", "¿qué?", "租户-😀", None)
DAYS = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 14), date(2026, 10, 15), date(2026, 10, 31))
PERIOD = Period(2026, 10)
CUTOFF = datetime(2026, 11, 1, 3, 0, 0, 123456, tzinfo=UTC)
BILLED = {"column": "billable", "equals": True}
METERS = parse_catalog(
    {
        "meters": {
            name: {"description": "x", "unit": "x", **meter}
            for name, meter in {
                "calls": {"aggregation": "count", "filters": [BILLED], "group_by": ["http_method", "status"]},
                "bytes": {"aggregation": "sum", "value": "response_length", "filters": [BILLED]},
                "bytes-by-user": {"aggregation": "sum", "value": "response_length", "group_by": ["user"]},
                "users": {"aggregation": "unique_count", "value": "user", "filters": [BILLED]},
                "paths": {"aggregation": "unique_count", "value": "resource_path", "group_by": ["status"]},
                "peak": {
                    "aggregation": "max",
                    "value": "response_latency_ms",
                    "filters": [{"column": "status", "in": ["200", "201"]}],
                    "group_by": ["billable"],
                },
                "last": {"aggregation": "latest", "value": "response_length", "group_by": ["status", "http_method"]},
                "strange": {
                    "aggregation": "count",
                    "filters": [
                        {"column": "http_method", "not_equals": "GET"},
                        {"column": "resource_path", "not_in": ["/o'brien", "/%"]},
                        {"column": "status", "greater_than": "200.5"},
                        {"column": "response_length", "less_than": "1e15"},
                    ],
                },
                "narrow": {
                    "aggregation": "count",
                    "filters": [
                        {"column": "resource_path", "in": ["/o'brien", "/¿qué?"]},
                        {"column": "status", "greater_than_or_equal": "200"},
                        {"column": "status", "less_than_or_equal": "404"},
                        {"column": "billable", "not_equals": True},
                    ],
                },
                "never": {
                    "aggregation": "max",
                    "value": "status",
                    "filters": [{"column": "http_method", "equals": "no such"}],
                },
            }.items()
        },
        "plans": {
            "p": {
                "description": "x",
                "currency": "USD",
                "currency_exponent": 2,
                "versions": [{"name": "v1", "effective_from": "2026-01-01"}],
            }
        },
    },
    {API_REQUESTS.role: API_REQUESTS},
).meters


def requests(number: int, seed: int = 4) -> list[Row]:
    """Deliveries of random requests: most once, some again, before and after the cutoff, on another day or month."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    rows = []
    for index in range(number):
        day = chosen.choice(DAYS)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = midnight + chosen.choice(
            (timedelta(), timedelta(days=1) - timedelta(milliseconds=1), timedelta(hours=chosen.randrange(24)))
        )
        row = {
            "extended_request_id": f"key{index}-é",
            "request_id": f"id{index % 7}",
            "request_time": moment,
            "tenant_id": chosen.choice(TENANTS),
            "user": chosen.choice((None, "ann", "bob", "¿qué?")),
            "http_method": chosen.choice((None, "GET", "POST")),
            "resource_path": chosen.choice((None, "/o'brien", "/%", "/¿qué?")),
            "status": chosen.choice((200, 201, 404, 500)),
            "response_length": chosen.choice((None, 0, 7, 10**15 + index, 2**63 - 1)),
            "response_latency_ms": chosen.choice((None, 0, 5, index)),
            "billable": chosen.random() < 0.7,
        }
        first = moment + timedelta(seconds=chosen.choice((1, 90_000, 3 * 86_400, 20 * 86_400)))
        later = [first + timedelta(days=chosen.choice((0, 1, 20))) for _ in range(chosen.choice((0, 0, 1, 2)))]
        rows += [{**row, "ingested_at": ingested_at} for ingested_at in (first, *later)]
    chosen.shuffle(rows)
    return rows


def make_table(lake: Lake) -> str:
    """Make the table of requests in a lake, and give its name."""
    name = "api_requests"
    fields = [
        {"id": number, "name": column.name, "type": column.type, "required": column.required}
        for number, column in enumerate(API_REQUESTS.columns, start=1)
    ]
    time_id = next(field["id"] for field in fields if field["name"] == API_REQUESTS.time)
    partition = {"fields": [{"sourceId": time_id, "transform": "day", "name": "request_time_day"}]}
    lake.client("s3tables").create_table(
        tableBucketARN=lake.bucket_arn,
        namespace=lake.namespace,
        name=name,
        format="ICEBERG",
        metadata={"iceberg": {"schema": {"fields": fields}, "partitionSpec": partition}},
    )
    return name


def answer(lake: Lake, query: str) -> tuple[list[str], list[list[str]]]:
    """Run a query to its end and read its file in the results bucket: header and rows."""
    athena, query_id = lake.client("athena"), lake.start(query)
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.01)
    status = execution["Status"]
    assert status["State"] == "SUCCEEDED", status.get("StateChangeReason")
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    text = lake.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    return header, rows


def measured(rows: Iterable[Row], cutoff: datetime, spans: Sequence[Span] | None = None) -> list[TenantUsage]:
    """What each tenant used in the period, or in its spans, by the plain meaning of the meters."""
    by_segment: dict[str, dict[int, list[Row]]] = {}
    for row in first_deliveries(rows, cutoff):
        for index in _segments(row, spans):
            by_segment.setdefault(row["tenant_id"], {}).setdefault(index, []).append(row)
    return [
        TenantUsage(
            tenant_id,
            {index: _usage(found) for index, found in sorted(segments.items())},
            {index: _evidence(found) for index, found in sorted(segments.items())},
        )
        for tenant_id, segments in sorted(by_segment.items())
    ]


def first_deliveries(rows: Iterable[Row], cutoff: datetime) -> Iterator[Row]:
    """The rows of the period that count, each record's earliest."""
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["ingested_at"]):
        first.setdefault(row["extended_request_id"], row)
    for row in first.values():
        counts = row["ingested_at"] < cutoff and row["tenant_id"] is not None
        if counts and PERIOD.start <= row["request_time"] < PERIOD.end:
            yield row


def _segments(row: Row, spans: Sequence[Span] | None) -> list[int]:
    if spans is None:
        return [0]
    day = row["request_time"].date()
    return [span.index for span in spans if span.tenant_id == row["tenant_id"] and span.start <= day < span.end]


def _usage(rows: list[Row]) -> SegmentUsage:
    return SegmentUsage(
        len(rows),
        {name: _quantity(meter, rows) for name, meter in METERS.items()},
        {name: _groups(meter, rows) for name, meter in METERS.items() if meter.group_by},
    )


def _groups(meter: Meter, rows: list[Row]) -> tuple[Group, ...]:
    by_values: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        by_values.setdefault(tuple(_text(row[column]) for column in meter.group_by), []).append(row)
    return tuple(
        Group(tuple(zip(meter.group_by, values, strict=True)), quantity)
        for values, found in sorted(by_values.items(), key=lambda item: [(v is not None, v or "") for v in item[0]])
        if (quantity := _quantity(meter, found)).events
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _quantity(meter: Meter, rows: list[Row]) -> Quantity:
    counted = [row for row in rows if all(_holds(condition, row) for condition in meter.filters)]
    if meter.value is None:
        return Quantity(Decimal(len(counted)), len(counted))
    column = meter.value
    counted = [row for row in counted if row[column] is not None]
    values = [row[column] for row in counted]
    latest = max(counted, key=lambda row: (row["request_time"], row["extended_request_id"]), default={column: 0})
    found = {
        "sum": lambda: sum(values),
        "max": lambda: max(values, default=0),
        "unique_count": lambda: len(set(values)),
        "latest": lambda: latest[column],
    }[meter.aggregation]()
    return Quantity(Decimal(found), len(values))


def _holds(condition: Filter, row: Mapping[str, Any]) -> bool:
    value, values = row[condition.column], condition.values
    if value is None:
        return condition.operator in {"not_equals", "not_in"}
    tests: dict[str, Callable[[], bool]] = {
        "equals": lambda: value == values[0],
        "not_equals": lambda: value != values[0],
        "in": lambda: value in values,
        "not_in": lambda: value not in values,
        "greater_than": lambda: value > values[0],
        "greater_than_or_equal": lambda: value >= values[0],
        "less_than": lambda: value < values[0],
        "less_than_or_equal": lambda: value <= values[0],
    }
    return tests[condition.operator]()


def _evidence(rows: list[Row]) -> Evidence:
    per_day = Counter(row["request_time"].date() for row in rows)
    return Evidence(dict(sorted(per_day.items())), digest_of([row["extended_request_id"]] for row in rows))
