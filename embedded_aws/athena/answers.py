"""Result files: a header row first, every value quoted, null as nothing at all.

A result is held once, as its file's bytes, and read back from them page by page: as Python's values, a month's usage of
100,000 tenants would take a gigabyte.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

Row = Sequence[str | None]

_CELL = re.compile(rb'(?:"((?:[^"]|"")*)")?([,\n])')


def write(names: Sequence[str], batches: Iterable[Iterable[Row]]) -> bytes:
    """Write a result file; nothing if there are no columns.

    Args:
        names: of the columns.
        batches: the rows, some at a time.
    """
    if not names:
        return b""
    return b"".join(["".join(map(_line, batch)).encode() for batch in ([names], *batches)])


def read(content: bytes, start: int = 0) -> Iterator[tuple[list[str | None], int]]:
    """Yield the rows of a result file, the header among them, each with the position after it.

    Args:
        content: of the file.
        start: position of the first row to read: 0, or one that was yielded before.
    """
    row: list[str | None] = []
    for cell in _CELL.finditer(content, start):
        row.append(None if cell[1] is None else cell[1].decode().replace('""', '"'))
        if cell[2] == b"\n":
            yield row, cell.end()
            row = []


def _line(values: Row) -> str:
    return ",".join(["" if value is None else '"' + value.replace('"', '""') + '"' for value in values]) + "\n"
