"""Meters, a table and answers to try things with."""

from datetime import UTC, datetime
from typing import Any

from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from rating.period import Period
from usage.counted import Counted
from usage.sql import TableName

TABLE = TableName("s3tablescatalog/lake", "metering", "api_requests", tombstones="usage_tombstones")
EVENTS = TableName("s3tablescatalog/lake", "metering", "usage_events", "usage-events", tombstones="usage_tombstones")
PERIOD = Period(2026, 2)
CUTOFF = datetime(2026, 3, 3, 6, tzinfo=UTC)
COUNTED = Counted(TABLE, PERIOD, CUTOFF, 35)
"""Requests; the window is not theirs."""
COUNTED_EVENTS = Counted(EVENTS, PERIOD, CUTOFF, 35)
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
        keys.get("event_type"),
    )


def event_meter(name: str, aggregation: Any = "count", value: str | None = None, **keys: Any) -> Meter:
    return meter(name, aggregation, value, **{"table": "usage-events", "event_type": "com.example.tokens", **keys})


def named(*meters: Meter) -> dict[str, Meter]:
    return {one.name: one for one in meters}
