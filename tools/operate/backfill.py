"""Backfill: records that were never delivered go onto their stream, from a file with one of them per line."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from billing.chunks import in_chunks
from events.delivery import MOST_RECORDS
from metering.records import RecordTable
from tools.operate import months
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.known import known_keys
from tools.operate.lines import BadLine, Checked, Line, ToRow, check, read_lines, row_maker, whole_lines
from tools.operate.putting import put_all
from tools.operate.sources import Source, source_of
from tools.operate.stack import OperatorStack

_PUTS_AT_ONCE = 4
_SHOWN = 10
"""Lines that the refusal names."""
_AROUND = timedelta(days=31)
"""How far apart the times may be that a caller gave one event in two deliveries, to find its key."""


class BadLinesError(ValueError):
    """The file has lines that can be no rows; the message tells how many, for what, and where the first ones are."""

    def __init__(self, path: Path, checked: Checked) -> None:
        reasons = ", ".join(f"{reason} {count}" for reason, count in checked.reasons.items())
        places = ", ".join(str(line.number) for line in checked.bad[:_SHOWN])
        more = ", …" if len(checked.bad) > _SHOWN else ""
        super().__init__(
            f"{path}: every line must be a record that can be a row, {len(checked.bad)} are none ({reasons}), "
            f"in lines {places}{more}; mend them, or leave them out by --skip-invalid"
        )
        self.checked = checked


@dataclass(frozen=True)
class BackfillResult:
    """What a backfill did, or would do."""

    action_id: str | None
    """None for a dry run."""
    source: str
    file: str
    digest: str
    """SHA-256 of the file."""
    lines: int
    """Lines that can be rows."""
    invalid: tuple[BadLine, ...]
    """Lines that cannot."""
    keys: int
    """Different keys of those that can."""
    in_table: int
    """Keys that the table has already: their lines are not put."""
    put: int
    """Lines that were put; none in a dry run."""
    months: tuple[dict[str, Any], ...]
    """Which months they belong to, how many lines each, and what that means for bills."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        invalid = [line._asdict() for line in self.invalid]
        return {**vars(self), "invalid": invalid, "months": list(self.months)}


def backfill(
    stack: OperatorStack,
    path: Path,
    source: str,
    *,
    skip_invalid: bool = False,
    reason: str | None = None,
    progress: Progress = no_progress,
) -> BackfillResult:
    """Put the records of a file on a stream: those whose keys the table does not have yet.

    Args:
        stack: whose.
        path: of the file: access-log lines as the stage writes them, or events as they go onto their stream.
        source: what they are.
        skip_invalid: whether lines that can be no rows are left out; else one refuses the whole file.
        reason: why; None for a dry run, which writes nothing.
        progress: is told of every step.

    Raises:
        UnknownSourceError: there is no such source.
        BadLinesError: a line can be no row.
        OSError: the file cannot be read.
        StreamRefusesError: the stream takes nothing any more; what is left, the next backfill does.
    """
    kind = source_of(stack.outputs, source)
    make, at = row_maker(kind.role, lambda: stack.catalog), stack.at
    checked = check(path, kind.table, make, at, progress)
    if checked.bad and not skip_invalid:
        raise BadLinesError(path, checked)
    known = _known(stack, kind.table, checked, progress)
    told = months.effects(stack, checked.months)
    told = [{**one, "lines": count} for one, (_, count) in zip(told, sorted(checked.months.items()), strict=True)]

    def result(action_id: str | None, put: int) -> BackfillResult:
        counts = (checked.lines, tuple(checked.bad), len(checked.keys), len(known), put, tuple(told))
        return BackfillResult(action_id, kind.role, str(path), checked.digest, *counts)

    if reason is None:
        return result(None, 0)
    arguments = {"file": path, "sha256": checked.digest, "source": kind.role, "skip_invalid": skip_invalid}
    with stack.actions.action("backfill", arguments, reason=reason, by=stack.who, at=at) as action:
        counts = Counter[str]()
        try:
            _put(stack, kind, _new(path, kind.table, make, at, known), counts, progress)
        finally:
            done = result(action.id, counts["put"]).to_json()
            action.result.update({**done, "invalid": checked.reasons})
    return result(action.id, counts["put"])


def _known(stack: OperatorStack, table: RecordTable, checked: Checked, progress: Progress) -> set[bytes]:
    if checked.first is None or checked.last is None:
        return set()
    around = _AROUND if table.time_is_callers else timedelta(0)
    return known_keys(
        stack, table.role, checked.keys, within=(checked.first - around, checked.last + around), progress=progress
    )


def _new(path: Path, table: RecordTable, make: ToRow, at: datetime, known: set[bytes]) -> Iterator[Line]:
    """Yield the lines whose keys are not known."""
    for line in read_lines(whole_lines(path, lambda _: None), table, make, at):
        if isinstance(line, Line) and bytes.fromhex(line.key_hash) not in known:
            yield line


def _put(stack: OperatorStack, source: Source, lines: Iterator[Line], counts: Counter[str], progress: Progress) -> None:
    stream, stop = stack.stream(source), Event()

    def put(portion: list[Line]) -> int:
        put_all(stream, source.stream, [line.raw for line in portion], stop)
        return len(portion)

    with closing(at_once(put, in_chunks(lines, MOST_RECORDS), stop, _PUTS_AT_ONCE)) as done:
        for count in done:
            counts["put"] += count
            progress("backfill", counts["put"], None)
