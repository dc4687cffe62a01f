"""A run that is to start: what it is about, and where late usage is looked for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from billing.config import FINAL_LAG
from billing.holds import subject_of
from billing.inputs import Run
from billing.late import is_first_unbilled, late_periods
from billing.measuring import tables_of
from billing.parts import Parts
from billing.periods import earlier_open
from billing.reconciliation import NOT_RECONCILED, read_reconciliation, told, unreconciled
from billing.records import PeriodRecord
from rating.catalog import Catalog
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
    sources = _sources(parts, catalog)
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
    if _lacks_reconciliation(parts, run):
        return _not_reconciled(parts, run.period)
    return None


def is_early(parts: Parts, run: Run, opened: Collection[Period]) -> bool:
    """Tell whether a final run can wait for the next call: nobody has reconciled a period that this call has opened.

    A new deployment begins with the month before its own, and reconciliation must have had a night to look at it.
    """
    return run.period in opened and _lacks_reconciliation(parts, run)


def _lacks_reconciliation(parts: Parts, run: Run) -> bool:
    return run.reconciliation == NOT_RECONCILED and parts.settings.require_reconciliation


def _not_reconciled(parts: Parts, period: Period) -> str:
    """Return why a period must not be final of which nobody knows whether its rows are all there."""
    lacking = {
        source: told(unreconciled(parts.store, source, period)) for source in _sources(parts, parts.catalogs.today)
    }
    where = "; ".join(f"{source}: {what}" for source, what in lacking.items() if what)
    return (
        f"{NOT_RECONCILED}: {where}. `operate reconcile --period {period}` does it, "
        f"`operate accept --unreconciled --period {period} --source …` lets it be"
    )


def _sources(parts: Parts, catalog: Catalog) -> list[str]:
    return [table.role for table in tables_of(parts.lake, catalog)]


def late_of(parts: Parts, run: Run, records: Sequence[PeriodRecord]) -> list[PeriodRecord]:
    """Return the periods that a run looks through for late usage."""
    if run.kind == "draft" and not is_first_unbilled(records, run.period):
        return []
    return late_periods(records, run.period, parts.settings.late_usage_months)
