"""How far apart the moments of a cron expression are, of those whose days can be told without a calendar's rules."""

from datetime import date, timedelta
from itertools import pairwise

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MINUTES, _HOURS, _DAYS, _MONTH_NUMBERS, _WEEKDAY_NUMBERS = (0, 59), (0, 23), (1, 31), (1, 12), (1, 7)
_FIRST_DAY, _YEARS = date(2024, 1, 1), 9
"""Two leap years and more: whatever comes again at all does so within them."""

Bounds = tuple[int, int]
"""Lowest and highest value of a field."""


class NeverError(ValueError):
    """An expression names no moment that comes again."""


def longest_gap(expression: str) -> timedelta | None:
    """Return the longest time between two moments of a cron expression, in UTC.

    Args:
        expression: of EventBridge Scheduler, such as `cron(0 6 * * ? *)`; of the form of `_rules.CRON`.

    Returns:
        None if it cannot be told: of certain years only, of a day's rule (`L`, `W`, `#`), or of values that there are
        not, which AWS refuses.

    Raises:
        NeverError: it names no such moments, such as `cron(0 6 31 FEB ? *)`.
    """
    minutes, hours, days, months, weekdays, years = expression.removeprefix("cron(").removesuffix(")").split()
    if years != "*":
        return None
    try:
        times = _times(_values(minutes, _MINUTES), _values(hours, _HOURS))
        in_months = _values(months, _MONTH_NUMBERS, _MONTHS)
        on_days = None if days == "?" else _values(days, _DAYS)
        on_weekdays = None if weekdays == "?" else _values(weekdays, _WEEKDAY_NUMBERS, _WEEKDAYS)
    except ValueError:
        return None
    found = [
        day
        for day in (_FIRST_DAY + timedelta(days=number) for number in range(366 * _YEARS))
        if day.month in in_months
        and (on_days is None or day.day in on_days)
        and (on_weekdays is None or day.isoweekday() % 7 + 1 in on_weekdays)
    ]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    gaps += [later - earlier + times[0] - times[-1] for earlier, later in pairwise(found)]
    if len(found) <= 1:
        raise NeverError(f"must name moments that come again, got {expression!r}")
    return max(gaps)


def _times(minutes: set[int], hours: set[int]) -> list[timedelta]:
    """Return the times of a day, from its beginning on, in order."""
    return [timedelta(hours=hour, minutes=minute) for hour in sorted(hours) for minute in sorted(minutes)]


def _values(field: str, bounds: Bounds, names: tuple[str, ...] = ()) -> set[int]:
    """Return the values that a field names.

    Raises:
        ValueError: it names others, or by a rule.
    """
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low = bounds[0] if span == "*" else _number(first, bounds, names)
        to_the_end = span == "*" or (step and not last)
        high = bounds[1] if to_the_end else _number(last or first, bounds, names)
        found.update(range(low, high + 1, int(step or 1)))  # a step of 0 is a ValueError, too
    if not found:
        raise ValueError(f"must name a value, got {field!r}")
    return found


def _number(text: str, bounds: Bounds, names: tuple[str, ...]) -> int:
    number = names.index(text) + 1 if text in names else int(text)
    if not bounds[0] <= number <= bounds[1]:
        raise ValueError(f"must be from {bounds[0]} to {bounds[1]}, got {text!r}")
    return number
