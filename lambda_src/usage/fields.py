"""What meters read of a row, as SQL: a column by its name, or a member of the data, which stands in a column as JSON.

A member that is no text, number or boolean is null, as one that is not there. `json_extract_scalar` gives a number as
it is written, so that none of its digits is lost; a text that holds a number counts as the number. What is asked for
as a number and is none, or none that fits, is null: acceptance refuses it, as long as a meter asks for it.
"""

from metering.records import RecordTable
from rating.catalog.columns import PLACES, WHOLE_DIGITS, member_of
from usage import sql
from usage.sql import TableName

LONGEST_VALUE = 256
"""Characters of a text that tell groups apart: what is longer is grouped, and shown, by its beginning."""

NUMBER_TYPE = f"decimal({WHOLE_DIGITS + PLACES}, {PLACES})"
"""Of a member that is read as a number. It holds what acceptance lets pass and nothing larger: of what came before a
meter asked for it, one tenant's could else overflow the sum, and with it the query for everybody's bills."""

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
    """Return the expression of a field that is grouped by: as its value, but a text is cut, and null if it is empty.

    An answer does not tell null and an empty text apart, and of each there would be a group. Texts are the customer's
    own, of any length; they go into documents, and many of them into one.
    """
    value = as_value(name, table.records)
    is_text = table.types.get(name, "string") == "string"
    return f"nullif(substr({value}, 1, {LONGEST_VALUE}), '')" if is_text else value


def as_number(name: str, records: RecordTable) -> str:
    """Return the expression of a field that is to be a number: a column as it is, a member as a decimal."""
    value = as_value(name, records)
    if column_of(name, records) == name:
        return value
    return f"TRY_CAST(regexp_extract({value}, {sql.text(_NUMBER)}) AS {NUMBER_TYPE})"
