"""Running one query: Athena's SQL over PyIceberg's scans, in DuckDB.

Imported at the first query, not with the server: sqlglot, DuckDB, pyarrow and PyIceberg take a second to load.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from sqlglot import exp

from embedded_aws import iam, iceberg
from embedded_aws.athena import answers, permissions, scans, sql, translate, zones
from embedded_aws.athena.errors import QueryError, ScanLimitError, of_duckdb
from embedded_aws.athena.functions import macros
from embedded_aws.athena.names import Context, Named, find
from embedded_aws.athena.values import Column, column, texts

_ROWS_AT_A_TIME = 10_000
Found = TypeVar("Found")
_RUNNING: set[duckdb.DuckDBPyConnection] = set()
_ENDING = threading.Event()


@dataclass(frozen=True)
class Result:
    """What a query found: its columns, its result file, and the bytes that it read.

    Attributes:
        inserted: rows that an INSERT added; None of any other query.
        manifest: the files that an INSERT wrote, one a line.
    """

    columns: list[Column]
    content: bytes
    scanned: int
    inserted: int | None = None
    manifest: bytes = b""

    @property
    def rows(self) -> list[list[str | None]]:
        """The rows as Athena's text."""
        return [row for row, _ in answers.read(self.content)][1:]


def select(query: str, parameters: list[str], context: Context, principal: iam.Principal, limit: int | None) -> Result:
    """Run a SELECT.

    Args:
        query: the SQL, with `?` for each of the parameters.
        parameters: SQL literals.
        context: what tables without a catalog or database belong to.
        principal: who asks; the tables are read with its permissions.
        limit: the most bytes that may be read; None for any number.

    Raises:
        QueryError: the query fails, with Athena's reason.
    """
    return run(sql.parse(query, parameters), context, principal, limit, _fetch)


def run(
    tree: exp.Expr,
    context: Context,
    principal: iam.Principal,
    limit: int | None,
    fetch: Callable[[duckdb.DuckDBPyConnection, Any, int], Found],
) -> Found:
    """Run a query that is parsed, and give what `fetch` makes of it.

    Args:
        tree: the query.
        context: what tables without a catalog or database belong to.
        principal: who asks.
        limit: the most bytes that may be read; None for any number.
        fetch: gets the connection, the query with its tables registered in the connection, and the bytes read.

    Raises:
        QueryError: the query fails.
    """
    tables = _open_tables(tree, context, principal)
    schema: dict[str, Any] = {}
    for name, table in tables.items():
        columns = permissions.readable(principal, name, scans.column_types(table))
        schema.setdefault(name.catalog, {}).setdefault(name.namespace, {})[name.table] = columns
    resolved = sql.resolve(tree, schema)
    connection = _engine().cursor()
    _RUNNING.add(connection)
    try:
        if _ENDING.is_set():
            raise QueryError("", "The server stops")
        connection.execute("SET TimeZone = 'UTC'")
        connection.begin()  # one transaction: every `now()` in it, of the filters too, is the same
        scanned = _register_scans(connection, resolved, tables, context, limit)
        return fetch(connection, resolved, scanned)
    except duckdb.Error as error:
        raise of_duckdb(error) from error
    finally:
        _RUNNING.discard(connection)
        connection.close()


def interrupt() -> None:
    """Let the queries that run now fail at once, and those that are about to."""
    _ENDING.set()
    for connection in list(_RUNNING):
        connection.interrupt()


@functools.cache
def _engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false"})
    for statement in macros():
        connection.execute(statement)
    return connection


def _open_tables(tree: exp.Expr, context: Context, principal: iam.Principal) -> dict[iceberg.TableName, Table]:
    """Load the tables that a query names, and name them in full in the tree."""
    tables: dict[iceberg.TableName, Table] = {}
    permitted: set[Named] = set()
    for place in _places(tree):
        named = find(place.catalog, place.db, place.name, context)
        name = named.table
        if named not in permitted:
            permissions.to_read(principal, named)
            permitted.add(named)
        if name not in tables:
            tables[name] = load(name)
        for key, part in (("catalog", name.catalog), ("db", name.namespace), ("this", name.table)):
            place.set(key, exp.to_identifier(part, quoted=True))
    return tables


def _places(tree: exp.Expr) -> list[exp.Table]:
    """Give where a query reads a table, leaving out the names of its own WITH."""
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    return [
        place
        for place in tree.find_all(exp.Table)
        if isinstance(place.this, exp.Identifier) and (place.db or place.name.lower() not in own)
    ]


def load(name: iceberg.TableName) -> Table:
    """Load a table.

    Raises:
        QueryError: there is no such table.
    """
    try:
        return iceberg.load(name)
    except NoSuchTableError as error:
        shown = f"{name.catalog}.{name.namespace}.{name.table}"
        raise QueryError("TABLE_NOT_FOUND", f"Table '{shown}' does not exist") from error


def _register_scans(
    connection: duckdb.DuckDBPyConnection,
    tree: exp.Expr,
    tables: dict[iceberg.TableName, Table],
    context: Context,
    limit: int | None,
) -> int:
    """Read what each place needs, put it in the place's stead; gives the bytes read."""

    def value(constant: exp.Expr) -> Any:
        [[found]] = connection.execute(f"SELECT {translate.to_duckdb(constant, connection)}").fetchall()
        return found

    planned = []
    for index, place in enumerate(_places(tree)):
        table = tables[find(place.catalog, place.db, place.name, context).table]
        used = [node.name for node in tree.find_all(exp.Column) if node.table == place.alias_or_name]
        planned.append((f"scan_{index}", place, scans.plan(table, used, scans.filters(place, table, value))))
    scanned: int = sum(scan.size for _, _, scan in planned)
    if limit is not None and scanned > limit:
        raise ScanLimitError
    for name, place, scan in planned:
        connection.register(name, scan.read())
        for key in ("catalog", "db"):
            place.set(key, None)
        place.set("this", exp.to_identifier(name))
    return scanned


def _fetch(connection: duckdb.DuckDBPyConnection, tree: Any, scanned: int) -> Result:
    outputs = tree.selects
    names = [
        f"_col{index}" if output.alias_or_name.startswith(sql.UNNAMED) else output.alias_or_name.lower()
        for index, output in enumerate(outputs)
    ]
    zoned = translate.to_duckdb(tree, connection)
    in_zones = [output.meta.get(zones.ZONE) for output in outputs]
    cursor = connection.execute(zoned)
    columns = [
        column(name, str(described[1]), zone)
        for name, described, zone in zip(names, cursor.description, in_zones, strict=True)
    ]
    kinds = [str(described[1]) for described in cursor.description]
    content = answers.write(names, _batches(cursor, kinds, in_zones))
    return Result(columns, content, scanned)


def _batches(cursor: Any, kinds: list[str], in_zones: list[str | None]) -> Iterator[Iterable[answers.Row]]:
    """Give the rows some at a time, converted column by column."""
    while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
        by_column = zip(zip(*rows, strict=True), kinds, in_zones, strict=True)
        yield zip(*(texts(values, kind, zone) for values, kind, zone in by_column), strict=True)
