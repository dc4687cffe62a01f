"""Replay: what failed goes back through the pipeline with its original bytes, and so with its original key.

The mark of an object says how many of its records are on the stream again: what a crash left half-way goes on from
there. What was put and not noted goes once more, which does no harm, for a key counts once. Records that can never be
rows are left, unless everything is wanted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from threading import Event
from typing import Any, NamedTuple

from billing.chunks import in_chunks
from error_bucket import ErrorObject, Mark, is_aside, is_done
from events.delivery import MOST_RECORDS
from rating.period import Period
from tools.operate.again import Again, watch
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.audit import Action
from tools.operate.months import effects
from tools.operate.objects import Content, content_of, to_put
from tools.operate.putting import put_all
from tools.operate.sources import Source, sources_of
from tools.operate.stack import OperatorStack


@dataclass(frozen=True)
class Wanted:
    """What is to be replayed."""

    source: str | None = None
    """One of the sources; None for all."""
    since: datetime | None = None
    """Objects that were written before are left."""
    until: datetime | None = None
    """Objects that were written at this moment or later are left."""
    reason_code: str | None = None
    """Only objects with a record that failed for this code of Firehose's."""
    everything: bool = False
    """Whether records go, too, that can never be rows, and those of objects that were set aside."""


@dataclass
class SourceReplay:
    """What became of one source's objects."""

    source: str
    objects: int = 0
    """Objects of which something is to be put again."""
    resumed: int = 0
    """Those of them that an earlier replay left half-way."""
    records: int = 0
    """Records to be put again."""
    put: int = 0
    """Records that were put; none in a dry run."""
    codes: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> how many of the records to be put failed for it."""
    never: Counter[str] = field(default_factory=Counter)
    """The transform's reason -> how many records can never be rows; they are among those to be put only if wanted."""
    months: Counter[Period] = field(default_factory=Counter)
    """Month -> how many records of those objects belong to it and can be rows."""
    set_aside: int = 0
    """Objects none of whose records can be a row: they are marked as replayed, with nothing put. What they have stays
    missing in its hours, until these are accepted or everything is replayed."""
    done_before: int = 0
    """Objects that were replayed or set aside before, and of which nothing more is to be put."""
    unreadable: int = 0
    """Objects that cannot be read: they are left as they are."""
    why_unreadable: str | None = None
    """Why, of the last one."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        months = {str(month): number for month, number in sorted(self.months.items())}
        named = {"codes": dict(sorted(self.codes.items())), "never": dict(sorted(self.never.items()))}
        return {**vars(self), **named, "months": months}


@dataclass(frozen=True)
class ReplayResult:
    """What a replay did, or would do."""

    action_id: str | None
    """None for a dry run."""
    sources: tuple[SourceReplay, ...]
    effects: tuple[dict[str, Any], ...]
    """What it means for bills, by month."""
    again: Again | None = None
    """What had failed again at the end of the wait; None if nobody waited."""

    @property
    def put(self) -> int:
        """Records that were put."""
        return sum(one.put for one in self.sources)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "action_id": self.action_id,
            "sources": [one.to_json() for one in self.sources],
            "effects": list(self.effects),
            "again": self.again and self.again.to_json(),
        }


def replay(
    stack: OperatorStack,
    wanted: Wanted,
    *,
    reason: str | None = None,
    wait: float = 0,
    progress: Progress = no_progress,
) -> ReplayResult:
    """Put the records of error objects on their streams again.

    Args:
        stack: whose.
        wanted: which ones.
        reason: why; None for a dry run, which writes nothing.
        wait: how many seconds to look for records that fail again.
        progress: is told of every object.

    Raises:
        UnknownSourceError: there is no such source.
        StreamRefusesError: a stream takes nothing any more; what is left, the next replay does.
    """
    sources = sources_of(stack.outputs, wanted.source)
    if reason is None:
        dry = tuple(_Replay(stack, source, wanted, None).run(progress) for source in sources)
        return ReplayResult(None, dry, _effects(stack, dry))
    with stack.action("replay", vars(wanted), reason) as action:
        found: list[SourceReplay] = []
        for source in sources:
            work = _Replay(stack, source, wanted, action)
            found.append(work.counts)
            try:
                work.run(progress)
            finally:
                action.result["sources"] = [one.to_json() for one in found]
    again = watch(stack, action.id, wait, progress) if wait > 0 else None
    return ReplayResult(action.id, tuple(found), _effects(stack, found), again)


def _effects(stack: OperatorStack, found: Iterable[SourceReplay]) -> tuple[dict[str, Any], ...]:
    """Tell what it means for bills that records arrive now, whatever the command's time: all are put, or would be."""
    return tuple(effects(stack, [month for one in found for month in one.months], stack.now))


class _Handled(NamedTuple):
    """What an object has, what of it is to be put by code, and how much was put."""

    content: Content
    codes: Counter[str]
    records: int = 0
    put: int = 0
    resumed: bool = False
    set_aside: bool = False
    done: bool = False


_NOTHING = _Handled(Content(), Counter())


class _Replay:
    """The replay of one source; `action` is None in a dry run."""

    def __init__(self, stack: OperatorStack, source: Source, wanted: Wanted, action: Action | None) -> None:
        self._stack, self._source, self._wanted, self._action = stack, source, wanted, action
        self._bucket, self._stream = stack.errors(source), stack.stream(source)
        self._marks: Mapping[str, Mark] = stack.marks.of(source.error_bucket)
        self._stop = Event()
        self.counts = SourceReplay(source.role)

    def run(self, progress: Progress) -> SourceReplay:
        objects = list(self._bucket.objects(self._wanted.since, self._wanted.until))
        with closing(at_once(self._handle, objects, self._stop)) as handled:
            for number, one in enumerate(handled, start=1):
                self._count(one)
                progress(f"replay {self._source.role}", number, len(objects))
        return self.counts

    def _handle(self, one: ErrorObject) -> _Handled:
        """Put what there is to put of an object."""
        mark, wanted = self._marks.get(one.key), self._wanted
        done = is_done(self._marks, one.key)
        aside = is_aside(self._marks, one.key) and not wanted.everything
        if aside or (mark and done and mark.put == mark.records):
            return _NOTHING._replace(done=True)
        content = content_of(self._source.role, self._bucket.records(one.key))
        if content.unreadable:
            return _NOTHING._replace(content=content)
        if wanted.reason_code is not None and wanted.reason_code not in content.codes(everything=True):
            return _NOTHING
        codes, put_before = content.codes(everything=wanted.everything), mark.put if mark else 0
        if done and put_before != content.can_be.total():
            put_before = 0  # other records can be rows by today's rules than by those of then: they all go
        if done and put_before:
            codes, content = codes - content.can_be, replace(content, months=Counter())
        if not codes:
            if not done and self._action:
                self._set_aside(one.key, content, put_before, self._action)
            return _Handled(content, codes, set_aside=not done, done=done)
        records = max(content.codes(everything=wanted.everything).total() - put_before, 0)
        put = self._put(one.key, content, put_before, self._action) if self._action else 0
        return _Handled(content, codes, records, put, mark is not None and not done)

    def _put(self, key: str, content: Content, put_before: int, action: Action) -> int:
        """Put an object's records, but those that were put before; return how many."""
        marks, bucket, at = self._stack.marks, self._source.error_bucket, action.at
        if not marks.begin(bucket, key, action_id=action.id, at=at, records=content.records):
            return 0  # somebody else put them all just now
        records = to_put(self._source.role, self._bucket, key, everything=self._wanted.everything)
        put = put_before
        for portion in in_chunks(islice(records, put_before, None), MOST_RECORDS):
            put_all(self._stream, self._source.stream, portion, self._stop)
            put += len(portion)
            marks.advance(bucket, key, at=at, put=put)
        marks.done(bucket, key, at=at, put=put)
        return put - put_before

    def _set_aside(self, key: str, content: Content, put_before: int, action: Action) -> None:
        marks, bucket = self._stack.marks, self._source.error_bucket
        if marks.begin(bucket, key, action_id=action.id, at=action.at, records=content.records):
            marks.done(bucket, key, at=action.at, put=put_before)

    def _count(self, one: _Handled) -> None:
        counts = self.counts
        counts.set_aside += one.set_aside
        counts.done_before += one.done
        counts.unreadable += one.content.unreadable is not None
        counts.why_unreadable = one.content.unreadable or counts.why_unreadable
        counts.never.update(one.content.never)
        counts.objects += bool(one.codes)
        counts.resumed += one.resumed
        counts.records += one.records
        counts.codes.update(one.codes)
        counts.months.update(one.content.months if one.codes else {})
        counts.put += one.put
