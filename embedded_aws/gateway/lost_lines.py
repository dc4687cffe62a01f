"""Access log lines that no destination took, kept so that a backfill can be tried. AWS keeps no such list."""

import threading
from collections import Counter, deque
from typing import Any

from embedded_aws.clock import CLOCK
from embedded_aws.server import EmbeddedAws

MOST_LINES = 50_000
"""How many lines are kept, the newest; a line has about 700 bytes."""


class LostLines:
    """The lost lines, oldest first; safe to use from many threads.

    Attributes:
        counts: how many were lost, by destination ARN.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        self._lock = threading.Lock()
        self._kept: deque[dict[str, str]] = deque(maxlen=most)
        self.counts: Counter[str] = Counter()

    def add(self, destination: str, line: str, refusal: str) -> None:
        """Keep a line with its destination and why that did not take it."""
        lost = {"destination": destination, "line": line, "refusal": refusal, "at": CLOCK.now().isoformat()}
        with self._lock:
            self._kept.append(lost)
            self.counts[destination] += 1

    def shown(self) -> dict[str, Any]:
        """Give the lines that are kept, and how many were lost by destination."""
        with self._lock:
            return {"lines": list(self._kept), "lost": dict(self.counts)}

    def forget(self) -> None:
        """Keep none of them; the counts stay."""
        with self._lock:
            self._kept.clear()


LOST_LINES = LostLines()
"""Those of this process's embedded AWS."""


def install(aws: EmbeddedAws) -> None:
    """Let them be read over HTTP, and forgotten."""
    aws.controls.add("GET", "lost-lines", lambda _: LOST_LINES.shown())
    aws.controls.add("DELETE", "lost-lines", lambda _: _forgotten())


def _forgotten() -> dict[str, Any]:
    LOST_LINES.forget()
    return LOST_LINES.shown()
