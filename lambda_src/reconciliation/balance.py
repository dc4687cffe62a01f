"""The balance of hours: what was counted on the way in against the rows. Pure.

Two balances per hour. Of the stream: what it took is rows, or was put aside and handed on by a replay. Of the source:
what was counted in front of the stream is in the table, or has at least reached the stream.

Each demands that a number found lies in a band. The two sides of a balance are stamped at slightly different moments,
so that at the turn of an hour a record may be counted in one hour and found in the next: what an hour lacks, a
neighbour that can spare as much makes up for. Under steady traffic a few records are carried over every turn alike, and
show only where the traffic changes: so few may be made up for by an hour further away.

Making up hides no loss: what is lost is lacking in the sum of all hours, too. It only moves within a day the hour that
it is told of; and rows that nobody counted could hide as many lost ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

BALANCED, LATE, MISSING, UNEXPLAINED = "balanced", "late", "missing", "unexplained"
"""States of an hour."""

REACH = 24
"""How many hours away one may be that makes up for what little another one lacks."""
BEFORE = 5 * REACH
"""How many hours before those that are balanced should be known: what one of them has to spare hangs on whom those
before it had to make up for, and so on. Of random hours none was ever judged otherwise for want of earlier ones."""
AFTER = REACH + 1
"""How many hours after them likewise: the earlier of two is made up for first, so that those which these would make up
for come after. The last of them may only need what its neighbour has."""
_MINUTES = 60


@dataclass(slots=True)
class Band:
    """What may be found in an hour: from `least` to `most`, or however much if that is None."""

    least: int
    most: int | None
    found: int
    shifted: int = 0
    """What others found of this hour's, less what this one found of theirs."""
    few: int = 0
    """How many may be carried over a turn of this hour, and seem to be of an hour further away."""

    @property
    def lacking(self) -> int:
        """How many are to be found yet."""
        return max(0, -self.spare)

    @property
    def beyond(self) -> int:
        """How many too many were found."""
        return 0 if self.room is None else max(0, -self.room)

    @property
    def spare(self) -> int:
        """How many of those that were found may be others'."""
        return self.found + self.shifted - self.least

    @property
    def room(self) -> int | None:
        """How many more might have been found; None if there is no bound."""
        return None if self.most is None else self.most - self.found - self.shifted


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one hour of a source; numbers of records."""

    incoming: int = 0
    """What the stream took."""
    rows: int = 0
    """Rows that arrived, each delivery of a record."""
    keys: int = 0
    """Distinct keys of theirs."""
    duplicates: int = 0
    """Rows beyond the first of a key and a moment of arrival: such as a batch that was committed twice has."""
    failed: int = 0
    """Records that arrived and lie in the error bucket."""
    replayed: int = 0
    """Records that arrived and lay in the error bucket until a replay put them on the stream again."""
    unreadable: int = 0
    """Objects of the error bucket, written in the hour, that are none of Firehose's: what they have nobody knows."""
    counted: int = 0
    """What was counted in front of the stream."""
    source_keys: int | None = None
    """Distinct keys of the rows that belong to the hour and are of what is counted, whenever they arrived; None if the
    records' time is said by whoever sends them."""
    source_failed: int = 0
    """Records that belong to the hour and lie in the error bucket."""
    shifted: int = 0
    """Rows of this hour's that other hours found, less those that this one found of theirs."""
    source_shifted: int = 0
    """The same of the source's balance."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a balance may be off, in per cent of what was counted."""

    stream: Decimal
    source: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What both balances of an hour say."""

    figures: Figures
    missing: int
    """Records that were counted and are no rows."""
    unexplained: int
    """Rows of which nothing was counted."""
    failed: int
    """Of the missing ones, how many lie in the error bucket."""
    own: tuple[int, int]
    """What would be missing, and unexplained, if no other hour made up for any of it."""

    @property
    def holds(self) -> bool:
        """Whether nothing is missing, and nothing unexplained."""
        return not (self.missing or self.unexplained)

    def state(self, *, may_be_late: bool) -> str:
        """Return the hour's state.

        Args:
            may_be_late: whether records may still be on their way.
        """
        if self.holds:
            return BALANCED
        if may_be_late:
            return LATE
        return MISSING if self.missing else UNEXPLAINED


def balance(hours: Iterable[Figures], tolerance: Tolerance, before: Sequence[Figures] = ()) -> list[Balance]:
    """Return what the balances of hours that follow one another say.

    What was shifted at an earlier time is forgotten, and found again from what was counted. Else an hour that is
    balanced once more would lack what the one before had given it.

    Args:
        hours: to be judged.
        tolerance: of both balances.
        before: hours before the first, in order; they are not judged.
    """
    figures = [replace(one, shifted=0, source_shifted=0) for one in (*before, *hours)]
    streams, sources = [stream_band(one) for one in figures], [source_band(one) for one in figures]
    own = [_differences(*one, tolerance) for one in zip(figures, streams, sources, strict=True)]
    shift(streams)
    shift(sources)
    judged = [_judge(*one, tolerance) for one in zip(figures, streams, sources, own, strict=True)]
    return judged[len(before) :]


def stream_band(hour: Figures) -> Band:
    """Return the stream's balance of an hour.

    A record that was put aside may be a row all the same, if a commit succeeded whose answer was lost: so what lies in
    the error bucket explains what is missing, and proves nothing to be missing. For what was replayed from there, the
    new arrivals answer. Rows that are there twice explain that there are too many; they are not taken off, for whoever
    sends an event twice in one batch has it counted twice, too.
    """
    least, most = hour.incoming - hour.replayed, hour.incoming + hour.duplicates
    return Band(least, most, hour.rows, hour.shifted, _few(hour.incoming))


def source_band(hour: Figures) -> Band:
    """Return the source's balance of an hour.

    Where the records' time is the source's own, there are as many keys of the hour as were counted. Else the stream
    took at least as many as were counted, and more if others put records on it, too.
    """
    few = _few(hour.counted)
    if hour.source_keys is None:
        return Band(hour.counted, None, hour.incoming, hour.source_shifted, few)
    return Band(hour.counted, hour.counted, hour.source_keys, hour.source_shifted, few)


def shift(bands: Sequence[Band]) -> None:
    """Let hours make up for each other, from the first to the last: neighbours at first, then those further away."""
    for left, right in pairwise(bands):
        _lend(right, left, left.lacking, right.spare)
        _lend(left, right, right.lacking, left.spare)
        _lend(left, right, left.beyond, right.room)
        _lend(right, left, right.beyond, left.room)
    carried = [max(left.few, right.few) for left, right in pairwise(bands)]
    for place, band in enumerate(bands):
        for other in range(place + 1, min(place + 1 + REACH, len(bands))):
            if not (band.lacking or _surplus(band)):
                break
            _carry(bands, place, other, carried)


def _carry(bands: Sequence[Band], first: int, last: int, carried: list[int]) -> None:
    """Let two hours make up for each other, by as many as may still be carried over every turn between them."""
    left, right = bands[first], bands[last]
    limit = min(carried[first:last])
    to_left, to_right = min(left.lacking, _surplus(right), limit), min(_surplus(left), right.lacking, limit)
    _lend(right, left, to_left, None)
    _lend(left, right, to_right, None)
    for turn in range(first, last):
        carried[turn] -= max(to_left, to_right)


def _surplus(band: Band) -> int:
    return max(0, band.spare) if band.most is None else band.beyond


def _few(number: int) -> int:
    """Return how many records of an hour come within a minute, if they come evenly."""
    return number // _MINUTES + 1


def _lend(giver: Band, taker: Band, wanted: int, possible: int | None) -> None:
    number = max(0, wanted if possible is None else min(wanted, possible))
    giver.shifted -= number
    taker.shifted += number


def _judge(hour: Figures, stream: Band, source: Band, own: tuple[int, int], tolerance: Tolerance) -> Balance:
    missing, unexplained = _differences(hour, stream, source, tolerance)
    figures = replace(hour, shifted=stream.shifted, source_shifted=source.shifted)
    return Balance(figures, missing, unexplained, min(missing, max(hour.failed, hour.source_failed)), own)


def _differences(hour: Figures, stream: Band, source: Band, tolerance: Tolerance) -> tuple[int, int]:
    """Return what is missing, and what is unexplained, above the tolerance."""
    stream_limit, source_limit = (
        hour.incoming * tolerance.stream / 100,
        hour.counted * tolerance.source / 100,
    )
    missing = max(_over(stream.lacking, stream_limit), _over(source.lacking, source_limit))
    return missing, max(_over(stream.beyond, stream_limit), _over(source.beyond, source_limit))


def _over(number: int, limit: Decimal) -> int:
    """Return the whole number if it is more than may be off, else nothing."""
    return number if number > limit else 0
