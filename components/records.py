"""Tables of this product's records, derived from the records' one definition in `metering`."""

from components._tables import ColumnArgs, TableArgs
from metering import records

API_REQUESTS = records.API_REQUESTS.role
"""Role of the table that holds one row per API request."""


def api_requests_table(table_name: str) -> TableArgs:
    """Return the table of access-log records."""
    table = records.API_REQUESTS
    columns = [ColumnArgs(name=column.name, type=column.type, required=column.required) for column in table.columns]
    return TableArgs(
        role=table.role, name=table_name, columns=columns, partition_column=table.time, sort_column=table.tenant
    )
