"""How far apart the moments of schedules are, beside when the embedded AWS fires them."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from components._cron import NeverError, longest_gap
from components._rules import AFTER_EACH_HOUR, CRON, DAILY, HOURLY
from embedded_aws.scheduler.expressions import InvalidExpressionError, parse

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        (DAILY, 24),
        (HOURLY, 1),
        (AFTER_EACH_HOUR, 1),
        ("cron(0/15 * * * ? *)", 0.25),
        ("cron(0 6,18 * * ? *)", 12),
        ("cron(0 6,9 * * ? *)", 21),
        ("cron(0 */5 * * ? *)", 5),
        ("cron(30 8-18/2 * * ? *)", 14),
        ("cron(0 6 ? * MON-FRI *)", 72),
        ("cron(0 6 ? * 2,5 *)", 96),
        ("cron(0 6 ? * SUN *)", 168),
        ("cron(0 6 1 * ? *)", 31 * 24),
        ("cron(0 6 31 * ? *)", 61 * 24),
        ("cron(0 6 1 JAN,JUL ? *)", 184 * 24),
        ("cron(0 6 29 2 ? *)", 1461 * 24),
        ("cron(0 6 */10 * ? *)", 10 * 24),
    ],
)
def test_the_longest_time_between_two_moments(expression: str, hours: float) -> None:
    assert CRON.holds(expression)
    assert longest_gap(expression) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 L * ? *)",
        "cron(0 6 15W * ? *)",
        "cron(0 6 ? * 2#1 *)",
        "cron(0 6 ? * 6L *)",
        "cron(0 6 * * ? 2027)",
        "cron(75 6 * * ? *)",
        "cron(0 6 * JAM ? *)",
        "cron(0/0 6 * * ? *)",
        "cron(30-10 6 * * ? *)",
    ],
)
def test_what_goes_by_a_rule_or_is_no_moment_cannot_be_told(expression: str) -> None:
    assert CRON.holds(expression)
    assert longest_gap(expression) is None


def test_what_never_comes_says_so() -> None:
    with pytest.raises(NeverError, match=r"^must name moments that come again, got 'cron\(0 6 31 FEB \? \*\)'$"):
        longest_gap("cron(0 6 31 FEB ? *)")


def some_field(rng: random.Random, low: int, high: int) -> str:
    first = rng.randint(low, high)
    span = rng.choice(["*", str(first), f"{first}-{rng.randint(first, high)}"])
    part = span if rng.random() < 0.6 else f"{span}/{rng.randint(1, 6)}"
    return part if rng.random() < 0.7 or part == "*" else f"{part},{rng.randint(low, high)}"


@pytest.mark.parametrize("seed", range(60))
def test_it_is_the_longest_time_between_two_calls_of_the_embedded_scheduler(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a test's own
    minutes, hours, month = str(rng.randint(0, 59)), some_field(rng, 0, 23), "*"
    days, weekdays = (some_field(rng, 1, 28), "?") if rng.random() < 0.5 else ("?", some_field(rng, 1, 7))
    expression = f"cron({minutes} {hours} {days} {month} {weekdays} *)"
    schedule, moments = parse(expression, "UTC", MONDAY), [MONDAY]
    while moments[-1] < MONDAY + timedelta(days=430):
        following = schedule.after(moments[-1])
        assert following is not None
        moments.append(following)
    assert longest_gap(expression) == max(later - earlier for earlier, later in pairwise(moments[1:]))


@pytest.mark.parametrize("expression", ["cron(75 6 * * ? *)", "cron(0/0 6 * * ? *)", "cron(30-10 6 * * ? *)"])
def test_values_that_there_are_not_are_refused_by_the_scheduler(expression: str) -> None:
    with pytest.raises(InvalidExpressionError):
        parse(expression, "UTC", MONDAY)
