"""Which keys a table has."""

from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import datetime
from threading import Event

from billing.chunks import in_chunks
from tools.operate.at_once import Progress, at_once
from tools.operate.stack import OperatorStack
from usage import sql
from usage.evidence import key_hash_sql
from usage.sql import TableName

KEYS_PER_QUERY = 3000
"""Their hashes in quotes are 201 KB, of 256 KiB that a query's text may have."""
_AT_ONCE = 4
"""Queries; an account may run twenty and more, but the program's own are among them."""


def known_keys(
    stack: OperatorStack,
    role: str,
    keys: Collection[bytes],
    *,
    within: tuple[datetime, datetime],
    progress: Progress,
) -> set[bytes]:
    """Return those of the keys that a table has rows of.

    Args:
        stack: whose table.
        role: of the table.
        keys: their hashes, as `usage.evidence` makes them.
        within: the first moment that a row with one of the keys can have, and the first one after the last.
        progress: is told after each query.
    """
    table = stack.table(role)
    parts = list(in_chunks(sorted(keys), KEYS_PER_QUERY))

    def ask(part: list[bytes]) -> list[bytes]:
        answer = stack.lake.query(_query(table, part, *within))
        return [bytes.fromhex(row[0]) for row in answer.rows]

    found = set[bytes]()
    with closing(at_once(ask, parts, Event(), _AT_ONCE)) as answers:
        for number, some in enumerate(answers, start=1):
            found.update(some)
            progress("look up keys", number, len(parts))
    return found


def _query(table: TableName, keys: list[bytes], start: datetime, end: datetime) -> str:
    records = table.records
    key_hash, time = key_hash_sql(records.key), sql.identifier(records.time)
    wanted = ", ".join(_texts(keys))
    return (
        f"SELECT DISTINCT {key_hash} AS key_hash\nFROM {table}\n"
        f"WHERE {time} >= {sql.moment(start)} AND {time} < {sql.moment(end)}\n  AND {key_hash} IN ({wanted})"
    )


def _texts(keys: list[bytes]) -> Iterator[str]:
    return (sql.text(key.hex().upper()) for key in keys)
