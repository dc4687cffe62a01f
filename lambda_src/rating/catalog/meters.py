"""Meters: what is measured over the rows of a table."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from rating.catalog.columns import Fields, Table, Tables, is_discrete, is_exact_number, member_of, read_column
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
    """Column that is aggregated, or `data.<name>`: a member of the data; None if and only if rows are counted."""
    filters: tuple[Filter, ...]
    group_by: tuple[str, ...]
    """Columns, or members of the data, by whose values a bill shows the quantity in detail, too; the price knows
    nothing of them."""
    event_type: str | None = None
    """Of the rows that are counted; None if and only if all rows of the table are of one kind."""
    allow_negative: bool = False
    """Whether the value may be below zero; always false unless the value is a member that is read as a number."""

    @property
    def measures_a_value(self) -> bool:
        """Whether the quantity is an amount of something that can be shared in per cent, not a number of things."""
        return self.aggregation not in {"count", "unique_count"}

    @property
    def value_member(self) -> str | None:
        """Name of the member of the data that is aggregated as a number; None if there is none."""
        return member_of(self.value) if self.value is not None and self.measures_a_value else None

    @property
    def data_members(self) -> tuple[str, ...]:
        """Names of all members of the data that are read as numbers, each once: the value's, then those of filters."""
        compared = [member_of(condition.column) for condition in self.filters if condition.compares]
        return tuple(dict.fromkeys(name for name in (self.value_member, *compared) if name))


def read_meters(catalog: Form, tables: Tables) -> dict[str, Meter | None]:
    """Return the meters by name, sorted, None for one that is too faulty; faults are reported to the form."""
    return {name: _read_meter(name, form, tables) for name, form in catalog.named_objects("meters").items()}


def _read_meter(name: str, form: Form, tables: Tables) -> Meter | None:
    if name in RESERVED:
        form.refuse("", f"must not be named one of {', '.join(sorted(RESERVED))}")
    role = form.choice("table", tables, default=DEFAULT_TABLE)
    table = tables[role] if role else None
    fields = Fields.of(table) if table else Fields()
    aggregation = form.choice("aggregation", AGGREGATIONS)
    meter = Meter(
        name,
        form.text("description"),
        form.text("unit"),
        role or "",
        cast("Aggregation", aggregation),
        _read_value(form, aggregation, fields),
        read_filters(form, fields),
        _read_group_by(form, fields),
        _read_event_type(form, table),
        form.flag("allow_negative"),
    )
    if meter.allow_negative and aggregation and table and meter.value_member is None:
        rule = "must be false, for only a value data.<name> of sum, max or latest can be below zero, got true"
        form.refuse("allow_negative", rule)
    form.finish()
    return meter if aggregation else None


def _read_event_type(form: Form, table: Table | None) -> str | None:
    if table is None:
        form.get("event_type")
        return None
    if table.event_type is not None:
        return form.text("event_type")
    if (given := form.get("event_type")) is not None:
        form.refuse("event_type", f"must be absent, for the table's rows are all of one kind, got {show(given)}")
    return None


def _read_value(form: Form, aggregation: str | None, fields: Fields) -> str | None:
    given = form.get("value")
    if aggregation == "count" and given is not None:
        form.refuse("value", f"must be absent, for count counts rows, got {show(given)}")
    if aggregation in {"count", None}:
        return None
    if given is None:
        form.refuse("value", f"missing, must be the column whose {aggregation} is measured")
        return None
    column = read_column(form, "value", fields)
    column_type = fields.type_of(column)
    if column_type and aggregation != "unique_count" and not is_exact_number(column_type):
        form.refuse(
            "value",
            f"must be a column of whole or decimal numbers for {aggregation}, but {column} is of type {column_type}",
        )
    return column


def _read_group_by(form: Form, fields: Fields) -> tuple[str, ...]:
    columns = form.texts("group_by")
    for number, column in enumerate(columns):
        key = f"group_by[{number}]"
        column_type = fields.type_of(column)
        if not fields.types or not column:
            continue  # reported already
        if column_type is None:
            form.refuse(key, fields.refused(column))
        elif not is_discrete(column_type):
            form.refuse(key, f"must be a column of text, booleans or whole numbers, but its type is {column_type}")
        elif column in columns[:number]:
            form.refuse(key, f"must be there once, got {show(column)} again")
    return columns
