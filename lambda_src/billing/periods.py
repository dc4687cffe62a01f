"""Which periods a run drafts, and which one it finalizes. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from billing.moments import moment_text
from billing.records import PeriodRecord
from rating.period import Period

OVERDUE = timedelta(days=8)
"""How long after its first final run could have been a period ought to have had one: they are a week apart at most."""


def missing_periods(records: Sequence[PeriodRecord], now: datetime) -> list[Period]:
    """Return the periods that a run has to open: from the one before the first run's to the run's own.

    Args:
        records: of all periods that are known, in order.
        now: the run's time.
    """
    period = records[0].period if records else Period.of(now).previous
    known = {record.period for record in records}
    missing = []
    while period <= Period.of(now):
        if period not in known:
            missing.append(period)
        period = period.next
    return missing


def to_draft(records: Iterable[PeriodRecord], now: datetime) -> list[PeriodRecord]:
    """Return the periods whose drafts are made anew: the open ones that have begun."""
    return [record for record in records if record.state == "open" and record.period.start <= now]


def due(records: Iterable[PeriodRecord], now: datetime, grace: timedelta) -> list[PeriodRecord]:
    """Return the periods that can be finalized, the earliest first: open, over for the grace, not tried by this run."""
    return [
        record
        for record in records
        if record.state == "open"
        and record.period.end + grace <= now
        and (record.tried is None or record.tried < moment_text(now))
    ]


def overdue(records: Iterable[PeriodRecord], now: datetime, grace: timedelta) -> list[PeriodRecord]:
    """Return the open periods, the earliest first, that could have been finalized long ago."""
    return [record for record in records if record.state == "open" and record.period.end + grace + OVERDUE <= now]


def earlier_open(records: Iterable[PeriodRecord], period: Period) -> tuple[Period, ...]:
    """Return the periods before one that had a final run and are open, since tenants were left."""
    return tuple(
        record.period
        for record in records
        if record.period < period and record.state == "open" and record.cutoff is not None
    )
