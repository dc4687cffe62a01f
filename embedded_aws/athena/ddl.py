"""`ALTER TABLE … ADD COLUMNS`, the one statement that changes a table: it adds optional columns, rewriting no file."""

import re
from dataclasses import dataclass
from typing import Any

import sqlglot
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)
from sqlglot import exp

from embedded_aws import iam
from embedded_aws.athena import permissions
from embedded_aws.athena.engine import load
from embedded_aws.athena.errors import MalformedQueryError, QueryError
from embedded_aws.athena.names import Context, find

_TYPES: dict[exp.DType, IcebergType] = {
    exp.DataType.Type.BOOLEAN: BooleanType(),
    exp.DataType.Type.INT: IntegerType(),
    exp.DataType.Type.BIGINT: LongType(),
    exp.DataType.Type.FLOAT: FloatType(),
    exp.DataType.Type.DOUBLE: DoubleType(),
    exp.DataType.Type.TEXT: StringType(),
    exp.DataType.Type.BINARY: BinaryType(),
    exp.DataType.Type.DATE: DateType(),
    exp.DataType.Type.TIMESTAMP: TimestampType(),
}
"""Hive's types, which Athena's DDL takes; there is none for timestamptz."""


_BACKTICKS = re.compile(r"`([^`]*)`")
"""Athena's DDL quotes names by backticks, its queries by double quotes; either is taken."""


@dataclass(frozen=True)
class AddColumns:
    """An `ALTER TABLE … ADD COLUMNS`: the table as written, and the columns' names, types and comments."""

    table: exp.Table
    columns: list[tuple[str, IcebergType, str | None]]


def parse(text: str) -> AddColumns:
    """Parse an ALTER TABLE.

    Raises:
        MalformedQueryError: the text is no SQL.
        QueryError: it does something else than add columns, or a column has a type that Athena's DDL does not have.
    """
    try:
        tree: Any = sqlglot.parse_one(_BACKTICKS.sub(r'"\1"', text), read="athena")
    except sqlglot.errors.SqlglotError as error:
        raise MalformedQueryError("", str(error).splitlines()[0]) from error
    actions = tree.args.get("actions") or []
    if not isinstance(tree, exp.Alter) or len(actions) != 1 or not isinstance(actions[0], exp.Schema):
        raise QueryError("NOT_SUPPORTED", "Queries of this type are not supported: of ALTER TABLE, ADD COLUMNS only")
    return AddColumns(tree.this, [_column(definition) for definition in actions[0].expressions])


def add_columns(statement: AddColumns, context: Context, principal: iam.Principal) -> None:
    """Add the columns at the end of the table's schema.

    Raises:
        QueryError: the table is not there, it has a column of that name, or the principal may not change it.
    """
    place = statement.table
    named = find(place.catalog, place.db, place.name, context)
    permissions.to_alter(principal, named)
    name = named.table
    table = load(name)
    existing = {field.name for field in table.schema().fields}
    for column, _, _ in statement.columns:
        if column in existing:
            raise QueryError("", f"FAILED: Execution Error, return code 1. Duplicate column name: {column}")
        existing.add(column)
    with table.update_schema() as update:
        for column, kind, comment in statement.columns:
            update.add_column(column, kind, doc=comment)


def _column(definition: exp.Expr) -> tuple[str, IcebergType, str | None]:
    name = definition.name.lower()
    kind = definition.args.get("kind")
    comment = definition.find(exp.CommentColumnConstraint)
    if not isinstance(definition, exp.ColumnDef) or kind is None:
        raise MalformedQueryError("", f"column {name}: a type is missing")
    return name, _iceberg_type(name, kind), comment.this.name if comment else None


def _iceberg_type(name: str, kind: exp.DataType) -> IcebergType:
    if kind.this == exp.DataType.Type.DECIMAL:
        precision, scale = [int(part.name) for part in kind.expressions] or (10, 0)
        return DecimalType(precision, scale)
    if kind.this not in _TYPES:
        message = f"column {name}: type {kind.sql().lower()} is not supported in Athena's DDL for Iceberg tables"
        raise QueryError("NOT_SUPPORTED", message)
    return _TYPES[kind.this]
