"""What the lake is asked about hours, as SQL for Athena.

Rows of one hour of arrival lie in the partitions of whatever days they belong to; files tell between which arrivals
they have rows, so that Athena opens few. A record is one key: the columns of the key are all that is read beside times.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from billing.lake import Answer
from reconciliation.hours import HOUR, Window
from usage import sql
from usage.failure import ResultError
from usage.sql import TableName, identifier

HOURS_PER_QUERY = 96
"""How many hours one query looks at: it holds their keys."""

_HOUR = "hour"
_ARRIVED = (_HOUR, "deliveries", "keys", "arrivals")
_BELONGING = (_HOUR, "keys")


@dataclass(frozen=True)
class ArrivedRows:
    """The rows that arrived in one hour."""

    rows: int
    keys: int
    """Distinct keys."""
    duplicates: int
    """Rows beyond the first of a key and a moment of arrival."""


def arrived_query(table: TableName, window: Window) -> str:
    """Return the query for the rows that arrived, by hour of arrival; hours without rows are left out."""
    keys = ", ".join(sql.identifiers(table.records.key))
    arrival = identifier(table.records.ingested_at)
    return (
        f"SELECT {_HOUR}, sum(deliveries) AS deliveries, count(*) AS keys, sum(arrivals) AS arrivals\n"
        f"FROM (\nSELECT {_HOUR}, {keys}, sum(deliveries) AS deliveries, count(*) AS arrivals\n"
        f"FROM (\n{_grouped(table, arrival, window, f'{keys}, {arrival}')}) AS arrived\n"
        f"GROUP BY {_HOUR}, {keys}) AS records\nGROUP BY {_HOUR}\n"
    )


def belonging_query(table: TableName, window: Window, values: Mapping[str, str]) -> str:
    """Return the query for the records that belong to hours by their own time; hours without any are left out.

    Args:
        table: of the records.
        window: of the hours.
        values: which records, by column; a row that has no value there, or another one, is none of them.
    """
    keys = ", ".join(sql.identifiers(table.records.key))
    wanted = "".join(f" AND {identifier(column)} = {sql.text(value)}" for column, value in values.items())
    grouped = _grouped(table, identifier(table.records.time), window, keys, wanted)
    return f"SELECT {_HOUR}, count(*) AS keys\nFROM (\n{grouped}) AS records\nGROUP BY {_HOUR}\n"


def read_arrived(answer: Answer, window: Window) -> dict[int, ArrivedRows]:
    """Return what `arrived_query` found, by the hour's place in the window.

    Raises:
        ResultError: the answer is not one to that question.
    """
    return {
        row[_HOUR]: ArrivedRows(row["deliveries"], row["keys"], row["deliveries"] - row["arrivals"])
        for row in _rows(answer, _ARRIVED, window)
    }


def read_belonging(answer: Answer, window: Window) -> dict[int, int]:
    """Return what `belonging_query` found: the number of records, by the hour's place in the window.

    Raises:
        ResultError: the answer is not one to that question.
    """
    return {row[_HOUR]: row["keys"] for row in _rows(answer, _BELONGING, window)}


def _grouped(table: TableName, time: str, window: Window, columns: str, wanted: str = "") -> str:
    """Return the SELECT of one row for each combination of columns and hour."""
    hour = f"date_diff('hour', {sql.moment(window.start)}, {time})"
    return (
        f"SELECT {hour} AS {_HOUR}, {columns}, count(*) AS deliveries\nFROM {table}\n"
        f"WHERE {time} >= {sql.moment(window.start)} AND {time} < {sql.moment(window.start + len(window) * HOUR)}"
        f"{wanted}\n"
        f"GROUP BY {hour}, {columns}"
    )


def _rows(answer: Answer, names: tuple[str, ...], window: Window) -> Iterator[Mapping[str, int]]:
    if tuple(answer.header) != names:
        raise ResultError(f"query {answer.query_id}: columns must be {', '.join(names)}, got {answer.header}")
    seen: set[int] = set()
    for texts in answer.rows:
        try:
            row = dict(zip(names, map(int, texts), strict=True))
        except ValueError as error:
            raise ResultError(f"query {answer.query_id}: a row must be whole numbers, got {texts}") from error
        if row[_HOUR] in seen or row[_HOUR] not in range(len(window)):
            raise ResultError(f"query {answer.query_id}: each hour must be of the window, and once, got {texts}")
        seen.add(row[_HOUR])
        yield row
