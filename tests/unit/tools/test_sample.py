from datetime import UTC, datetime, timedelta

import pytest

from rating.period import Period
from tools import sample

GRACE = timedelta(hours=72)


@pytest.mark.parametrize(
    ("now", "final", "period"),
    [
        pytest.param("2026-11-23T12:00:00Z", "2026-11-04T00:00:00Z", Period(2026, 10), id="last month"),
        pytest.param("2026-11-04T00:00:00Z", "2026-11-04T00:00:00Z", Period(2026, 10), id="just over the grace"),
        pytest.param("2026-11-03T23:59:59Z", "2026-10-04T00:00:00Z", Period(2026, 9), id="still in the grace"),
        pytest.param("2027-01-02T08:00:00Z", "2026-12-04T00:00:00Z", Period(2026, 11), id="new year"),
    ],
)
def test_the_invoice_is_of_the_latest_month_that_can_be_final(now: str, final: str, period: Period) -> None:
    moment, expected = (datetime.fromisoformat(text) for text in (now, final))
    assert sample.final_run(moment, GRACE) == (expected, period)


def test_usage_is_in_the_mornings_and_over_before_the_end() -> None:
    since = datetime(2026, 11, 20, tzinfo=UTC)
    found = list(sample.days(since, datetime(2026, 11, 23, 9, 59, tzinfo=UTC)))
    assert found == [
        (datetime(2026, 11, 20, 9, tzinfo=UTC), 52),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), 6),
        (datetime(2026, 11, 22, 9, tzinfo=UTC), 7),
    ]


def test_every_day_has_calls_within_the_hour_that_is_over() -> None:
    year = list(sample.days(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    assert len(year) == 365
    assert all(0 < calls <= 66 for _, calls in year)
