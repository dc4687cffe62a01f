"""AWS's cron expressions: minutes, hours, day of month, month, day of week, year."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_RANGE = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_FIELDS = 6
_SATURDAY, _WEEK = 7, 7

DayRule = Callable[[date], bool]


class InvalidCronError(ValueError):
    """A cron expression that AWS refuses."""


@dataclass(frozen=True)
class Cron:
    """A parsed expression; `has_day` tells its days, `hours` and `minutes` the times in each."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: tuple[DayRule, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the six fields.

        Raises:
            InvalidCronError: a field is missing or no value of its kind, or not just one of the two day fields is `?`.
        """
        fields = text.split()
        if len(fields) != _FIELDS:
            raise InvalidCronError(f"{len(fields)} fields instead of {_FIELDS}: {text!r}")
        minutes, hours, of_month, months, of_week, years = fields
        if (of_month == "?") == (of_week == "?"):
            raise InvalidCronError(f"one of day of month and day of week must be `?`: {text!r}")
        rule = _day_of_week if of_month == "?" else _day_of_month
        days = of_week if of_month == "?" else of_month
        return cls(
            _values(minutes, 0, 59, {}),
            _values(hours, 0, 23, {}),
            _values(months, 1, 12, _MONTHS),
            _values(years, 1970, 2199, {}),
            tuple(rule(part) for part in days.split(",")),
        )

    def has_day(self, day: date) -> bool:
        """Whether the expression names a date."""
        return day.year in self.years and day.month in self.months and any(rule(day) for rule in self.days)


def _values(field: str, low: int, high: int, names: dict[str, int]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise InvalidCronError(f"no value, range or step: {part!r}")
        span, first, last, step = match.groups()
        begin = low if span == "*" else _number(first, low, high, names)
        to_the_end = span == "*" or (step and last is None)
        end = high if to_the_end else _number(last or first, low, high, names)
        if begin > end or step == "0":
            raise InvalidCronError(f"an empty range: {part!r}")
        found.update(range(begin, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(text: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text.upper())
    if number is None and text.isdigit():
        number = int(text)
    if number is None or not low <= number <= high:
        raise InvalidCronError(f"must be from {low} to {high}: {text!r}")
    return number


def _day_of_month(part: str) -> DayRule:
    if part == "L":
        return lambda day: day.day == _last(day)
    if part == "LW":
        return lambda day: day == _weekday_near(day.replace(day=_last(day)))
    if part.endswith("W"):
        wanted = _number(part[:-1], 1, 31, {})
        return lambda day: wanted <= _last(day) and day == _weekday_near(day.replace(day=wanted))
    days = _values(part, 1, 31, {})
    return lambda day: day.day in days


def _day_of_week(part: str) -> DayRule:
    name, mark, number = part.partition("#")
    if mark:
        weekday, which = _number(name, 1, _SATURDAY, _DAYS), _number(number, 1, 5, {})
        return lambda day: _day(day) == weekday and (day.day - 1) // _WEEK + 1 == which
    if part == "L":
        return lambda day: _day(day) == _SATURDAY
    if part.endswith("L"):
        last = _number(part[:-1], 1, _SATURDAY, _DAYS)
        return lambda day: _day(day) == last and day.day > _last(day) - _WEEK
    days = _values(part, 1, _SATURDAY, _DAYS)
    return lambda day: _day(day) in days


def _day(day: date) -> int:
    """Give the day of the week as AWS counts: 1 is Sunday."""
    return day.isoweekday() % _WEEK + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _weekday_near(day: date) -> date:
    """Give the day from Monday to Friday that is nearest to a day within its month."""
    shift = {6: -1, 7: 1}.get(day.isoweekday(), 0)
    near = day + timedelta(days=shift)
    if near.month == day.month:
        return near
    return day + timedelta(days=2 if shift < 0 else -2)  # Monday the 3rd, Friday before the last Sunday
