"""Meters, a table and answers to try things with."""

from datetime import UTC, datetime
from typing import Any

from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from rating.period import Period
from usage.sql import TableName

TABLE = TableName("s3tablescatalog/lake", "metering", "api_requests")
PERIOD = Period(2026, 2)
CUTOFF = datetime(2026, 3, 3, 6, tzinfo=UTC)
BILLED = Filter("billable", "equals", (True,))


def meter(name: str, aggregation: Any = "count", value: str | None = None, **keys: Any) -> Meter:
    return Meter(
        name,
        "Things",
        "thing",
        keys.get("table", "api-requests"),
        aggregation,
        value,
        tuple(keys.get("filters", ())),
        tuple(keys.get("group_by", ())),
    )


def named(*meters: Meter) -> dict[str, Meter]:
    return {one.name: one for one in meters}
