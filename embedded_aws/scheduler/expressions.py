"""When a schedule is due: `at(...)`, `rate(...)` and `cron(...)` as EventBridge Scheduler reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from embedded_aws.scheduler.cron import Cron, InvalidCronError

_FORM = re.compile(r"(at|rate|cron)\((.*)\)")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")
_AT = "%Y-%m-%dT%H:%M:%S"
_HORIZON = timedelta(days=366 * 8)  # every date that a cron expression can name comes within eight years
_ONE_DAY = timedelta(days=1)


class InvalidExpressionError(ValueError):
    """A schedule expression that AWS refuses; the message is AWS's."""


class Recurrence(Protocol):
    """The times of a schedule."""

    def after(self, moment: datetime) -> datetime | None:
        """Give the first time later than a moment, in UTC; None if there is none."""


@dataclass(frozen=True)
class Once:
    """One time, of `at(2026-10-01T06:00:00)`."""

    moment: datetime

    def after(self, moment: datetime) -> datetime | None:
        """Give the time, unless it has passed."""
        return self.moment if self.moment > moment else None


@dataclass(frozen=True)
class Every:
    """An interval, of `rate(5 minutes)`, counted from when the schedule was made or starts."""

    interval: timedelta
    since: datetime

    def after(self, moment: datetime) -> datetime | None:
        """Give the next time; the first one is an interval after the beginning."""
        passed = max(0, (moment - self.since) // self.interval)
        return self.since + (passed + 1) * self.interval


@dataclass(frozen=True)
class ByCalendar:
    """Times of a calendar, of `cron(0 6 * * ? *)`, in a time zone.

    A local time that a change to summer time leaves out is skipped; one that comes twice counts once.
    """

    cron: Cron
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime | None:
        """Give the next time, if there is one within eight years."""
        for local in self._from(moment.astimezone(self.zone).date()):
            due = local.replace(tzinfo=self.zone).astimezone(UTC)
            exists = due.astimezone(self.zone).replace(tzinfo=None) == local
            if exists and due > moment:
                return due
        return None

    def _from(self, first: date) -> Iterator[datetime]:
        # From the day before: a time that comes twice may lie behind a later one.
        day, last = first - _ONE_DAY, first + _HORIZON
        while day <= last:
            if self.cron.has_day(day):
                for hour in self.cron.hours:
                    for minute in self.cron.minutes:
                        yield datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - local time
            day += _ONE_DAY


def parse(expression: str, zone_name: str, since: datetime) -> Recurrence:
    """Read a schedule expression.

    Args:
        expression: `at(...)`, `rate(...)` or `cron(...)`.
        zone_name: the time zone of `at` and `cron`, such as `Europe/Berlin`.
        since: what a rate counts from.

    Raises:
        InvalidExpressionError: AWS refuses the expression or the zone.
    """
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidExpressionError(f"Invalid Schedule Expression Timezone {zone_name}.") from error
    match = _FORM.fullmatch(expression)
    refusal = InvalidExpressionError(f"Invalid Schedule Expression {expression}.")
    if match is None:
        raise refusal
    kind, text = match.groups()
    try:
        if kind == "at":
            return Once(datetime.strptime(text, _AT).replace(tzinfo=zone).astimezone(UTC))
        if kind == "cron":
            return ByCalendar(Cron.parse(text), zone)
        rate = _RATE.fullmatch(text)
        if rate is None:
            raise refusal
        return Every(timedelta(**{f"{rate.group(2)}s": int(rate.group(1))}), since)
    except (InvalidCronError, ValueError, OverflowError) as error:
        raise refusal from error
