"""What lies in an error bucket, by hour: records that failed, and those that a replay put on the stream again.

An object is read once; what was found in it is kept. So a run that is cut short in a disaster of millions of records
has not read in vain, and the next one goes on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing.moments import moment_text, parse_moment
from error_bucket import FailedRecord, Mark, identity, is_aside, is_done
from metering.records import TABLES
from reconciliation.hours import hour_of


@dataclass(frozen=True)
class ObjectCounts:
    """How many records an object has, by hour as text."""

    key: str
    can_be: Mapping[str, int]
    """Records that can be rows, by the hour of their arrival."""
    never: Mapping[str, int]
    """Records that can be none, by the hour of their arrival."""
    belonging: Mapping[str, int]
    """Records that can be rows, by the hour to which they belong; none if whoever sends records says their time."""
    unreadable: str | None = None
    """The hour in which the object was written if it is none of Firehose's: nothing is known of its records then."""

    @property
    def records(self) -> int:
        """Number of records."""
        return sum(self.can_be.values()) + sum(self.never.values())


@dataclass
class Failures:
    """What lies in the error bucket of a source."""

    failed: Counter[datetime] = field(default_factory=Counter)
    """Records that were not put again, by the hour of their arrival."""
    replayed: Counter[datetime] = field(default_factory=Counter)
    """Records that were put again, likewise."""
    belonging: Counter[datetime] = field(default_factory=Counter)
    """Records that were not put again and can be rows, by the hour to which they belong."""
    objects: int = 0
    """Objects that were neither replayed nor set aside."""
    records: int = 0
    """Records in these."""
    unreadable: Counter[datetime] = field(default_factory=Counter)
    """Objects that are none of Firehose's, by the hour in which they were written."""

    def add(self, counts: ObjectCounts, mark: Mark | None) -> None:
        """Add an object of the bucket.

        A replay puts what can be a row. What can be none it puts only if it is told to; else that stays failed, as
        does all of an object that was set aside.
        """
        marks = {} if mark is None else {counts.key: mark}
        if mark is None or not is_done(marks, counts.key):
            if not is_aside(marks, counts.key):
                self.objects += 1
                self.records += counts.records
            self.failed.update(_by_hour(counts.can_be))
            self.failed.update(_by_hour(counts.never))
            self.belonging.update(_by_hour(counts.belonging))
            if counts.unreadable:
                self.unreadable[parse_moment(counts.unreadable)] += 1
            return
        self.add_gone(counts, mark)
        if mark.put < mark.records:
            self.failed.update(_by_hour(counts.never))

    def add_gone(self, counts: ObjectCounts, mark: Mark) -> None:
        """Add a replayed object that is no longer there: the new arrivals of its records answer for them."""
        self.replayed.update(_by_hour(counts.can_be))
        if mark.put >= mark.records:
            self.replayed.update(_by_hour(counts.never))


def count_object(role: str, key: str, records: Iterable[FailedRecord]) -> ObjectCounts:
    """Count the records of an object.

    Args:
        role: of the table in which they ought to be rows.
        key: of the object.
        records: of the object; only one is held at a time.
    """
    can_be, never, belonging = Counter[str](), Counter[str](), Counter[str]()
    for record in records:
        arrived = moment_text(hour_of(record.arrived))
        found = identity(role, record.raw)
        if found is None:
            never[arrived] += 1
            continue
        can_be[arrived] += 1
        if not TABLES[role].time_is_callers:
            belonging[moment_text(hour_of(found.time))] += 1
    return ObjectCounts(key, can_be, never, belonging)


def _by_hour(counts: Mapping[str, int]) -> dict[datetime, int]:
    return {parse_moment(text): number for text, number in counts.items()}
