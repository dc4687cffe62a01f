"""What hourly reconciliation says of a period: whether its rows are all there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.moments import moment_text
from billing.store import Store
from rating.period import Period

PERIOD = "PERIOD#"
"""What the sort key of a whole period's check begins with; its month follows."""

_HOUR = timedelta(hours=1)
_AT_FAULT = {"missing", "unexplained"}


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

    def __str__(self) -> str:
        if self.open:
            return f"open: {_hours(self.open)}"
        if self.absent or self.unchecked:
            return "not reconciled"
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
        counts.update(map(_kind, store.reconciled_hours(source, first, last)))
        if is_final and not _is_checked(store, source, period):
            counts["unchecked"] += 1
    seen = counts["open"] + counts["accepted"] + counts["balanced"]
    return Reconciliation(counts["open"], counts["accepted"], counts["all"] - seen, counts["unchecked"])


def acceptance(item: Mapping[str, Any], *, by: str, at: datetime, reason: str) -> dict[str, Any]:
    """Return what is written as `accepted` into the item of an hour, to say that somebody answers for it.

    Args:
        item: of the hour, as it is accepted.
        by: who accepts it.
        at: when.
        reason: why.
    """
    figures = {"missing": item["missing"], "unexplained": item["unexplained"]}
    return {"by": by, "at": moment_text(at), "reason": reason, **figures}


def is_open(item: Mapping[str, Any]) -> bool:
    """Tell whether records of an hour are missing or unexplained, and nobody accepted as many."""
    return item["state"] in _AT_FAULT and not is_accepted(item)


def is_accepted(item: Mapping[str, Any]) -> bool:
    """Tell whether an hour is accepted as it is now: what has grown since then was not."""
    accepted = item.get("accepted")
    return accepted is not None and all(
        item.get(name, 0) <= accepted.get(name, 0) for name in ("missing", "unexplained")
    )


def _kind(item: Mapping[str, Any]) -> str:
    if item["state"] in _AT_FAULT:
        return "open" if is_open(item) else "accepted"
    return item["state"] if item["state"] == "balanced" else "absent"


def _is_checked(store: Store, source: str, period: Period) -> bool:
    key = f"{PERIOD}{period}"
    return any(
        item["checked_at"] >= moment_text(period.end + _HOUR) for item in store.reconciled_hours(source, key, key)
    )


def _hours(count: int) -> str:
    return f"{count} hour" if count == 1 else f"{count} hours"
