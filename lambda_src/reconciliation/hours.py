"""Hours, UTC, each named by its first moment. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours without a gap, from the first to the one before the end."""

    start: datetime
    end: datetime

    def __len__(self) -> int:
        return max((self.end - self.start) // HOUR, 0)

    def __iter__(self) -> Iterator[datetime]:
        return (self.start + number * HOUR for number in range(len(self)))

    def parts(self, most: int) -> Iterator["Window"]:
        """Yield the window in parts of at most so many hours."""
        for first in range(0, len(self), most):
            start = self.start + first * HOUR
            yield Window(start, min(start + most * HOUR, self.end))


def hour_of(moment: datetime) -> datetime:
    """Return the hour in which a moment lies."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hour_after(moment: datetime) -> datetime:
    """Return the first hour that begins at a moment or later."""
    hour = hour_of(moment)
    return hour if hour == moment else hour + HOUR
