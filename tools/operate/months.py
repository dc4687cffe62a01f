"""What it means for bills that usage of a month changes now."""

from collections.abc import Iterable, Mapping
from typing import Any

from rating.period import Period
from tools.operate.stack import OperatorStack

OPEN, ADJUSTED, TOO_OLD, NEVER = "open", "adjusted", "too old", "never"
TOLD = {
    OPEN: "not finalized: its bills are simply rated again",
    ADJUSTED: "finalized: the change becomes an adjustment on the tenants' next invoices",
    TOO_OLD: "finalized, and too old: no bill looks that far back for late usage (lateUsageMonths)",
    NEVER: "before the first month that is billed: no bill counts it",
}
"""What becomes of a change, in words."""


def effects(stack: OperatorStack, months: Iterable[Period]) -> list[dict[str, Any]]:
    """Return for each month, in order, what becomes of a change: `month`, `effect`, `meaning`."""
    cutoffs = {record.period: record.cutoff for record in stack.store.periods()}
    first = min(cutoffs, default=Period.of(stack.at).previous)  # a first run opens the month before its own, too
    found = []
    for month in sorted(set(months)):
        effect = NEVER if month < first else _effect(cutoffs, month, stack.settings.late_usage_months)
        found.append({"month": str(month), "effect": effect, "meaning": TOLD[effect]})
    return found


def _effect(cutoffs: Mapping[Period, str | None], month: Period, late_usage_months: int) -> str:
    """Return what becomes of a change in a month that is billed: `cutoffs` are of the first final runs."""
    if cutoffs.get(month) is None:
        return OPEN
    # The next month to be finalized is the first to look for late usage of the months before it.
    first = min((period for period, cutoff in cutoffs.items() if cutoff is None), default=max(cutoffs).next)
    for _ in range(late_usage_months):
        first = first.previous
    return ADJUSTED if month >= first else TOO_OLD
