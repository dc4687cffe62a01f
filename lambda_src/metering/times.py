"""Moments as AWS hands them over, in milliseconds since 1970, and as rows hold them."""

from datetime import UTC, datetime
from functools import lru_cache

EPOCH_MS = range(10**12, 10**13)
"""The moments that are believed: 2001 to 2286, exactly the numbers of 13 digits.

One in seconds or microseconds is refused, not taken for a day in 1970 or in a far future that no bill ever reaches.
"""


def timestamp(epoch_ms: int) -> str:
    """Return ISO 8601 in UTC with milliseconds, e.g. `2026-01-31T23:59:59.999Z`."""
    seconds, milliseconds = divmod(epoch_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=4096)  # the records of a batch share few seconds
def _second(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
