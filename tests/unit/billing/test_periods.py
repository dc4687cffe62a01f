from datetime import UTC, datetime, timedelta

import pytest

from billing.late import is_first_unbilled, late_periods
from billing.moments import moment_text, parse_moment
from billing.periods import due, earlier_open, missing_periods, overdue, to_draft
from billing.reconciliation import Reconciliation
from billing.records import PeriodRecord
from rating.period import Period

AUGUST, SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Period(2026, month) for month in range(8, 13))
GRACE = timedelta(hours=72)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_first_run_opens_the_period_before_it_and_its_own() -> None:
    assert missing_periods([], at("2026-10-31T23:59:59")) == [SEPTEMBER, OCTOBER]


def test_a_run_opens_every_period_since_the_first() -> None:
    known = [PeriodRecord(AUGUST, "closed"), PeriodRecord(OCTOBER, "open")]
    assert missing_periods(known, at("2026-12-01T00:00:00")) == [SEPTEMBER, NOVEMBER, DECEMBER]


def test_open_periods_that_have_begun_are_drafted() -> None:
    records = [PeriodRecord(AUGUST, "closed"), PeriodRecord(SEPTEMBER, "open"), PeriodRecord(NOVEMBER, "open")]
    assert to_draft(records, at("2026-10-31T00:00:00")) == [records[1]]
    assert to_draft(records, at("2026-11-01T00:00:00")) == records[1:]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-11-03T23:59:59", []),
        ("2026-11-04T00:00:00", [OCTOBER]),
        ("2026-12-04T00:00:00", [OCTOBER, NOVEMBER]),
    ],
)
def test_a_period_is_due_from_the_end_of_its_grace_on(now: str, found: list[Period]) -> None:
    records = [PeriodRecord(SEPTEMBER, "closed"), PeriodRecord(OCTOBER, "open"), PeriodRecord(NOVEMBER, "open")]
    assert [record.period for record in due(records, at(now), GRACE)] == found


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-11-11T23:59:59", []),
        ("2026-11-12T00:00:00", [OCTOBER]),
        ("2026-12-12T00:00:00", [OCTOBER, NOVEMBER]),
    ],
)
def test_a_period_is_overdue_when_every_schedule_has_come_since_it_was_due(now: str, found: list[Period]) -> None:
    records = [PeriodRecord(SEPTEMBER, "closed"), PeriodRecord(OCTOBER, "open", "c"), PeriodRecord(NOVEMBER, "open")]
    assert [record.period for record in overdue(records, at(now), GRACE)] == found


def test_a_run_tries_a_period_once_and_a_later_run_again() -> None:
    tried = PeriodRecord(OCTOBER, "open", "2026-11-03T06:00:00Z", "2026-11-04T06:00:00Z", 3, 1)
    assert due([tried], at("2026-11-04T06:00:00"), GRACE) == []
    assert due([tried], at("2026-11-05T06:00:00"), GRACE) == [tried]


def test_late_usage_is_looked_for_in_periods_with_a_final_run_so_many_months_back() -> None:
    records = [
        PeriodRecord(AUGUST, "closed", "c"),
        PeriodRecord(SEPTEMBER, "closed", "c"),
        PeriodRecord(OCTOBER, "open", "c"),
        PeriodRecord(NOVEMBER, "open"),
        PeriodRecord(DECEMBER, "open"),
    ]
    assert late_periods(records, DECEMBER, 3) == records[1:3]
    assert late_periods(records, NOVEMBER, 3) == records[:3]
    assert late_periods(records, NOVEMBER, 0) == []
    assert earlier_open(records, DECEMBER) == (OCTOBER,)
    assert [is_first_unbilled(records, record.period) for record in records] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Reconciliation(1, 2, 3), "open: 1 hour"),
        (Reconciliation(0, 2, 3), "not reconciled"),
        (Reconciliation(0, 2, 0, 1), "not reconciled"),
        (Reconciliation(0, 0, 0, 1), "not reconciled"),
        (Reconciliation(0, 2, 0, 1, waived=1), "not reconciled"),
        (Reconciliation(0, 2, 0, waived=1), "not reconciled, accepted"),
        (Reconciliation(0, 2, 0), "balanced, 2 hours accepted"),
        (Reconciliation(0, 1, 0), "balanced, 1 hour accepted"),
        (Reconciliation(0, 0, 0), "balanced"),
    ],
)
def test_the_state_of_reconciliation_in_words(found: Reconciliation, text: str) -> None:
    assert str(found) == text


def test_moments_are_texts_that_sort() -> None:
    moment = parse_moment("2026-11-01T07:00:00.999+01:00")
    assert moment_text(moment) == "2026-11-01T06:00:00Z"
    assert parse_moment(moment_text(moment)) == moment
