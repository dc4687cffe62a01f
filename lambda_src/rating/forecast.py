"""What a whole period's usage would be at the pace so far."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from rating.bill import Quantity, SegmentUsage
from rating.catalog import Meter
from rating.exact import ZERO, scale_figure
from rating.terms import Segment

_GROWING = {"count", "sum"}
"""Aggregations whose quantity grows with time; the others' stay as they are."""


def forecast(
    meters: Mapping[str, Meter], segments: Sequence[Segment], usage: Mapping[int, SegmentUsage], moment: datetime
) -> Mapping[int, SegmentUsage] | None:
    """Return the usage of all segments if the running one went on as it did so far.

    Counts and sums of the running segment, and of those that are still to come, are its own so far by their time over
    the time that has elapsed of it; counts and numbers of rows are rounded up to whole ones, sums half away from zero
    to 12 decimal places. What is a maximum, the latest or a number of different values is as it is.

    Args:
        meters: by name.
        segments: of the period, in order.
        usage: by index of the segment, until the moment; none of segments without rows.
        moment: until which the usage is known, UTC.

    Returns:
        The usage as it is if no segment runs, as after the period's end; None if nothing has elapsed of the one that
        does. Usage that is forecast has no groups.
    """
    running = next((segment for segment in segments if _start(segment.start) <= moment < _start(segment.end)), None)
    if running is None:
        return usage
    elapsed = _seconds(_start(running.start), moment)
    if not elapsed:
        return None
    so_far = usage.get(running.index)
    if so_far is None:
        return usage
    expected = {
        segment.index: _scaled(meters, so_far, _seconds(_start(segment.start), _start(segment.end)), elapsed)
        for segment in segments
        if segment.start >= running.start
    }
    return {**usage, **expected}


def _scaled(meters: Mapping[str, Meter], usage: SegmentUsage, seconds: int, elapsed: int) -> SegmentUsage:
    def scaled(name: str, quantity: Quantity) -> Quantity:
        aggregation = meters[name].aggregation
        if aggregation not in _GROWING or quantity.value < ZERO:
            return quantity
        value = scale_figure(quantity.value, seconds, elapsed)
        events = _whole(quantity.events, seconds, elapsed)
        return Quantity(Decimal(events) if aggregation == "count" else value, events)

    quantities = {name: scaled(name, quantity) for name, quantity in usage.quantities.items()}
    return SegmentUsage(_whole(usage.rows, seconds, elapsed), quantities, {})


def _whole(count: int, seconds: int, elapsed: int) -> int:
    """Return a count by time, rounded up."""
    return -(-count * seconds // elapsed)


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
