"""A run that is to start: what it is about, and where late usage is looked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from billing.config import FINAL_LAG
from billing.holds import subject_of
from billing.inputs import Run
from billing.late import is_first_unbilled, late_periods
from billing.measuring import tables_of
from billing.parts import Parts
from billing.periods import earlier_open
from billing.reconciliation import read_reconciliation
from billing.records import PeriodRecord
from rating.period import Period

ON_HOLD = "the period is on hold"
"""Why a period is not finalized, if somebody wants it so."""


def run_of(
    parts: Parts, now: datetime, kind: Literal["draft", "final"], period: Period, records: Sequence[PeriodRecord]
) -> Run:
    """Return the run of a period at a moment.

    Args:
        parts: the adapters.
        now: the run's time.
        kind: of the run.
        period: to be billed.
        records: of all periods.
    """
    catalog = parts.catalogs.today
    sources = [table.role for table in tables_of(parts.lake, catalog)]
    reconciliation = read_reconciliation(parts.store, sources, period, now, is_final=kind == "final")
    return Run(
        f"{kind}-{period}-{now:%Y%m%dT%H%M%SZ}",
        kind,
        period,
        now,
        now - FINAL_LAG if kind == "final" else now,
        catalog.digest,
        str(reconciliation),
        reconciliation.open,
        earlier_open(records, period),
    )


def refusal_of(parts: Parts, run: Run) -> str | None:
    """Return why a final run must not be; None if nothing is against it."""
    if subject_of(run.period) in parts.store.holds():
        return ON_HOLD
    if parts.settings.seller is None:
        return "no seller is configured: invoices stay drafts"
    if run.open_hours:
        return f"rows are missing or unexplained in hours: {run.open_hours}; explain or accept them"
    return None


def late_of(parts: Parts, run: Run, records: Sequence[PeriodRecord]) -> list[PeriodRecord]:
    """Return the periods that a run looks through for late usage."""
    if run.kind == "draft" and not is_first_unbilled(records, run.period):
        return []
    return late_periods(records, run.period, parts.settings.late_usage_months)
