"""One meter as SQL: the value that a row has for it, and what is made of all rows' values."""

from metering.records import RecordTable
from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from usage import fields, sql
from usage.sql import TableName

_COMPARISONS = {
    "equals": "=",
    "greater_than": ">",
    "greater_than_or_equal": ">=",
    "less_than": "<",
    "less_than_or_equal": "<=",
}


def row_value(meter: Meter, records: RecordTable) -> str:
    """Return the expression of a row's value: null if the row does not count, or has none."""
    if meter.value is None:
        value = "1"
    elif meter.measures_a_value:
        value = fields.as_number(meter.value, records)
    else:
        value = fields.as_value(meter.value, records)
    conditions = conditions_of(meter, records)
    return f"CASE WHEN {' AND '.join(conditions)} THEN {value} END" if conditions else value


def conditions_of(meter: Meter, records: RecordTable) -> list[str]:
    """Return the conditions that all hold for a row that counts; none if every row does.

    One that is null, as any comparison with a null column is, holds as little as one that is false.
    """
    of_type = []
    if meter.event_type is not None and records.event_type is not None:
        of_type = [f"{sql.identifier(records.event_type)} = {sql.text(meter.event_type)}"]
    return [*of_type, *(_condition(condition, records) for condition in meter.filters)]


def columns_of(meter: Meter, records: RecordTable) -> list[str]:
    """Return the names of the table's columns that a meter reads, some perhaps twice."""
    of_type = [] if meter.event_type is None or records.event_type is None else [records.event_type]
    value = [] if meter.value is None else [meter.value]
    read = [*value, *(condition.column for condition in meter.filters), *meter.group_by]
    return [*of_type, *(fields.column_of(name, records) for name in read)]


def value_type(meter: Meter, table: TableName) -> str | None:
    """Return the Iceberg type of the values that a meter aggregates; None if it counts rows."""
    if meter.value is None or meter.value in table.types:
        return meter.value and table.types[meter.value]
    return fields.NUMBER_TYPE if meter.measures_a_value else "string"


def quantity(meter: Meter, values: str, table: TableName, order: tuple[str, ...]) -> str:
    """Return the aggregate of the values that is the meter's quantity; null, but for the counts, if there is none.

    Args:
        meter: the meter.
        values: name of the column of values.
        table: that is read.
        order: names of the columns that order all rows in time, without nulls; no two rows are alike in all of them.

    Raises:
        QueryTextError: a sum of values that are no exact numbers.
    """
    match meter.aggregation:
        case "count":
            return events(values)
        case "sum":
            return f"sum(CAST({values} AS {sql.exact_type(value_type(meter, table) or '')}))"
        case "max":
            return f"max({values})"
        case "unique_count":
            return f"count(DISTINCT {values})"
        case "latest":  # a row with a null in it cannot be compared, so those without a value have no place in time
            return f"max_by({values}, CASE WHEN {values} IS NOT NULL THEN ROW({', '.join(order)}) END)"


def events(values: str) -> str:
    """Return the aggregate that is the number of rows with a value."""
    return f"count({values})"


def _condition(condition: Filter, records: RecordTable) -> str:
    read = fields.as_number if condition.compares else fields.as_value
    column, values = read(condition.column, records), [sql.literal(value) for value in condition.values]
    match condition.operator:
        case "in":
            return f"{column} IN ({', '.join(values)})"
        case "not_in":
            return f"({column} IS NULL OR {column} NOT IN ({', '.join(values)}))"
        case "not_equals":
            return f"{column} IS DISTINCT FROM {values[0]}"
        case compared:
            return f"{column} {_COMPARISONS[compared]} {values[0]}"
