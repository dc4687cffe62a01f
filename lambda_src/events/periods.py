"""The months that have final bills, known for a minute."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(seconds=60)
"""How long what was read is taken for true, by the requests' own times."""


class FinalPeriods:
    """Which months are final.

    Args:
        read: asks for them, each as `2026-11`; it may fail.
    """

    def __init__(self, read: Callable[[], Collection[str]]) -> None:
        self._read = read
        self._known: Collection[str] = ()
        self._read_at: datetime | None = None

    def at(self, now: datetime) -> Collection[str]:
        """Return the months that are final.

        If they cannot be read, those are returned that were known before: an event that is then taken for a final month
        is late usage, which the next bill has.

        Args:
            now: the request's time.
        """
        if self._read_at is None or abs(now - self._read_at) >= KEPT_FOR:  # requests may come in any order
            self._read_at = now
            try:
                self._known = self._read()
            except Exception as error:  # noqa: BLE001 - botocore's errors have no common base, and none may lose events
                logger.warning("final months cannot be read: %s", type(error).__name__)
        return self._known
