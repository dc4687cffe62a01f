"""`INSERT INTO table [(columns)] query`: what the query finds is appended to the table in one commit."""

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import DecimalType, IcebergType
from sqlglot import exp

from embedded_aws import iam, iceberg
from embedded_aws.athena import engine, permissions, sql, translate, zones
from embedded_aws.athena.coercion import coerces, duckdb_type, trino_type
from embedded_aws.athena.engine import Result
from embedded_aws.athena.errors import QueryError, of_duckdb
from embedded_aws.athena.names import Context, find
from embedded_aws.athena.values import column

_ATTEMPTS = 4
"""Times that a commit is tried when another writer was faster, as Trino does."""


@dataclass(frozen=True)
class _Found:
    """What the query of an INSERT found, in the types of the table's columns."""

    rows: pa.Table
    scanned: int


def insert(text: str, parameters: list[str], context: Context, principal: iam.Principal, limit: int | None) -> Result:
    """Run an INSERT.

    Args:
        text: the SQL, with `?` for each of the parameters.
        parameters: SQL literals.
        context: what tables without a catalog or database belong to.
        principal: who asks; tables are read and written with its permissions.
        limit: the most bytes that may be read; None for any number.

    Returns:
        one column `rows`, as Athena describes it; no rows.

    Raises:
        QueryError: nothing was inserted, with Athena's reason.
    """
    tree = sql.parse_insert(text, parameters)
    target = tree.this
    place = target.this if isinstance(target, exp.Schema) else target
    named = find(place.catalog, place.db, place.name, context)
    permissions.to_insert(principal, named)
    name = named.table
    schema = engine.load(name).schema()
    columns = _columns(schema, [item.name.lower() for item in target.expressions])

    def fetch(connection: duckdb.DuckDBPyConnection, query: Any, scanned: int) -> _Found:
        return _Found(_rows(connection, query, schema, columns), scanned)

    found = engine.run(tree.expression.copy(), context, principal, limit, fetch)
    files = _append(name, found.rows)
    manifest = "".join(f"{file}\n" for file in files).encode()
    return Result([column("rows", "BIGINT", None)], b"", found.scanned, found.rows.num_rows, manifest)


def _columns(schema: Schema, named: list[str]) -> list[str]:
    """Give the columns that the query fills, in its order: those named, or all."""
    existing = [field.name for field in schema.fields]
    for index, name in enumerate(named):
        if name not in existing:
            message = f"Insert column name does not exist in target table: {name}"
            raise QueryError("COLUMN_NOT_FOUND", message)
        if name in named[:index]:
            message = f"Insert column name is specified more than once: {name}"
            raise QueryError("DUPLICATE_COLUMN_NAME", message)
    return named or existing


def _rows(connection: duckdb.DuckDBPyConnection, query: Any, schema: Schema, columns: list[str]) -> pa.Table:
    """Run the query, and put its columns into the table's types."""
    outputs = query.selects
    found_sql = translate.to_duckdb(query, connection)
    if any(output.meta.get(zones.ZONE) for output in outputs):
        raise QueryError("NOT_SUPPORTED", "the embedded AWS inserts no value in another time zone than UTC")
    found = [str(row[1]) for row in connection.execute(f"DESCRIBE {found_sql}").fetchall()]
    wanted = [schema.find_field(name).field_type for name in columns]
    _check_types(found, wanted)
    names = [f"c{index}" for index in range(len(columns))]
    casts = ", ".join(
        f"CAST({name} AS {duckdb_type(kind)}) AS {name}" for name, kind in zip(names, wanted, strict=True)
    )
    cast_sql = f"SELECT {casts} FROM ({found_sql}) AS found({', '.join(names)})"  # noqa: S608 - parsed and written anew
    try:
        rows: pa.Table = connection.sql(cast_sql).to_arrow_table()
    except duckdb.Error as error:
        raise of_duckdb(error) from error
    return _completed(rows.rename_columns(columns), schema)


def _check_types(found: list[str], wanted: list[IcebergType]) -> None:
    matching = len(found) == len(wanted) and all(
        coerces(kind, target) for kind, target in zip(found, wanted, strict=True)
    )
    if not matching:
        table = ", ".join(map(_shown, wanted))
        query = ", ".join(map(trino_type, found))
        message = f"Insert query has mismatched column types: Table: [{table}], Query: [{query}]"
        raise QueryError("TYPE_MISMATCH", message)


def _shown(kind: IcebergType) -> str:
    if isinstance(kind, DecimalType):
        return f"decimal({kind.precision},{kind.scale})"
    return trino_type(duckdb_type(kind))


def _completed(rows: pa.Table, schema: Schema) -> pa.Table:
    """Put rows into the table's order of columns, null in those that are missing.

    Raises:
        QueryError: a required column has a null.
    """
    arrays = []
    for field in schema.as_arrow():
        found = field.name in rows.column_names
        array = rows[field.name].cast(field.type) if found else pa.nulls(rows.num_rows, field.type)
        if not field.nullable and array.null_count:
            message = f"NULL value not allowed for NOT NULL column: {field.name}"
            raise QueryError("CONSTRAINT_VIOLATION", message)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema.as_arrow())


def _append(name: iceberg.TableName, rows: pa.Table) -> list[str]:
    """Append the rows in one commit; gives the files written."""
    if not rows.num_rows:
        return []
    for attempt in range(1, _ATTEMPTS + 1):
        with iceberg.writing(name):
            table = engine.load(name)
            try:
                table.append(rows)
            except CommitFailedException as error:
                if attempt == _ATTEMPTS:
                    message = f"Failed to commit the transaction during insert: {error}"
                    raise QueryError("ICEBERG_COMMIT_ERROR", message, category=1) from error
            else:
                return _added(table)
    return []


def _added(table: Table) -> list[str]:
    """Name the data files that the table's newest snapshot added."""
    snapshot = table.current_snapshot()
    if snapshot is None:
        return []
    return [
        entry.data_file.file_path
        for manifest in snapshot.manifests(table.io)
        if manifest.added_snapshot_id == snapshot.snapshot_id
        for entry in manifest.fetch_manifest_entry(table.io)
    ]
