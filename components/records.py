"""Tables of this product's records, derived from the records' one definition in `metering`."""

from components._tables import ColumnArgs, TableArgs
from metering import access_log

API_REQUESTS = "api-requests"
"""Role of the table that holds one row per API request."""


def api_requests_table(table_name: str) -> TableArgs:
    """Return the table of access-log records."""
    columns = [
        ColumnArgs(name=column.name, type=column.type, required=column.required) for column in access_log.COLUMNS
    ]
    return TableArgs(
        role=API_REQUESTS,
        name=table_name,
        columns=columns,
        partition_column=access_log.PARTITION_COLUMN,
        sort_column=access_log.SORT_COLUMN,
    )
