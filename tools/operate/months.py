"""What it means for bills that usage of a month changes now.

A final run counts what arrived, or was said to be void, more than 24 hours before it. So a month that is not finalized
need not count a change: the run that finalizes it may come before a day is over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.config import FINAL_LAG, BillingSettings
from billing.moments import moment_text
from rating.period import Period
from tools.operate.stack import OperatorStack

OPEN, CLOSING, ADJUSTED, EXPIRING, TOO_OLD, NEVER = "open", "closing", "adjusted", "expiring", "too old", "never"
TOLD = {
    OPEN: "not finalized: its bills are simply rated again",
    CLOSING: "not finalized, but may be within 24 hours, and then without the change, which becomes an adjustment",
    ADJUSTED: "finalized: the change becomes an adjustment on the tenants' next invoices",
    EXPIRING: "the last final run that looks for it (lateUsageMonths) may come within 24 hours, which is too early",
    TOO_OLD: "finalized, and too old: no bill looks that far back for late usage (lateUsageMonths)",
    NEVER: "before the first month that is billed: no bill counts it",
}
"""What becomes of a change, in words."""


def counted_from(at: datetime) -> datetime:
    """Return the moment after which a final run counts what changes at another."""
    return at + FINAL_LAG


def effects(stack: OperatorStack, months: Iterable[Period], at: datetime) -> list[dict[str, Any]]:
    """Return for each month, in order, what becomes of a change: `month`, `effect`, `meaning`, `counted_from`.

    Args:
        stack: whose bills.
        months: whose usage changes.
        at: when it does.
    """
    bills = _Bills({record.period: record.cutoff for record in stack.store.periods()}, stack.settings, at)
    counted = moment_text(counted_from(at))
    return [
        {"month": str(month), "effect": effect, "meaning": TOLD[effect], "counted_from": counted}
        for month, effect in ((month, bills.effect(month)) for month in sorted(set(months)))
    ]


@dataclass(frozen=True)
class _Bills:
    """What is billed, at the moment of a change."""

    cutoffs: Mapping[Period, str | None]
    """Of the first final run of each known month; None if there was none."""
    settings: BillingSettings
    at: datetime

    def effect(self, month: Period) -> str:
        """Return what becomes of a change of a month."""
        # A first run opens the month before its own, too.
        if month < min(self.cutoffs, default=Period.of(self.at).previous):
            return NEVER
        if self.cutoffs.get(month) is None:
            if self._counts_surely(month):
                return OPEN
            return CLOSING if self.settings.late_usage_months else EXPIRING
        # The next month to be finalized is the first to look for late usage of the months before it; but it may be
        # finalized too early to count what changes now.
        following = min((period for period, cutoff in self.cutoffs.items() if cutoff is None), default=None)
        first = following or max(self.cutoffs).next
        sure = first
        while not self._counts_surely(sure):
            sure = sure.next
        if month >= self._first_looked_at(sure):
            return ADJUSTED
        return EXPIRING if month >= self._first_looked_at(first) else TOO_OLD

    def _counts_surely(self, month: Period) -> bool:
        """Tell whether every final run that a month can have counts what changes now."""
        return month.end + self.settings.grace > counted_from(self.at)

    def _first_looked_at(self, month: Period) -> Period:
        """Return the first month in which a final run of a month looks for late usage."""
        for _ in range(self.settings.late_usage_months):
            month = month.previous
        return month
