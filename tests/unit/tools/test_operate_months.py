"""What a change of usage means for bills, as the commands tell it, beside what billing does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from billing.config import FINAL_LAG
from billing.late import late_periods
from billing.periods import due
from billing.records import PeriodRecord
from rating.period import Period
from tests.unit.tools.operate_kit import AT, World
from tools.operate.months import ADJUSTED, CLOSING, EXPIRING, OPEN, TOLD, TOO_OLD, effects

GRACE = timedelta(hours=72)
HOUR = timedelta(hours=1)
OCTOBER = Period(2026, 10)
FIRST_RUN = OCTOBER.end + GRACE
"""The earliest final run that October can have."""


def told(world: World, at: datetime, *months: Period) -> list[str]:
    return [one["effect"] for one in effects(world.stack, months, at)]


def test_what_a_change_means_for_bills_is_told_by_month() -> None:
    world = World()
    assert told(world, AT, Period(2026, 10), Period(2026, 9)) == ["never", "closing"]
    for month in ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09"):
        world.period(month, "2026-10-03T00:00:00Z")
    world.period("2026-10")
    at = datetime(2026, 10, 20, tzinfo=UTC)
    found = effects(world.stack, [Period(2026, month) for month in (11, 10, 9, 7, 6, 4)], at)
    assert [(one["month"], one["effect"]) for one in found] == [
        ("2026-04", "never"),
        ("2026-06", "too old"),
        ("2026-07", "adjusted"),
        ("2026-09", "adjusted"),
        ("2026-10", "open"),
        ("2026-11", "open"),
    ]
    assert found[2]["meaning"] == TOLD[ADJUSTED]
    assert {one["counted_from"] for one in found} == {"2026-10-21T00:00:00Z"}


@pytest.mark.parametrize(
    ("at", "effect"),
    [
        (FIRST_RUN - FINAL_LAG - timedelta(microseconds=1), OPEN),
        (FIRST_RUN - FINAL_LAG, CLOSING),
        (FIRST_RUN - HOUR, CLOSING),
        (FIRST_RUN + timedelta(days=3), CLOSING),  # a run that is late may be now
    ],
    ids=["before the last day", "at its beginning", "within it", "after the grace"],
)
def test_a_month_closes_a_day_before_its_first_final_run(at: datetime, effect: str) -> None:
    world = World()
    world.period("2026-09", "2026-10-03T00:00:00Z")
    world.period("2026-10")
    assert told(world, at, OCTOBER) == [effect]


def runs_from(at: datetime) -> Iterator[datetime]:
    """Yield times at which billing may run after a change."""
    return (at + number * HOUR for number in range(24 * 40))


@pytest.mark.parametrize("hours", range(0, 24 * 9, 5))
def test_what_is_told_is_what_a_final_run_counts(hours: int) -> None:
    """A month is open just if whatever final run billing may begin has a cutoff after the change."""
    at = OCTOBER.end - timedelta(days=3) + hours * HOUR
    world, record = World(), PeriodRecord(OCTOBER, "open")
    world.period("2026-10")
    cutoffs = [now - FINAL_LAG for now in runs_from(at) if due([record], now, GRACE)]
    assert told(world, at, OCTOBER) == [OPEN if all(at < cutoff for cutoff in cutoffs) else CLOSING]


@pytest.mark.parametrize("hours", range(0, 24 * 9, 5))
def test_a_month_expires_when_the_last_run_that_looks_for_it_may_be_too_early(hours: int) -> None:
    at = OCTOBER.end - timedelta(days=3) + hours * HOUR
    months = [Period(2026, number) for number in (6, 7, 8, 9)]
    records = [PeriodRecord(month, "closed", cutoff="2026-10-04T00:00:00Z") for month in months]
    world = World()
    for month in months:
        world.period(str(month), "2026-10-04T00:00:00Z")
    world.period("2026-10")
    expected = []
    for month in months:
        # October is finalized at any moment after its grace; November's final run is a month away and sees everything.
        now = max(at, FIRST_RUN)
        looked = month in {one.period for one in late_periods(records, OCTOBER, 3)}
        later = month in {one.period for one in late_periods(records, OCTOBER.next, 3)}
        counted = at < now - FINAL_LAG
        expected.append(ADJUSTED if later or (looked and counted) else EXPIRING if looked else TOO_OLD)
    assert told(world, at, *months) == expected
    assert expected[0] == TOO_OLD
    assert expected[2:] == [ADJUSTED, ADJUSTED]


def test_without_a_look_for_late_usage_a_month_that_closes_expires() -> None:
    world = World(late_usage_months=0)
    world.period("2026-09", "2026-10-03T00:00:00Z")
    world.period("2026-10")
    assert told(world, FIRST_RUN - HOUR, OCTOBER, OCTOBER.previous) == [TOO_OLD, EXPIRING]
    assert told(world, FIRST_RUN - 2 * FINAL_LAG, OCTOBER) == [OPEN]
