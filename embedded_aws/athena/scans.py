"""Reading a query's tables: the columns that it names and, by the partition, the days that it asks for."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyiceberg import expressions as iceberg_exp
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import Table
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)
from sqlglot import exp

_TRINO_TYPES: dict[str, str] = {
    "long": "BIGINT",
    "int": "INTEGER",
    "float": "REAL",
    "string": "VARCHAR",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "binary": "VARBINARY",
}
_FILTERS: dict[type[exp.Expr], Callable[..., Any]] = {
    exp.EQ: iceberg_exp.EqualTo,
    exp.GT: iceberg_exp.GreaterThan,
    exp.GTE: iceberg_exp.GreaterThanOrEqual,
    exp.LT: iceberg_exp.LessThan,
    exp.LTE: iceberg_exp.LessThanOrEqual,
}
_MIRRORED = {exp.EQ: exp.EQ, exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}

Evaluate = Callable[[exp.Expr], Any]
"""Gives the value of a constant expression."""


def column_types(table: Table) -> dict[str, str]:
    """Name a table's columns and their types in Trino's words."""
    return {field.name: _trino_type(field.field_type) for field in table.schema().fields}


def filters(place: exp.Table, table: Table, evaluate: Evaluate) -> iceberg_exp.BooleanExpression:
    """Find what the WHERE of a place demands of its table alone, to skip files: `column <op> constant`, joined by AND.

    The query applies its whole WHERE to what is read, so leaving a condition out here costs time only.
    """
    found: list[iceberg_exp.BooleanExpression] = []
    select = place.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    conditions = where.this.flatten() if where and isinstance(where.this, exp.And) else [where.this] if where else []
    for column, operator, constant, of_day in (made for condition in conditions for made in _comparisons(condition)):
        if column.table == place.alias_or_name and _is_constant(constant):
            value = evaluate(constant.copy())
            kind = table.schema().find_field(column.name).field_type
            pairs = _day_bounds(operator, value, kind) if of_day else [(operator, value)]
            literals = [(bound, _literal(kind, limit)) for bound, limit in pairs]
            found += [_FILTERS[bound](column.name, literal) for bound, literal in literals if literal is not None]
    combined: iceberg_exp.BooleanExpression = iceberg_exp.AlwaysTrue()
    for condition in found:
        combined = iceberg_exp.And(combined, condition)
    return combined


def plan(table: Table, columns: list[str], row_filter: iceberg_exp.BooleanExpression) -> "PlannedScan":
    """Plan a scan of some columns without reading."""
    names = [field.name for field in table.schema().fields if field.name in columns]
    names = names or [table.schema().fields[0].name]  # count(*) names no column, but rows must be counted
    return PlannedScan(table.scan(row_filter=row_filter, selected_fields=tuple(names)))


class PlannedScan:
    """The files that a scan will read.

    Attributes:
        size: their bytes.
    """

    def __init__(self, scan: Any) -> None:
        self._scan, self._files = scan, list(scan.plan_files())
        self.size = sum(task.file.file_size_in_bytes for task in self._files)

    def read(self) -> pa.Table:
        """Read the rows."""
        scan = self._scan
        reader = ArrowScan(scan.table_metadata, scan.io, scan.projection(), scan.row_filter, scan.case_sensitive)
        return reader.to_table(self._files)


def _trino_type(kind: IcebergType) -> str:
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _TRINO_TYPES.get(str(kind), str(kind).upper()) if kind.is_primitive else "UNKNOWN"


def _comparisons(
    condition: exp.Expr,
) -> Iterator[tuple[exp.Column, type[exp.Expr], exp.Expr, bool]]:
    """Split a condition into comparisons with something else: of a column, or (True) of a column's date."""
    node: Any = condition.unnest()
    if isinstance(node, exp.Between):
        sides = [(node.this, exp.GTE, node.args["low"]), (node.this, exp.LTE, node.args["high"])]
    elif type(node) in _FILTERS:
        sides = [(node.this, type(node), node.expression), (node.expression, _MIRRORED[type(node)], node.this)]
    else:
        return
    for left, operator, right in sides:
        if isinstance(left, exp.Column):
            yield left, operator, right, False
        elif _dated(left):
            yield left.this, operator, right, True


def _dated(node: exp.Expr) -> bool:
    is_date = isinstance(node, exp.Date) or (isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DATE)
    return is_date and isinstance(node.this, exp.Column)


def _day_bounds(operator: type[exp.Expr], day: Any, kind: IcebergType) -> list[tuple[type[exp.Expr], dt.datetime]]:
    """Give what `date(t) <op> day` says of `t`, in UTC; nothing if `day` is no date."""
    if type(day) is not dt.date:
        return []
    zone = dt.UTC if isinstance(kind, TimestamptzType) else None
    start = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    after = start + dt.timedelta(days=1)
    bounds: dict[type[exp.Expr], list[tuple[type[exp.Expr], dt.datetime]]] = {
        exp.EQ: [(exp.GTE, start), (exp.LT, after)],
        exp.GT: [(exp.GTE, after)],
        exp.GTE: [(exp.GTE, start)],
        exp.LT: [(exp.LT, start)],
        exp.LTE: [(exp.LT, after)],
    }
    return bounds[operator]


def _is_constant(node: exp.Expr) -> bool:
    return node.find(exp.Column, exp.Query, exp.AggFunc, exp.Window, exp.AtTimeZone) is None


def _literal(kind: IcebergType, value: Any) -> Any:  # noqa: PLR0911 - one line per type
    """Put a value as PyIceberg's filters take it, if it is of the column's own type; others are left to the query."""
    match kind:
        case TimestamptzType() if isinstance(value, dt.datetime) and value.tzinfo:
            return value.astimezone(dt.UTC).isoformat()
        case TimestampType() if isinstance(value, dt.datetime) and not value.tzinfo:
            return value.isoformat()
        case DateType() if type(value) is dt.date:
            return value.isoformat()
        case StringType() if isinstance(value, str):
            return value
        case IntegerType() | LongType() if type(value) is int and abs(value) < 2**31:
            return value
        case BooleanType() if isinstance(value, bool):
            return value
        case _:
            return None
