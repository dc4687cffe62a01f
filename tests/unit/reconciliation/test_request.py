"""What a call asks for, and hours."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from rating.period import Period
from reconciliation.hours import HOUR, Window, hour_after, hour_of
from reconciliation.request import Request, RequestError
from tests.unit.reconciliation.world import at

NOW = "2026-10-05T14:20:00Z"
OCTOBER, SEPTEMBER = Period(2026, 10), Period(2026, 9)


@pytest.mark.parametrize(
    ("event", "period", "window"),
    [
        ({}, None, None),
        ({"period": "2026-09"}, SEPTEMBER, Window(SEPTEMBER.start, SEPTEMBER.end)),
        ({"period": "2026-10"}, OCTOBER, Window(OCTOBER.start, at("05T14:00"))),
        ({"from": "2026-10-05T10:00:00Z", "to": "2026-10-05T12:00:00Z"}, None, Window(at("05T10:00"), at("05T12:00"))),
        ({"from": "2026-10-05T10:59:59Z", "to": "2026-10-05T12:00:01Z"}, None, Window(at("05T10:00"), at("05T13:00"))),
        (
            {"from": "2026-10-05T12:30:00+02:00", "to": "2027-01-01T00:00:00Z"},
            None,
            Window(at("05T10:00"), at("05T14:00")),
        ),
    ],
)
def test_an_event_asks_for_hours(event: dict[str, str], period: Period | None, window: Window | None) -> None:
    request = Request.parse({"scheduled_time": NOW, **event})
    assert request == Request(at("05T14:20"), period, window)
    assert request.closed == at("05T14:00")


FORMS = "event must have just the keys scheduled_time; or period, scheduled_time; or from, scheduled_time, to, got"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "event must be an object, got list"),
        ({}, f"{FORMS} "),
        ({"scheduled_time": NOW, "x": 1}, f"{FORMS} scheduled_time, x"),
        ({"scheduled_time": NOW, "from": NOW}, f"{FORMS} from, scheduled_time"),
        ({"scheduled_time": "now"}, "scheduled_time must be a moment such as 2026-11-01T06:00:00Z, got 'now'"),
        ({"scheduled_time": NOW, "from": 1, "to": NOW}, "from must be a moment such as 2026-11-01T06:00:00Z, got 1"),
        ({"scheduled_time": NOW, "from": NOW, "to": "2026-10-05"}, "to must have a time zone, got '2026-10-05'"),
        ({"scheduled_time": NOW, "period": "2026-13"}, 'period must be a month such as "2026-10", got "2026-13"'),
        ({"scheduled_time": NOW, "period": 7}, "expected string or bytes-like object, got 'int'"),
        (
            {"scheduled_time": NOW, "period": "2026-11"},
            f"hours from 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z: the first must be over at {NOW}",
        ),
        (
            {"scheduled_time": NOW, "from": "2026-10-05T14:00:00Z", "to": "2026-10-05T15:00:00Z"},
            f"hours from 2026-10-05T14:00:00Z to 2026-10-05T15:00:00Z: the first must be over at {NOW}",
        ),
        (
            {"scheduled_time": NOW, "from": "2026-06-27T13:00:00Z", "to": NOW},
            "hours from 2026-06-27T13:00:00Z to 2026-10-05T15:00:00Z: must be at most 100 days",
        ),
    ],
)
def test_what_asks_for_nothing_that_can_be_checked_is_an_error(event: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        Request.parse(event)
    assert str(caught.value) == message


def test_a_hundred_days_are_not_too_many() -> None:
    request = Request.parse({"scheduled_time": NOW, "from": "2026-06-27T14:00:00Z", "to": NOW})
    assert request.window
    assert len(request.window) == 2400


def test_the_hour_of_a_moment_is_utcs() -> None:
    moment = datetime(2026, 10, 5, 16, 30, 1, 5, tzinfo=timezone(timedelta(hours=2, minutes=30)))
    assert hour_of(moment) == at("05T14:00")
    assert hour_after(moment) == at("05T15:00")
    assert hour_after(at("05T14:00")) == at("05T14:00")
    assert hour_of(moment).tzinfo is UTC


def test_a_window_is_cut_into_parts_that_leave_nothing_out() -> None:
    window = Window(at("05T00:00"), at("05T07:00"))
    parts = list(window.parts(3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [hour for part in parts for hour in part] == list(window) == [at("05T00:00") + n * HOUR for n in range(7)]
    assert list(Window(at("05T07:00"), at("05T00:00")).parts(3)) == []
    assert len(Window(at("05T07:00"), at("05T00:00"))) == 0
