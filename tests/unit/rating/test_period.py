from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from rating.period import Period, parse_day


def test_a_period_is_a_month_in_utc() -> None:
    october = Period.parse("2026-10")
    assert october == Period(2026, 10)
    assert str(october) == "2026-10"
    assert (october.start, october.end) == (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert (october.first_day, october.end_day, october.days) == (date(2026, 10, 1), date(2026, 11, 1), 31)
    assert (october.next, october.previous) == (Period(2026, 11), Period(2026, 9))
    assert october.each_day()[::15] == [date(2026, 10, 1), date(2026, 10, 16), date(2026, 10, 31)]


def test_periods_around_the_year_and_in_leap_years() -> None:
    assert Period(2026, 12).next == Period(2027, 1) == Period(2027, 2).previous
    assert Period(2027, 1).previous == Period(2026, 12)
    assert [Period(year, 2).days for year in (2027, 2028)] == [28, 29]
    assert Period(9998, 12).end_day == date(9999, 1, 1)
    assert sorted([Period(2027, 1), Period(2026, 2), Period(2026, 12)]) == [
        Period(2026, 2),
        Period(2026, 12),
        Period(2027, 1),
    ]


def test_a_moment_lies_in_the_month_that_it_has_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert Period.of(datetime(2026, 11, 1, 1, 59, tzinfo=east)) == Period(2026, 10)
    assert Period.of(datetime(2026, 11, 1, 2, tzinfo=east)) == Period(2026, 11)
    assert Period.of(Period(2026, 10).end) == Period(2026, 11)
    with pytest.raises(ValueError, match=r"^moment must have a time zone, got 2026-11-01T00:00:00$"):
        Period.of(datetime(2026, 11, 1))  # noqa: DTZ001 - the fault


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "0000-01", "9999-01", "2026-1", "2026-10-01", "", "\uff12026-10"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf'^period must be a month such as "2026-10", got "{text}"$'):
        Period.parse(text)


def test_there_is_nothing_before_the_first_and_after_the_last_period() -> None:
    with pytest.raises(ValueError, match=r'^period must be a month such as "2026-10", got "0000-12"$'):
        _ = Period(1, 1).previous
    with pytest.raises(ValueError, match=r'^period must be a month such as "2026-10", got "9999-01"$'):
        _ = Period(9998, 12).next


def test_a_day_is_a_date_or_its_text() -> None:
    assert parse_day("2028-02-29") == parse_day(date(2028, 2, 29)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2027-02-29", '"2027-02-29"'), ("2026-W01-1", '"2026-W01-1"'), (20260101, "20260101"), (None, "null")],
)
def test_what_is_no_day_is_refused(value: Any, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"^must be a day such as 2026-10-01, got {shown}$"):
        parse_day(value)
