from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from embedded_aws.scheduler.expressions import InvalidExpressionError, parse

MADE = datetime(2026, 10, 1, 0, 0, 30, tzinfo=UTC)


def _next(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    recurrence, moment, found = parse(expression, zone, MADE), datetime.fromisoformat(after).replace(tzinfo=UTC), []
    for _ in range(count):
        following = recurrence.after(moment)
        if following is None:
            break
        moment = following
        found.append(f"{moment:%Y-%m-%dT%H:%M:%S}")
    return found


@pytest.mark.parametrize(
    ("expression", "after", "times"),
    [
        pytest.param(
            "cron(0 6 * * ? *)", "2026-10-31T06:00", ["2026-11-01T06:00:00", "2026-11-02T06:00:00"], id="daily"
        ),
        pytest.param(
            "cron(0/30 6 ? * MON-FRI *)",
            "2026-10-30T06:10",
            ["2026-10-30T06:30:00", "2026-11-02T06:00:00"],
            id="step, weekdays",
        ),
        pytest.param(
            "cron(15 10,22 1 JAN,JUL ? 2027-2028)",
            "2026-10-01",
            ["2027-01-01T10:15:00", "2027-01-01T22:15:00", "2027-07-01T10:15:00"],
            id="lists",
        ),
        pytest.param("cron(0 0 L * ? *)", "2028-02-01", ["2028-02-29T00:00:00", "2028-03-31T00:00:00"], id="last day"),
        pytest.param(
            "cron(0 0 LW * ? *)", "2026-10-01", ["2026-10-30T00:00:00", "2026-11-30T00:00:00"], id="last weekday"
        ),
        pytest.param(
            "cron(0 0 1W * ? *)",
            "2026-07-31",
            ["2026-08-03T00:00:00", "2026-09-01T00:00:00"],
            id="weekday near the 1st",
        ),
        pytest.param(
            "cron(0 0 31W * ? *)",
            "2026-05-01",
            ["2026-05-29T00:00:00", "2026-07-31T00:00:00"],
            id="weekday near the 31st",
        ),
        pytest.param(
            "cron(0 8 ? * 2#1 *)", "2026-10-01", ["2026-10-05T08:00:00", "2026-11-02T08:00:00"], id="first Monday"
        ),
        pytest.param(
            "cron(0 8 ? * 6L *)", "2026-10-01", ["2026-10-30T08:00:00", "2026-11-27T08:00:00"], id="last Friday"
        ),
        pytest.param("cron(0 8 29 2 ? *)", "2026-10-01", ["2028-02-29T08:00:00", "2032-02-29T08:00:00"], id="leap day"),
        pytest.param("cron(0 8 1 1 ? 2026)", "2026-10-01", [], id="over"),
        pytest.param(
            "rate(5 minutes)", "2026-10-01T00:10:00", ["2026-10-01T00:10:30", "2026-10-01T00:15:30"], id="rate"
        ),
        pytest.param("rate(1 day)", "2026-09-01", ["2026-10-02T00:00:30"], id="rate before its begin"),
        pytest.param("at(2026-11-01T06:00:00)", "2026-10-01", ["2026-11-01T06:00:00"], id="at"),
        pytest.param("at(2026-11-01T06:00:00)", "2026-11-01T06:00:00", [], id="at, passed"),
    ],
)
def test_the_next_times(expression: str, after: str, times: list[str]) -> None:
    assert _next(expression, after, max(1, len(times))) == times


def test_local_times_follow_the_zone_into_and_out_of_summer_time() -> None:
    berlin = "Europe/Berlin"
    assert _next("cron(30 2 * * ? *)", "2026-03-28", 2, berlin) == ["2026-03-28T01:30:00", "2026-03-30T00:30:00"]
    assert _next("cron(30 2 * * ? *)", "2026-10-24T12:00", 2, berlin) == ["2026-10-25T00:30:00", "2026-10-26T01:30:00"]
    assert _next("at(2026-07-01T08:00:00)", "2026-01-01", 1, berlin) == ["2026-07-01T06:00:00"]


def test_no_time_comes_twice_or_out_of_order() -> None:
    recurrence, moment = parse("cron(0/20 * * * ? *)", "Europe/Berlin", MADE), datetime(2026, 10, 24, 21, tzinfo=UTC)
    times = [moment]
    while times[-1] < moment + timedelta(hours=8) and (following := recurrence.after(times[-1])) is not None:
        times.append(following)
    assert all(first < second for first, second in pairwise(times))


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(60 6 * * ? *)",
        "cron(0 6 * * ? 1969)",
        "cron(0 6 ? * FUN *)",
        "cron(0 6 10-5 * ? *)",
        "cron(0/0 6 * * ? *)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "rate(99999999999 days)",
        "at(2026-11-01)",
        "at(2026-13-01T06:00:00)",
        "every day",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(InvalidExpressionError) as error:
        parse(expression, "UTC", MADE)
    assert str(error.value) == f"Invalid Schedule Expression {expression}."


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InvalidExpressionError, match=r"Invalid Schedule Expression Timezone Mars/Base\."):
        parse("rate(1 day)", "Mars/Base", MADE)
