"""The lines of a file to be backfilled, each checked by the code that makes rows of records."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from events.rows import to_row as event_to_row
from events.rules import Rules
from metering.failure import RecordError
from metering.records import API_REQUESTS, RecordTable
from metering.transform import to_row
from rating.catalog import Catalog
from rating.period import Period
from tools.operate.at_once import Progress
from usage.evidence import key_text

MOST_BYTES = 1_024_000
"""Of one record: Firehose's limit."""
TOO_LARGE = "TooLarge"
"""Reason of a line that no stream takes."""
BLOCK_BYTES = 1024 * 1024
"""So many bytes, to the end of the line, have a digest of their own."""

_EACH = 5000

ToRow = Callable[[bytes, int], bytes]
"""Record and arrival (epoch ms) -> row as JSON; raises a `RecordError`."""


class ChangedFileError(ValueError):
    """A file is not what it was before; the message names it, what it must be, and what was done."""


class BadLine(NamedTuple):
    """A line that can be no row."""

    number: int
    """Counted from 1."""
    reason: str
    """The transform's."""


class Line(NamedTuple):
    """A line that can be a row."""

    raw: bytes
    key_hash: str
    """SHA-256 of the row's key, as `usage.evidence` hashes it: hexadecimal digits in upper case."""
    time: datetime
    """The moment to which the row belongs."""

    @property
    def key(self) -> bytes:
        """The hash of the row's key."""
        return bytes.fromhex(self.key_hash)


@dataclass
class MonthLines:
    """The lines of a file that belong to one month."""

    first: datetime
    """The earliest time among them."""
    last: datetime
    """The latest."""
    keys: Counter[bytes] = field(default_factory=Counter)
    """Hash of a key -> number of lines that have it."""

    def add(self, line: Line) -> None:
        """Count a line."""
        self.first, self.last = min(self.first, line.time), max(self.last, line.time)
        self.keys[line.key] += 1

    @property
    def lines(self) -> int:
        """Number of the lines."""
        return self.keys.total()


@dataclass
class Checked:
    """What a file has."""

    digest: str = ""
    """SHA-256 of the file, in hexadecimal digits."""
    blocks: list[bytes] = field(default_factory=list)
    """SHA-256 of each block of whole lines, by which a change is noticed before anything of the block is used."""
    bad: list[BadLine] = field(default_factory=list)
    months: dict[Period, MonthLines] = field(default_factory=dict)
    """Lines that can be rows, by the month to which they belong; blank ones are none."""

    @property
    def lines(self) -> int:
        """Number of lines that can be rows."""
        return sum(month.lines for month in self.months.values())

    @property
    def keys(self) -> int:
        """Number of their different keys, month by month."""
        return sum(len(month.keys) for month in self.months.values())

    @property
    def reasons(self) -> dict[str, int]:
        """Reason -> number of bad lines."""
        return dict(sorted(Counter(line.reason for line in self.bad).items()))


def row_maker(role: str, catalog: Callable[[], Catalog]) -> ToRow:
    """Return what makes rows of a source's records.

    Args:
        role: of the table.
        catalog: has the rules of events; asked for only if they are needed.
    """
    if role == API_REQUESTS.role:
        return lambda raw, arrival: to_row(raw, arrival, frozenset())
    rules = Rules(catalog().meters.values())
    return lambda raw, arrival: event_to_row(raw, arrival, rules)


def check(path: Path, table: RecordTable, make: ToRow, arrival: datetime, progress: Progress) -> Checked:
    """Read a file of one record per line, and tell what it has.

    Args:
        path: of the file.
        table: whose records they are.
        make: makes rows of them.
        arrival: when they are to arrive.
        progress: is told now and then.
    """
    checked, whole = Checked(), sha256()

    def seen(block: bytes) -> None:
        whole.update(block)
        checked.blocks.append(sha256(block).digest())

    for number, line in enumerate(read_lines(_whole_lines(path, seen), table, make, arrival), start=1):
        if isinstance(line, BadLine):
            checked.bad.append(line)
        else:
            checked.months.setdefault(Period.of(line.time), MonthLines(line.time, line.time)).add(line)
        if number % _EACH == 0:
            progress("check lines", number, None)
    checked.digest = whole.hexdigest()
    return checked


def lines_again(path: Path, checked: Checked) -> Iterator[bytes]:
    """Yield the lines of a file that was checked, with their ends.

    Raises:
        ChangedFileError: it has changed since. Nothing is yielded of the block that differs, or of what follows it.
    """
    blocks = iter(checked.blocks)

    def seen(block: bytes) -> None:
        if sha256(block).digest() != next(blocks, None):
            raise ChangedFileError(_changed(path, checked))

    yield from _whole_lines(path, seen)
    if next(blocks, None) is not None:
        raise ChangedFileError(_changed(path, checked))


def _changed(path: Path, checked: Checked) -> str:
    rule = f"must stay what it was when it was checked (SHA-256 {checked.digest}), and be a file that can be read twice"
    return f"{path}: {rule}; has changed. Nothing of what changed is put; lines before it may be"


def _whole_lines(path: Path, seen: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; `seen` gets each block of them before its first line is yielded."""
    with path.open("rb") as file:
        while block := file.readlines(BLOCK_BYTES):
            seen(b"".join(block))
            yield from block


def read_lines(lines: Iterable[bytes], table: RecordTable, make: ToRow, arrival: datetime) -> Iterator[Line | BadLine]:
    """Yield each line but blank ones: as one that can be a row, or as one that cannot."""
    for number, line in enumerate(lines, start=1):
        raw = line.rstrip(b"\r\n")
        if not raw.strip():
            continue
        if len(raw) > MOST_BYTES:
            yield BadLine(number, TOO_LARGE)
            continue
        try:
            row = json.loads(make(raw, int(arrival.timestamp() * 1000)))
        except RecordError as error:
            yield BadLine(number, error.reason.value)
            continue
        digest = sha256(key_text([row[name] for name in table.key]).encode()).hexdigest().upper()
        yield Line(raw, digest, datetime.fromisoformat(row[table.time]).astimezone(UTC))
