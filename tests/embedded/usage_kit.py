"""A table of random requests, and usage of them measured without SQL."""

import csv
import io
import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from metering import tombstone
from metering.records import API_REQUESTS, RecordTable
from metering.schema import Column
from rating.catalog import parse_catalog
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.plain_usage import Plain, Row
from usage.results import TenantUsage
from usage.spans import Span

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


def make_table(lake: Lake, records: RecordTable = API_REQUESTS) -> str:
    """Make a table of records in a lake, and give its name."""
    return _make(lake, records.role.replace("-", "_"), records.columns, records.time)


def make_tombstones(lake: Lake) -> str:
    """Make the table of tombstones in a lake, and give its name."""
    return _make(lake, "usage_tombstones", tombstone.COLUMNS, tombstone.TIME)


def _make(lake: Lake, name: str, columns: Sequence[Column], time_column: str) -> str:
    fields = [
        {"id": number, "name": column.name, "type": column.type, "required": column.required}
        for number, column in enumerate(columns, start=1)
    ]
    time_id = next(field["id"] for field in fields if field["name"] == time_column)
    partition = {"fields": [{"sourceId": time_id, "transform": "day", "name": f"{time_column}_day"}]}
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
    return _plain(cutoff).measured(rows, spans)


def first_deliveries(rows: Iterable[Row], cutoff: datetime) -> list[Row]:
    """The rows of the period that count, each record's earliest."""
    return _plain(cutoff).counted(rows)


def _plain(cutoff: datetime) -> Plain:
    return Plain(METERS, API_REQUESTS, PERIOD, cutoff)
