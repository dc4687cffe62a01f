"""Setting error objects aside: somebody has looked at them, and nothing of them will be put again.

It ends their alarm. What their hours lack stays missing, until the hours are accepted.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from error_bucket import ErrorObject, is_aside, is_done
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.objects import Content, content_of
from tools.operate.replay import Wanted
from tools.operate.sources import Source, sources_of
from tools.operate.stack import OperatorStack


@dataclass
class SourceAside:
    """What was set aside of one source, or would be."""

    source: str
    objects: int = 0
    records: int = 0
    """Records in these objects."""
    codes: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> how many of the records failed for it."""
    half_way: int = 0
    """Objects of which a replay has put a part: they are left, for the next replay to end."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "codes": dict(sorted(self.codes.items()))}


@dataclass(frozen=True)
class AsideResult:
    """What was set aside."""

    action_id: str | None
    """None for a dry run."""
    sources: tuple[SourceAside, ...]

    @property
    def objects(self) -> int:
        """Objects that were set aside."""
        return sum(one.objects for one in self.sources)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"action_id": self.action_id, "sources": [one.to_json() for one in self.sources]}


def set_aside(
    stack: OperatorStack, wanted: Wanted, *, reason: str | None = None, progress: Progress = no_progress
) -> AsideResult:
    """Set error objects aside that were not replayed.

    Args:
        stack: whose.
        wanted: which ones.
        reason: why; None for a dry run, which writes nothing.
        progress: is told of every object.

    Raises:
        UnknownSourceError: there is no such source.
    """
    sources = sources_of(stack.outputs, wanted.source)
    if reason is None:
        return AsideResult(None, tuple(_of_source(stack, source, wanted, None, progress) for source in sources))
    arguments = {name: value for name, value in vars(wanted).items() if name != "everything"}
    with stack.action("set-aside", arguments, reason) as action:
        found = tuple(_of_source(stack, source, wanted, action.id, progress) for source in sources)
        action.result["sources"] = [one.to_json() for one in found]
    return AsideResult(action.id, found)


def _of_source(
    stack: OperatorStack, source: Source, wanted: Wanted, action_id: str | None, progress: Progress
) -> SourceAside:
    bucket, marks = stack.errors(source), stack.marks.of(source.error_bucket)
    objects = [
        one
        for one in bucket.objects(wanted.since, wanted.until)
        if not (is_done(marks, one.key) or is_aside(marks, one.key))
    ]
    counts = SourceAside(source.role)

    def handle(one: ErrorObject) -> tuple[Content, bool] | None:
        content = content_of(source.role, bucket.records(one.key))
        if wanted.reason_code is not None and wanted.reason_code not in content.codes(everything=True):
            return None
        if action_id is None:
            return content, one.key not in marks
        mark = stack.marks.set_aside(
            source.error_bucket, one.key, action_id=action_id, at=stack.at, records=content.records
        )
        return content, mark is not None

    with closing(at_once(handle, objects, Event())) as handled:
        for number, one in enumerate(handled, start=1):
            progress(f"set aside {source.role}", number, len(objects))
            if one is None:
                continue
            content, is_set = one
            counts.half_way += not is_set
            if is_set:
                counts.objects += 1
                counts.records += content.records
                counts.codes.update(content.codes(everything=True))
    return counts
