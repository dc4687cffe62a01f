"""The record of a usage event, which is no API request: what the table `usage_events` stores, defined once.

Who makes a row of an event is `events`; the columns' meaning to whoever reads them stands in `metering.records`.
"""

from metering.schema import Column

COLUMNS: tuple[Column, ...] = (
    Column("tenant_id", "string", required=True),
    Column("source", "string", required=True),
    Column("id", "string", required=True),
    Column("type", "string", required=True),
    Column("time", "timestamptz", required=True),
    Column("ingested_at", "timestamptz", required=True),
    Column("subject", "string", required=False),
    Column("data", "string", required=False),
)
"""The table's columns, in order. Tenant, source and id are the key; `data` is the event's data as JSON text."""
