"""Backfill: records that were never delivered go onto their stream, from a file with one of them per line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from billing.chunks import in_chunks
from events.delivery import MOST_RECORDS
from rating.period import Period
from tools.operate import months
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.known import known_keys
from tools.operate.lines import (
    BadLine,
    ChangedFileError,
    Checked,
    Line,
    MonthLines,
    ToRow,
    check,
    lines_again,
    read_lines,
    row_maker,
)
from tools.operate.putting import put_all
from tools.operate.sources import Source, source_of
from tools.operate.stack import OperatorStack
from usage.counted import Counted

_PUTS_AT_ONCE = 4
_SHOWN = 10
"""Lines that the refusal names."""
_TICK = timedelta(microseconds=1)


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
    """Different keys of those that can, month by month."""
    in_table: int
    """Keys that the table has already: their lines are not put."""
    to_put: int
    """Lines that are left to be put; a key that stands in several lines goes as often, and counts once."""
    put: int
    """Lines that were put; none in a dry run."""
    months: tuple[dict[str, Any], ...]
    """Which months they belong to, how many lines each, and what that means for bills."""
    resumes: str | None = None
    """The backfill of the same file that did not come to its end, and is gone on with."""

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
    changed: bool = False,
    reason: str | None = None,
    progress: Progress = no_progress,
) -> BackfillResult:
    """Put the records of a file on a stream: those whose keys the table does not have yet.

    Args:
        stack: whose.
        path: of the file: access-log lines as the stage writes them, or events as they go onto their stream.
        source: what they are.
        skip_invalid: whether lines that can be no rows are left out; else one refuses the whole file.
        changed: whether the file may be another than that with which an unfinished backfill of it began.
        reason: why; None for a dry run, which writes nothing.
        progress: is told of every step.

    Raises:
        UnknownSourceError: there is no such source.
        BadLinesError: a line can be no row.
        ChangedFileError: the file changes while it is read, or is not that of the backfill that is gone on with.
        OSError: the file cannot be read.
        StreamRefusesError: the stream takes nothing any more; what is left, the next backfill does.
    """
    kind = source_of(stack.outputs, source)
    now = stack.now  # records arrive now, whatever the command's time
    make = row_maker(kind.role, lambda: stack.catalog)
    checked = check(path, kind.table, make, now, progress)
    if checked.bad and not skip_invalid:
        raise BadLinesError(path, checked)
    resumes = _resumes(stack, path, kind.role, checked, changed=changed)
    known = {month: _known(stack, kind, month, lines, progress) for month, lines in sorted(checked.months.items())}
    file = _File(path, kind, make, now, checked, known)
    told = [
        {**one, "lines": checked.months[Period.parse(one["month"])].lines}
        for one in months.effects(stack, checked.months, now)
    ]

    def result(action_id: str | None, put: int) -> BackfillResult:
        counts = (checked.lines, tuple(checked.bad), checked.keys, file.in_table, file.to_put, put)
        return BackfillResult(action_id, kind.role, str(path), checked.digest, *counts, tuple(told), resumes)

    if reason is None:
        return result(None, 0)
    arguments = {"file": path.resolve(), "sha256": checked.digest, "source": kind.role, "skip_invalid": skip_invalid}
    more = {"changed": changed or None, "resumes": resumes}
    with stack.action("backfill", {**arguments, **more}, reason) as action:
        counts = Counter[str]()
        try:
            _put(stack, file, counts, progress)
        finally:
            done = result(action.id, counts["put"]).to_json()
            action.result.update({**done, "invalid": checked.reasons})
    return result(action.id, counts["put"])


@dataclass(frozen=True)
class _File:
    """A file that was checked, and what the table has of it."""

    path: Path
    source: Source
    make: ToRow
    arrival: datetime
    checked: Checked
    known: Mapping[Period, set[bytes]]

    @property
    def in_table(self) -> int:
        return sum(map(len, self.known.values()))

    @property
    def to_put(self) -> int:
        months = self.checked.months.items()
        return sum(count for month, of in months for key, count in of.keys.items() if key not in self.known[month])

    def new(self) -> Iterator[Line]:
        """Yield the lines whose keys are not known."""
        for line in read_lines(lines_again(self.path, self.checked), self.source.table, self.make, self.arrival):
            if isinstance(line, Line) and line.key not in self.known[Period.of(line.time)]:
                yield line


def _resumes(stack: OperatorStack, path: Path, role: str, checked: Checked, *, changed: bool) -> str | None:
    """Return the backfill of the file that did not come to its end, and hold the file to what it was then."""
    file = {"file": str(path.resolve()), "source": role}
    every = [
        action
        for action in stack.actions.all()
        if action["command"] == "backfill" and file.items() <= action["arguments"].items()
    ]
    gone_on_with = {action["arguments"].get("resumes") for action in every}
    left = [action for action in every if action["state"] != "done" and action["id"] not in gone_on_with]
    if not left:
        return None
    action, arguments = left[0], left[0]["arguments"]
    if arguments["sha256"] != checked.digest and not changed:
        rule = f"must be as it was when {action['id']} began, which did not come to its end"
        hint = "go on with that file, or say by --changed that another is meant"
        raise ChangedFileError(f"{path}: {rule} (SHA-256 {arguments['sha256']}), has SHA-256 {checked.digest}; {hint}")
    return str(action["id"])


def _known(stack: OperatorStack, source: Source, month: Period, lines: MonthLines, progress: Progress) -> set[bytes]:
    """Return the keys that the table has of a month's lines: of these, nothing more would count.

    Where callers say a record's time, that is what a bill of the month looks at: a row of the key whose time is farther
    away is a record of its own.
    """
    table = source.table
    within = (lines.first, lines.last + _TICK)
    if table.time_is_callers:
        counted = Counted(stack.table(table.role), month, stack.now, stack.catalog.duplicate_window_days).between
        within = (counted.seen_from, counted.seen_until)

    def told(what: str, done: int, total: int | None) -> None:
        progress(f"{what}, {month}", done, total)

    return known_keys(stack, table.role, lines.keys, within=within, progress=told)


def _put(stack: OperatorStack, file: _File, counts: Counter[str], progress: Progress) -> None:
    stream, name, stop, to_put = stack.stream(file.source), file.source.stream, Event(), file.to_put

    def put(portion: list[Line]) -> int:
        put_all(stream, name, [line.raw for line in portion], stop)
        return len(portion)

    with closing(at_once(put, in_chunks(file.new(), MOST_RECORDS), stop, _PUTS_AT_ONCE)) as done:
        for count in done:
            counts["put"] += count
            progress("backfill", counts["put"], to_put)
