"""Billing periods: calendar months in UTC, half-open."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from rating.exact import show

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1, 9999)  # the end of the year after the last is still a date
_MONTHS = range(1, 13)


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """A calendar month.

    Raises:
        ValueError: there is no such month.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if self.year not in _YEARS or self.month not in _MONTHS:
            raise ValueError(f'period must be a month such as "2026-10", got {show(str(self))}')

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period that a text such as `2026-10` names.

        Raises:
            ValueError: it names none.
        """
        if not _MONTH.fullmatch(text):
            raise ValueError(f'period must be a month such as "2026-10", got {show(text)}')
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the period in which a moment lies.

        Raises:
            ValueError: the moment has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError(f"moment must have a time zone, got {moment.isoformat()}")
        moment = moment.astimezone(UTC)
        return cls(moment.year, moment.month)

    @property
    def first_day(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def end_day(self) -> date:
        """The day after the last."""
        return date(self.year + self.month // 12, self.month % 12 + 1, 1)

    @property
    def start(self) -> datetime:
        """The first moment, UTC."""
        return datetime.combine(self.first_day, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer inside, UTC."""
        return datetime.combine(self.end_day, time(), UTC)

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end_day - self.first_day).days

    @property
    def next(self) -> "Period":
        """The month after."""
        return Period(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> "Period":
        """The month before."""
        return Period(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def each_day(self) -> list[date]:
        """Return the days, in order."""
        return [self.first_day + timedelta(days=number) for number in range(self.days)]


def parse_day(value: Any) -> date:
    """Return the day that a text such as `2026-10-01` names; a `date`, which YAML makes of it, is returned as it is.

    Raises:
        ValueError: it names none, or has a time of day.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):  # no such day: said below, as of any other text
            return date.fromisoformat(value)
    raise ValueError(f"must be a day such as 2026-10-01, got {show(value)}")
