"""What failed again after a replay: objects that came later and hold the same keys."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from threading import Event
from typing import Any

from billing.moments import parse_moment
from error_bucket import ErrorObject, ErrorObjectError, FailedRecord, Mark, identity
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.sources import Source, sources_of
from tools.operate.stack import OperatorStack
from usage.evidence import key_text

_LOOK_SECONDS = 5.0
"""How long to wait between two looks."""
_CLOCKS = timedelta(minutes=5)
"""How far the clock of whoever replayed and Firehose's, by which objects are named, may be apart."""


@dataclass
class Again:
    """What became of the records of a replay, as far as the error buckets say."""

    action_id: str
    put: int = 0
    """Different records that were put: by key, or by their bytes if they can never be rows."""
    failed: int = 0
    """Those of them that failed again."""
    codes: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> how many failed again for it."""
    objects: list[str] = field(default_factory=list)
    """The objects that they are in now, as `s3://…`."""

    @property
    def others(self) -> int:
        """Those that are rows by now, or still on their way."""
        return self.put - self.failed

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "codes": dict(sorted(self.codes.items())), "others": self.others}


def failed_again(stack: OperatorStack, action_id: str, progress: Progress = no_progress) -> Again:
    """Compare what a replay put with what failed since.

    Args:
        stack: whose.
        action_id: of the replay.
        progress: is told of every object.
    """
    again = Again(action_id)
    for source in sources_of(stack.outputs):
        marks = {key: mark for key, mark in stack.marks.of(source.error_bucket).items() if mark.action_id == action_id}
        if marks:
            _compare(stack, source, marks, again, progress)
    return again


def watch(stack: OperatorStack, action_id: str, seconds: float, progress: Progress = no_progress) -> Again:
    """Look for what fails again until that is all of it, or the time is over."""
    end = stack.clock.monotonic() + seconds
    while True:
        again = failed_again(stack, action_id)
        left = end - stack.clock.monotonic()
        if again.failed == again.put or left <= 0:
            return again
        progress("wait for what fails again", int(seconds - left), int(seconds))
        stack.clock.sleep(min(_LOOK_SECONDS, left))


def _compare(stack: OperatorStack, source: Source, marks: Mapping[str, Mark], again: Again, progress: Progress) -> None:
    bucket, stop = stack.errors(source), Event()
    first = min(parse_moment(mark.at) for mark in marks.values()) - _CLOCKS
    objects = list(bucket.objects())
    replayed = [one for one in objects if one.key in marks]
    later = [one for one in objects if one.key not in marks and one.written >= first]
    total = len(replayed) + len(later)

    def read(one: ErrorObject) -> tuple[ErrorObject, list[tuple[bytes, str]]]:
        mark = marks.get(one.key)
        every = mark is None or mark.put == mark.records
        names = list[tuple[bytes, str]]()
        with suppress(ErrorObjectError):  # the replay has told of it
            names.extend(_named(source, bucket.records(one.key), every=every))
        return one, names

    known, seen = set[bytes](), set[bytes]()
    with closing(at_once(read, [*replayed, *later], stop)) as contents:
        for number, (one, records) in enumerate(contents, start=1):
            progress(f"compare {source.role}", number, total)
            if one.key in marks:
                known.update(name for name, _ in records)
                continue
            new = {name: code for name, code in records if name in known and name not in seen}
            seen |= set(new)
            again.codes.update(new.values())
            if any(name in known for name, _ in records):
                again.objects.append(f"s3://{source.error_bucket}/{one.key}")
    again.put += len(known)
    again.failed += len(seen)


def _named(source: Source, records: Iterator[FailedRecord], *, every: bool) -> Iterator[tuple[bytes, str]]:
    """Yield of each record what it is known by, and why it failed; those that can never be rows only of `every`."""
    for record in records:
        found = identity(source.role, record.raw)
        if found is None and not every:
            continue
        name = record.raw if found is None else key_text(found.key).encode()
        yield sha256(name).digest(), record.code
