"""What hourly reconciliation says of a period: whether its rows are all there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.moments import moment_text
from billing.store import Store
from rating.period import Period

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
    """Hours that were not reconciled."""

    def __str__(self) -> str:
        if self.open:
            return f"open: {_hours(self.open)}"
        if self.absent:
            return "not reconciled"
        return f"accepted: {_hours(self.accepted)}" if self.accepted else "balanced"


def read_reconciliation(store: Store, sources: Iterable[str], period: Period, until: datetime) -> Reconciliation:
    """Return what reconciliation says of a period.

    Args:
        store: in which the hours are.
        sources: roles of the tables that bills are made from.
        period: of the bills.
        until: the run's time; hours that are not over by then do not count.
    """
    hours = int((min(period.end, until) - period.start) / _HOUR)
    if hours <= 0:
        return Reconciliation(0, 0, 0)
    first, last = moment_text(period.start), moment_text(period.start + (hours - 1) * _HOUR)
    counts: Counter[str] = Counter()
    for source in sources:
        counts["all"] += hours
        counts.update(map(_kind, store.reconciled_hours(source, first, last)))
    seen = counts["open"] + counts["accepted"] + counts["balanced"]
    return Reconciliation(counts["open"], counts["accepted"], counts["all"] - seen)


def _kind(item: Mapping[str, Any]) -> str:
    if item["state"] not in _AT_FAULT:
        return "balanced"
    return "accepted" if item.get("accepted") else "open"


def _hours(count: int) -> str:
    return f"{count} hour" if count == 1 else f"{count} hours"
