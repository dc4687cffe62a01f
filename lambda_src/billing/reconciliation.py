"""What hourly reconciliation says of a period: whether its rows are all there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.dynamo import Item
from billing.moments import moment_text, parse_moment
from billing.store import Store
from rating.period import Period

PERIOD = "PERIOD#"
"""What the sort key of a whole period's check begins with; its month follows."""

UNRECONCILED = "unreconciled"
"""State of an hour, or of a whole period's check, that was never made, and that somebody accepted so."""
NOT_RECONCILED = "not reconciled"
"""What is said of a period that was not, or not yet."""

_HOUR = timedelta(hours=1)
_AT_FAULT = {"missing", "unexplained"}
_TOLD = 3
"""How many ranges of hours are named."""


@dataclass(frozen=True)
class Reconciliation:
    """The hours of a period, or of its part until a run."""

    open: int
    """Hours whose rows are missing or unexplained, and that nobody accepted: the period cannot be finalized."""
    accepted: int
    """Such hours that an operator accepted."""
    absent: int
    """Hours that were not reconciled, or are not yet, since records may be on their way."""
    unchecked: int = 0
    """Sources whose period was not checked as a whole after its end, though it ought to have been."""
    waived: int = 0
    """Hours that were not reconciled, and checks that were not made, and that an operator accepted so."""

    def __str__(self) -> str:
        if self.open:
            return f"open: {_hours(self.open)}"
        if self.absent or self.unchecked:
            return NOT_RECONCILED
        if self.waived:
            return f"{NOT_RECONCILED}, accepted"
        return f"balanced, {_hours(self.accepted)} accepted" if self.accepted else "balanced"


def read_reconciliation(
    store: Store, sources: Iterable[str], period: Period, until: datetime, *, is_final: bool = False
) -> Reconciliation:
    """Return what reconciliation says of a period.

    Args:
        store: in which the hours are.
        sources: roles of the tables that bills are made from.
        period: of the bills.
        until: the run's time; hours that are not over by then do not count.
        is_final: whether the run is final. Then the period must have been checked as a whole after it was over: what
            came late, hours after it belonged, the hourly checks did not see.
    """
    hours = int((min(period.end, until) - period.start) / _HOUR)
    if hours <= 0:
        return Reconciliation(0, 0, 0)
    first, last = moment_text(period.start), moment_text(period.start + (hours - 1) * _HOUR)
    counts: Counter[str] = Counter()
    for source in sources:
        counts["all"] += hours
        kinds = Counter(map(_kind, store.reconciled_hours(source, first, last)))
        kinds["absent"] = hours - kinds.total() + kinds["absent"]
        counts += kinds
        if is_final and (whole := _whole(store, source, period)):
            counts["waived" if is_accepted(whole) else "unchecked"] += 1
    return Reconciliation(**{name: counts[name] for name in ("open", "accepted", "absent", "unchecked", "waived")})


def unreconciled(store: Store, source: str, period: Period) -> Iterator[Item]:
    """Yield what was never reconciled of a source's period that is over, and that nobody accepted so.

    Yields:
        The item of each hour, in order, at last that of the whole period's check; just its key if there is none.
    """
    hours = [moment_text(period.start + number * _HOUR) for number in range(int((period.end - period.start) / _HOUR))]
    known = {item["hour"]: item for item in store.reconciled_hours(source, hours[0], hours[-1])}
    for hour in hours:
        item = known.get(hour, {"source": source, "hour": hour})
        if _kind(item) == "absent":
            yield item
    whole = _whole(store, source, period)
    if whole and not is_accepted(whole):
        yield whole


def told(items: Iterable[Item]) -> str:
    """Tell in words which hours, and whether a whole period, are among what `unreconciled` yields of a source."""
    ranges: list[tuple[datetime, datetime]] = []
    parts = []
    for item in items:
        if item["hour"].startswith(PERIOD):
            parts.append("the month as a whole")
            continue
        hour = parse_moment(item["hour"])
        if ranges and ranges[-1][1] == hour:
            ranges[-1] = (ranges[-1][0], hour + _HOUR)
        else:
            ranges.append((hour, hour + _HOUR))
    named = [f"{moment_text(start)} to {moment_text(end)}" for start, end in ranges[:_TOLD]]
    more = [f"{len(ranges) - _TOLD} more"] if len(ranges) > _TOLD else []
    return ", ".join([*named, *more, *parts])


def acceptance(item: Mapping[str, Any], *, by: str, at: datetime, reason: str) -> dict[str, Any]:
    """Return what is written as `accepted` into the item of an hour, to say that somebody answers for it.

    The numbers are the hour's own: what other hours make up for at the moment, they may not always.

    Args:
        item: of the hour, as it is accepted; without figures if it was never reconciled.
        by: who accepts it.
        at: when.
        reason: why.
    """
    return {"by": by, "at": moment_text(at), "reason": reason, **own_difference(item)}


def own_difference(item: Mapping[str, Any]) -> dict[str, int]:
    """Return what is `missing` and `unexplained` in an hour if no other hour makes up for any of it."""
    own = item.get("own", {})
    return {name: max(item.get(name, 0), own.get(name, 0)) for name in ("missing", "unexplained")}


def is_open(item: Mapping[str, Any]) -> bool:
    """Tell whether records of an hour are missing or unexplained, and nobody accepted as many."""
    return item["state"] in _AT_FAULT and not is_accepted(item)


def is_accepted(item: Mapping[str, Any]) -> bool:
    """Tell whether an hour is accepted as it is now: what has grown since then was not."""
    accepted = item.get("accepted")
    return accepted is not None and all(
        item.get(name, 0) <= accepted.get(name, 0) for name in ("missing", "unexplained")
    )


def is_checked(item: Mapping[str, Any] | None, period: Period) -> bool:
    """Tell by the item of a whole period's check whether it was made after the period's last hour."""
    return item is not None and item.get("checked_at", "") >= moment_text(period.end + _HOUR)


def _kind(item: Mapping[str, Any]) -> str:
    state = item.get("state")
    if state in _AT_FAULT:
        return "open" if is_open(item) else "accepted"
    if state == "balanced":
        return "balanced"
    return "waived" if is_accepted(item) else "absent"


def _whole(store: Store, source: str, period: Period) -> Item | None:
    """Return the item of a whole period's check, or just its key, if it was not made after the end; else None."""
    key = f"{PERIOD}{period}"
    found = next(iter(store.reconciled_hours(source, key, key)), {"source": source, "hour": key})
    return None if is_checked(found, period) else found


def _hours(count: int) -> str:
    return f"{count} hour" if count == 1 else f"{count} hours"
