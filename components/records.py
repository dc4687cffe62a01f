"""Tables of this product's records, derived from the records' one definition in `metering`."""

from collections.abc import Iterable

from components._tables import ColumnArgs, TableArgs
from metering import records, schema, tombstone

API_REQUESTS = records.API_REQUESTS.role
"""Role of the table that holds one row per API request."""
USAGE_EVENTS = records.USAGE_EVENTS.role
"""Role of the table that holds one row per usage event."""
TOMBSTONES = tombstone.ROLE
"""Role of the table that says which records do not count."""


def api_requests_table(table_name: str) -> TableArgs:
    """Return the table of access-log records."""
    return _table(records.API_REQUESTS, table_name)


def usage_events_table(table_name: str) -> TableArgs:
    """Return the table of usage events, which are no API requests."""
    return _table(records.USAGE_EVENTS, table_name)


def tombstones_table(table_name: str) -> TableArgs:
    """Return the table of tombstones: the records of the other tables that do not count."""
    return TableArgs(
        role=TOMBSTONES,
        name=table_name,
        columns=_columns(tombstone.COLUMNS),
        partition_column=tombstone.TIME,
        sort_column=tombstone.TENANT,
    )


def lake_tables(requests: str, events: str, tombstones: str) -> list[TableArgs]:
    """Return the tables of the whole product, by their names."""
    return [api_requests_table(requests), usage_events_table(events), tombstones_table(tombstones)]


def _table(table: records.RecordTable, name: str) -> TableArgs:
    return TableArgs(
        role=table.role,
        name=name,
        columns=_columns(table.columns),
        partition_column=table.time,
        sort_column=table.tenant,
    )


def _columns(columns: Iterable[schema.Column]) -> list[ColumnArgs]:
    return [ColumnArgs(name=column.name, type=column.type, required=column.required) for column in columns]
