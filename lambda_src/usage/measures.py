"""One meter as SQL: the value that a row has for it, and what is made of all rows' values."""

from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from usage import sql

_COMPARISONS = {
    "equals": "=",
    "greater_than": ">",
    "greater_than_or_equal": ">=",
    "less_than": "<",
    "less_than_or_equal": "<=",
}


def row_value(meter: Meter) -> str:
    """Return the expression of a row's value: null if the row does not count, or has none.

    A condition that is null, as any comparison with a null column is, holds as little as one that is false.
    """
    value = "1" if meter.value is None else sql.identifier(meter.value)
    if not meter.filters:
        return value
    return f"CASE WHEN {' AND '.join(map(_condition, meter.filters))} THEN {value} END"


def columns_of(meter: Meter) -> list[str]:
    """Return the names of the columns that a meter reads, some perhaps twice."""
    value = [] if meter.value is None else [meter.value]
    return [*value, *(condition.column for condition in meter.filters), *meter.group_by]


def quantity(meter: Meter, values: str, value_type: str | None, order: tuple[str, ...]) -> str:
    """Return the aggregate of the values that is the meter's quantity; null, but for the counts, if there is none.

    Args:
        meter: the meter.
        values: name of the column of values.
        value_type: Iceberg type of the meter's column; None if it has none.
        order: names of the columns that order all rows in time, without nulls; no two rows are alike in all of them.

    Raises:
        QueryTextError: a sum of values that are no exact numbers.
    """
    match meter.aggregation:
        case "count":
            return events(values)
        case "sum":
            return f"sum(CAST({values} AS {sql.exact_type(value_type or '')}))"
        case "max":
            return f"max({values})"
        case "unique_count":
            return f"count(DISTINCT {values})"
        case "latest":  # a row with a null in it cannot be compared, so those without a value have no place in time
            return f"max_by({values}, CASE WHEN {values} IS NOT NULL THEN ROW({', '.join(order)}) END)"


def events(values: str) -> str:
    """Return the aggregate that is the number of rows with a value."""
    return f"count({values})"


def _condition(condition: Filter) -> str:
    column, values = sql.identifier(condition.column), [sql.literal(value) for value in condition.values]
    match condition.operator:
        case "in":
            return f"{column} IN ({', '.join(values)})"
        case "not_in":
            return f"({column} IS NULL OR {column} NOT IN ({', '.join(values)}))"
        case "not_equals":
            return f"{column} IS DISTINCT FROM {values[0]}"
        case compared:
            return f"{column} {_COMPARISONS[compared]} {values[0]}"
