"""The tables of records: what their columns mean to whoever reads them. Each fact about a table stands here, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from metering import access_log, usage_event
from metering.schema import Column


@dataclass(frozen=True)
class RecordTable:
    """One table of the lake: one row for each delivery of a record."""

    role: str
    """What the table is for; its name in the catalog of meters and in the program, fixed for life."""
    columns: tuple[Column, ...]
    """The columns, in order."""
    key: tuple[str, ...]
    """Columns that are the same in all deliveries of one record, and in no other record."""
    time: str
    """Column of the moment to which a record belongs; the rows are partitioned by its UTC day."""
    ingested_at: str
    """Column of the moment at which a delivery arrived."""
    tenant: str
    """Column of the tenant, null in a record that nobody pays for; files are sorted by it."""
    event_type: str | None = None
    """Column of what kind of event a record is; None if all are of one kind."""
    data: str | None = None
    """Column of JSON text whose members meters may read as `data.<name>`; None if there is none."""
    time_is_callers: bool = False
    """Whether whoever sends a record says its time, so that deliveries of one record may lie in different periods."""


API_REQUESTS = RecordTable(
    role="api-requests",
    columns=access_log.COLUMNS,
    key=("extended_request_id",),  # no caller can set it, which `request_id` a caller can
    time="request_time",
    ingested_at="ingested_at",
    tenant="tenant_id",
)
"""One row per API request, from the stage's access log."""

USAGE_EVENTS = RecordTable(
    role="usage-events",
    columns=usage_event.COLUMNS,
    key=("tenant_id", "source", "id"),
    time="time",
    ingested_at="ingested_at",
    tenant="tenant_id",
    event_type="type",
    data="data",
    time_is_callers=True,
)
"""One row per usage event, from `POST /events` or from a trusted backend."""

TABLES: Mapping[str, RecordTable] = MappingProxyType({table.role: table for table in (API_REQUESTS, USAGE_EVENTS)})
"""Role -> table."""
