"""The clock of the embedded AWS, which the demo and tests set to live through months.

From it come the times that bills are made of: a request's, a record's arrival at Firehose, a schedule's, a metric's.
Credentials, tokens, signatures, buffers, timeouts and latencies stay on real time.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded_aws.controls import InvalidControlError, text_of
from embedded_aws.server import EmbeddedAws


class Clock:
    """A clock that runs as fast as the real one, from wherever it is set; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = timedelta(0)
        self._settings = 0
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def reading(self) -> tuple[int, datetime]:
        """Tell how often the clock has been set, and the time: of one moment."""
        with self._lock:
            return self._settings, self.now()

    def set(self, moment: datetime) -> None:
        """Let the clock show a moment now, and run on from there.

        Raises:
            ValueError: the moment has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError(f"the clock's time needs a time zone: {moment.isoformat()}")
        self._move(lambda: moment - datetime.now(UTC))

    def advance(self, by: timedelta) -> None:
        """Let the clock show a later (or, if negative, an earlier) time."""
        self._move(lambda: self._ahead + by)

    def watch(self, called: Callable[[], None]) -> None:
        """Have a function called after each setting."""
        self._watchers.append(called)

    def _move(self, ahead: Callable[[], timedelta]) -> None:
        with self._lock:
            self._ahead = ahead()
            self._settings += 1
        for called in self._watchers:
            called()


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_milliseconds(moment: datetime) -> int:
    """Give a time as whole milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


CLOCK = Clock()
"""The one clock of this process's embedded AWS."""


def install(aws: EmbeddedAws) -> None:
    """Let the clock be read and set over HTTP."""
    aws.clock = CLOCK
    aws.controls.add("GET", "clock", lambda _: _shown())
    aws.controls.add("POST", "clock", _set)


def parse(text: str) -> datetime:
    """Read a time such as `2026-10-01T00:00:00Z`.

    Raises:
        InvalidControlError: it is none, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidControlError(f"must be a time such as 2026-10-01T00:00:00Z: {text!r}") from error
    if moment.tzinfo is None:
        raise InvalidControlError(f"must be a time with a time zone, such as 2026-10-01T00:00:00Z: {text!r}")
    return moment.astimezone(UTC)


def _shown() -> dict[str, Any]:
    return {"now": CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _set(body: dict[str, Any]) -> dict[str, Any]:
    CLOCK.set(parse(text_of(body, "now")))
    return _shown()
