"""Filters: which of a table's rows a meter counts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from rating.catalog.columns import MEMBER, PLACES, WHOLE_DIGITS, Fields, is_exact_number, read_column
from rating.exact import NumberError, fits, parse_number, show
from rating.form import Form

Operator = Literal[
    "equals",
    "not_equals",
    "in",
    "not_in",
    "greater_than",
    "greater_than_or_equal",
    "less_than",
    "less_than_or_equal",
]
OPERATORS: tuple[str, ...] = get_args(Operator)
_LISTS = {"in", "not_in"}
_MEMBER_AS_NUMBER = f"decimal({WHOLE_DIGITS + PLACES}, {PLACES})"
_COMPARISONS = {operator for operator in OPERATORS if operator.startswith(("greater", "less"))}

Value = str | bool | Decimal
"""Of a text, boolean or numeric column."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one column; a meter counts the rows that meet all of its filters.

    A null is different from every value: `not_equals` and `not_in` hold for it, everything else does not.
    """

    column: str
    """Name, or `data.<name>`: a member of the data, which is a text to be compared with and a number to be above or
    below one; what is no such number is null."""
    operator: Operator
    values: tuple[Value, ...]
    """Those of the list for `in` and `not_in`, else one; of the column's type."""

    @property
    def compares(self) -> bool:
        """Whether the values are numbers that the column's are to be above or below."""
        return self.operator in _COMPARISONS


def read_filters(form: Form, fields: Fields) -> tuple[Filter, ...]:
    """Return the filters of a meter; faults are reported to the form."""
    read = [_read_filter(row, fields) for row in form.objects("filters")]
    return tuple(one for one in read if one)


def _read_filter(form: Form, fields: Fields) -> Filter | None:
    column = read_column(form, "column", fields)
    operators = [key for key in OPERATORS if form.get(key) is not None]
    form.finish()
    if len(operators) != 1:
        form.refuse("", f"must have exactly one of {', '.join(OPERATORS)}, got {', '.join(operators) or 'none'}")
        return None
    column_type = fields.type_of(column)
    if column is None or column_type is None:
        return None
    [operator] = operators
    if column_type == MEMBER:
        column_type = _MEMBER_AS_NUMBER if operator in _COMPARISONS else "string"
    values = _read_values(form, operator, column_type)
    return Filter(column, cast("Operator", operator), values)


def _read_values(form: Form, operator: str, column_type: str) -> tuple[Value, ...]:
    given = form.get(operator)
    if operator not in _LISTS:
        if operator in _COMPARISONS and not is_exact_number(column_type):
            form.refuse(operator, f"must be on a column of whole or decimal numbers, but its type is {column_type}")
            return ()
        return _read_value(form, operator, given, column_type)
    if not isinstance(given, list) or not given:
        form.refuse(operator, f"must be a list of at least one value, got {show(given)}")
        return ()
    return tuple(
        value
        for number, item in enumerate(given)
        for value in _read_value(form, f"{operator}[{number}]", item, column_type)
    )


def _read_value(form: Form, key: str, given: Any, column_type: str) -> tuple[Value, ...]:
    """Return the one value, or nothing if it is faulty."""
    if column_type == "boolean":
        if isinstance(given, bool):
            return (given,)
        form.refuse(key, f"must be true or false, as its column is, got {show(given)}")
    elif column_type == "string":
        if isinstance(given, str):
            return (given,)
        form.refuse(key, f"must be text, in quotes if need be, as its column is, got {show(given)}")
    elif is_exact_number(column_type):
        try:
            number = parse_number(given)
        except NumberError as error:
            form.refuse(key, str(error))
            return ()
        if column_type != _MEMBER_AS_NUMBER or fits(number, WHOLE_DIGITS, PLACES):
            return (number,)
        rule = f"must have at most {WHOLE_DIGITS} digits before its point and {PLACES} after it"
        form.refuse(key, f"{rule}, as its column has, got {show(given)}")
    else:
        form.refuse(key, f"must be on a column of text, booleans or numbers, but its type is {column_type}")
    return ()
