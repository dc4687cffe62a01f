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

_EACH = 5000

ToRow = Callable[[bytes, int], bytes]
"""Record and arrival (epoch ms) -> row as JSON; raises a `RecordError`."""


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


@dataclass
class Checked:
    """What a file has."""

    digest: str = ""
    """SHA-256 of the file, in hexadecimal digits."""
    lines: int = 0
    """Lines that can be rows; blank ones are none."""
    bad: list[BadLine] = field(default_factory=list)
    keys: set[bytes] = field(default_factory=set)
    """Hashes of the keys of all lines that can be rows."""
    months: Counter[Period] = field(default_factory=Counter)
    """To which months they belong."""
    first: datetime | None = None
    last: datetime | None = None

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
    for line in read_lines(whole_lines(path, whole.update), table, make, arrival):
        if isinstance(line, BadLine):
            checked.bad.append(line)
            continue
        checked.lines += 1
        checked.keys.add(bytes.fromhex(line.key_hash))
        checked.months[Period.of(line.time)] += 1
        checked.first = min(checked.first or line.time, line.time)
        checked.last = max(checked.last or line.time, line.time)
        if checked.lines % _EACH == 0:
            progress("check lines", checked.lines, None)
    checked.digest = whole.hexdigest()
    return checked


def whole_lines(path: Path, seen: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield the lines of a file with their ends; `seen` gets all bytes of it."""
    with path.open("rb") as file:
        for line in file:
            seen(line)
            yield line


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
