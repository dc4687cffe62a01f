"""Tables of this product's records, derived from the records' one definition in `metering`."""

from components._tables import ColumnArgs, TableArgs
from metering import records

API_REQUESTS = records.API_REQUESTS.role
"""Role of the table that holds one row per API request."""
USAGE_EVENTS = records.USAGE_EVENTS.role
"""Role of the table that holds one row per usage event."""


def api_requests_table(table_name: str) -> TableArgs:
    """Return the table of access-log records."""
    return _table(records.API_REQUESTS, table_name)


def usage_events_table(table_name: str) -> TableArgs:
    """Return the table of usage events, which are no API requests."""
    return _table(records.USAGE_EVENTS, table_name)


def _table(table: records.RecordTable, name: str) -> TableArgs:
    columns = [ColumnArgs(name=column.name, type=column.type, required=column.required) for column in table.columns]
    return TableArgs(role=table.role, name=name, columns=columns, partition_column=table.time, sort_column=table.tenant)
