"""The clock, and how long to wait before a try: all that a test may want to replace."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

_FIRST_SECONDS = 0.2
_MOST_SECONDS = 10.0
_MOST_DOUBLINGS = 10


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timing:
    """Where the time comes from."""

    now: Callable[[], datetime] = _now
    """The time of events that have none of their own."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    sleep: Callable[[float], None] = time.sleep
    """Wait so many seconds."""
    jitter: Callable[[], float] = random.random
    """A part of the whole, from 0 to 1: clients that failed together shall not come again together."""

    def delay(self, tries: int, asked: float) -> float:
        """Return the seconds to wait.

        Args:
            tries: how many have failed.
            asked: seconds that the receiver wants us to wait at least.
        """
        longest = min(_MOST_SECONDS, _FIRST_SECONDS * 2.0 ** min(tries - 1, _MOST_DOUBLINGS))
        return max(asked, longest * self.jitter())
