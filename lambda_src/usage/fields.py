"""What meters read of a row, as SQL: a column by its name, or a member of the data, which stands in a column as JSON.

A member that is no text, number or boolean is null, as one that is not there. `json_extract_scalar` gives a number as
it is written, so that none of its digits is lost; a text that holds a number counts as the number. What is asked for
as a number and is none, or none that fits, is null: acceptance refuses it, as long as a meter asks for it.
"""

from metering.records import RecordTable
from rating.catalog.columns import PLACES, member_of
from usage import sql
from usage.sql import TableName

NUMBER_TYPE = f"decimal(38, {PLACES})"
"""Of a member that is read as a number."""

_NUMBER = "^-?[0-9]{1,99}([.][0-9]{1,99})?([eE][+-]?[0-9]{1,3})?$"
"""Of what else a cast to decimal takes, an exponent of ten digits would keep it busy for ever."""


def column_of(name: str, records: RecordTable) -> str:
    """Return the name of the column in which a field stands.

    Args:
        name: a column's, or `data.<name>` of a table with data.
        records: the table.
    """
    return name if records.data is None or member_of(name) is None else records.data


def as_value(name: str, records: RecordTable) -> str:
    """Return the expression of a field: a column as it is, a member as text."""
    member = member_of(name)
    if records.data is None or member is None:
        return sql.identifier(name)
    return f"json_extract_scalar({sql.identifier(records.data)}, {sql.text(f'$.{member}')})"


def as_dimension(name: str, table: TableName) -> str:
    """Return the expression of a field that is grouped by: as its value, but an empty text is null.

    An answer does not tell the two apart, and of each there would be a group.
    """
    value = as_value(name, table.records)
    return f"nullif({value}, '')" if table.types.get(name, "string") == "string" else value


def as_number(name: str, records: RecordTable) -> str:
    """Return the expression of a field that is to be a number: a column as it is, a member as a decimal."""
    value = as_value(name, records)
    if column_of(name, records) == name:
        return value
    return f"TRY_CAST(regexp_extract({value}, {sql.text(_NUMBER)}) AS {NUMBER_TYPE})"
