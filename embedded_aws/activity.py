"""What goes on behind the requests: asynchronous invocations, deliveries, messages on their way to a function."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws

_RESPONSES = hooks.use("ministack.core.responses", "request_scope")
_LOG = logging.getLogger(__name__)

POLL_SECONDS = 0.01
DRAIN_SECONDS = 5.0
"""How long the server's stop waits for what is under way."""


class NotSettledError(RuntimeError):
    """Something is still under way when all should be at rest."""


class Activity:
    """Knows all work that no request waits for; `EmbeddedAws.activity`.

    Whatever hands work on counts the new before it lets go of the old. So a moment at which nothing is counted is one
    at which nothing is under way.

    Attributes:
        lock: held while work begins or ends; messages are put into and taken out of queues under it too.
        drain_seconds: how long `end` waits.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.drain_seconds = DRAIN_SECONDS
        self._running: Counter[str] = Counter()
        self._sources: list[Callable[[], dict[str, int]]] = []
        self._enders: list[Callable[[], None]] = []

    def count(self, source: Callable[[], dict[str, int]]) -> None:
        """Have something else asked, under the lock, how much of what is under way."""
        self._sources.append(source)

    def begin(self, what: str) -> None:
        """Count a piece of work, which must `finish` later."""
        with self.lock:
            self._running[what] += 1

    def finish(self, what: str) -> None:
        """Count a piece of work no more."""
        with self.lock:
            self._running[what] -= 1
            self._running += Counter()  # drops what is at zero

    def at_stop(self, end: Callable[[], None]) -> None:
        """Have something called when the server stops, before the wait for what is under way."""
        self._enders.append(end)

    def under_way(self) -> dict[str, int]:
        """Tell what is under way, and how much of it; empty if all is at rest."""
        with self.lock:
            found = Counter(self._running)
            for source in self._sources:
                found.update(source())
            return dict(+found)

    def idle(self) -> bool:
        """Whether all is at rest: nothing will happen any more without a new request or another time."""
        return not self.under_way()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until all is at rest.

        Args:
            timeout: seconds.

        Raises:
            NotSettledError: it is not by then; says what is under way.
        """
        if not _wait_for(self.idle, timeout):
            raise NotSettledError(f"still under way after {timeout:g} s: {self.under_way()}")

    def end(self) -> None:
        """Begin nothing more that waits in a queue, and wait for a limited time for what runs."""
        for end in self._enders:
            end()
        if not _wait_for(lambda: not self._running, self.drain_seconds):
            _LOG.error("given up at the stop: %s", dict(self._running))


def _wait_for(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


ACTIVITY = Activity()
"""That of this process's embedded AWS."""


def spawn(what: str, scope: tuple[str, str], work: Callable[[], None]) -> None:
    """Do a piece of work in a thread of its own; it counts as under way from now until it ends.

    Args:
        what: as which it counts.
        scope: account and Region for which it is done.
        work: what it raises is logged.
    """
    ACTIVITY.begin(what)

    def run() -> None:
        try:
            with _RESPONSES.request_scope(*scope):
                work()
        except Exception:  # noqa: BLE001 - nobody waits for it who could be told
            _LOG.exception("%s failed", what)
        finally:
            ACTIVITY.finish(what)

    threading.Thread(target=run, daemon=True, name=what).start()


def install(aws: EmbeddedAws) -> None:
    """Let it be asked over HTTP, and let the stop wait for what is under way."""
    aws.activity = ACTIVITY
    aws.controls.add("GET", "idle", lambda _: _shown())
    aws.before_stop.callback(ACTIVITY.end)


def _shown() -> dict[str, Any]:
    found = ACTIVITY.under_way()
    return {"idle": not found, "under_way": found}
