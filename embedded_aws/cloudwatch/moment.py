"""The time at which alarms are looked at: the clock's, or the one that an evaluation was asked for."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from embedded_aws.clock import CLOCK

_asked: ContextVar[datetime | None] = ContextVar("alarms_moment", default=None)


def now() -> datetime:
    """Tell the time of the evaluation that goes on, else the clock's."""
    return _asked.get() or CLOCK.now()


@contextlib.contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be a moment, for this thread and what it calls."""
    token = _asked.set(moment)
    try:
        yield
    finally:
        _asked.reset(token)


def text(moment: datetime) -> str:
    """Write a time as alarms' messages do: `2026-10-05T14:00:00.000+0000`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def of(seconds: float) -> datetime:
    """Give a time from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


class Time:
    """The module `time` as ministack's CloudWatch sees it."""

    @staticmethod
    def time() -> float:
        """Tell the seconds since 1970."""
        return now().timestamp()
