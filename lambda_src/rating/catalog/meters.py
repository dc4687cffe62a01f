"""Meters: what is measured over the rows of a table."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from rating.catalog.columns import Tables, Types, is_discrete, is_exact_number, read_column
from rating.catalog.filters import Filter, read_filters
from rating.exact import show
from rating.form import Form

Aggregation = Literal["count", "sum", "max", "unique_count", "latest"]
AGGREGATIONS: tuple[str, ...] = get_args(Aggregation)
DEFAULT_TABLE = "api-requests"
RESERVED = {"recurring", "commitment"}
"""Names that no meter may have: a bill's lines for fee and commitment have these in the place of a meter's."""


@dataclass(frozen=True, slots=True)
class Meter:
    """What is measured: an aggregation over the rows that all filters let through."""

    name: str
    description: str
    """For the customer: a bill's line shows it."""
    unit: str
    """Of the quantity, e.g. `call`."""
    table: str
    """Role of the table."""
    aggregation: Aggregation
    value: str | None
    """Column that is aggregated; None if and only if rows are counted."""
    filters: tuple[Filter, ...]
    group_by: tuple[str, ...]
    """Columns by whose values a bill shows the quantity in detail, too; the price knows nothing of them."""

    @property
    def measures_a_value(self) -> bool:
        """Whether the quantity is an amount of something that can be shared in per cent, not a number of things."""
        return self.aggregation not in {"count", "unique_count"}


def read_meters(catalog: Form, tables: Tables) -> dict[str, Meter | None]:
    """Return the meters by name, sorted, None for one that is too faulty; faults are reported to the form."""
    return {name: _read_meter(name, form, tables) for name, form in catalog.named_objects("meters").items()}


def _read_meter(name: str, form: Form, tables: Tables) -> Meter | None:
    if name in RESERVED:
        form.refuse("", f"must not be named one of {', '.join(sorted(RESERVED))}")
    table = form.choice("table", tables, default=DEFAULT_TABLE)
    types: Types = {column.name: column.type for column in tables[table]} if table else {}
    aggregation = form.choice("aggregation", AGGREGATIONS)
    meter = Meter(
        name,
        form.text("description"),
        form.text("unit"),
        table or "",
        cast("Aggregation", aggregation),
        _read_value(form, aggregation, types),
        read_filters(form, types),
        _read_group_by(form, types),
    )
    form.finish()
    return meter if aggregation else None


def _read_value(form: Form, aggregation: str | None, types: Types) -> str | None:
    given = form.get("value")
    if aggregation == "count" and given is not None:
        form.refuse("value", f"must be absent, for count counts rows, got {show(given)}")
    if aggregation in {"count", None}:
        return None
    if given is None:
        form.refuse("value", f"missing, must be the column whose {aggregation} is measured")
        return None
    column = read_column(form, "value", types)
    if column and aggregation != "unique_count" and not is_exact_number(types[column]):
        form.refuse(
            "value",
            f"must be a column of whole or decimal numbers for {aggregation}, but {column} is of type {types[column]}",
        )
    return column


def _read_group_by(form: Form, types: Types) -> tuple[str, ...]:
    columns = form.texts("group_by")
    for number, column in enumerate(columns):
        key = f"group_by[{number}]"
        if not types or not column:
            continue  # reported already
        if column not in types:
            form.refuse(key, f"must be a column of the meter's table ({', '.join(types)}), got {show(column)}")
        elif not is_discrete(types[column]):
            form.refuse(key, f"must be a column of text, booleans or whole numbers, but its type is {types[column]}")
        elif column in columns[:number]:
            form.refuse(key, f"must be there once, got {show(column)} again")
    return columns
