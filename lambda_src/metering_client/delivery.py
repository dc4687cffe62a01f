"""Batches on their way: sent one after the other, tried again while there is time, never lost."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from metering_client.event import Event
from metering_client.report import Rejected
from metering_client.timing import Timing

Batch = tuple[Event, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a batch at one try; each of its events is in exactly one of the first three."""

    accepted: int = 0
    rejected: tuple[Rejected, ...] = ()
    again: Batch = ()
    """Events that are to be sent again, with the same ids: they are not stored, or nobody knows."""
    problem: str | None = None
    """Why."""
    wait: float = 0.0
    """Seconds that the receiver wants to be left alone."""
    is_final: bool = False
    """Whether another try would end alike: somebody must change something first."""
    too_large: bool = False
    """Whether halves of the batch may be taken."""


class Delivery:
    """Events on their way.

    Args:
        batches: what is to be sent.
        send: tries a batch once; raises nothing that a try can end with.
        timing: of the waits between tries.
        seconds: after which no further try begins; 0 tries each batch once.
    """

    def __init__(
        self, batches: Iterable[Batch], send: Callable[[Batch], Outcome], timing: Timing, seconds: float
    ) -> None:
        self._waiting = deque(batches)
        self._send, self._timing = send, timing
        self._end = timing.monotonic() + seconds
        self.accepted = 0
        self.rejected: list[Rejected] = []
        self.problem: str | None = None

    @property
    def left(self) -> list[Event]:
        """Events that are not accepted and not rejected, in order."""
        return [event for batch in self._waiting for event in batch]

    def run(self) -> None:
        """Send until nothing is left, or until it is no use."""
        tries = 0
        while self._waiting:
            # It stays in line until its outcome is known: whatever interrupts the try, nothing is lost.
            outcome = self._send(self._waiting[0])
            self._take(outcome)
            if outcome.too_large or not outcome.again:
                tries = 0
                continue
            tries += 1
            self.problem = outcome.problem
            if outcome.is_final or not self._wait(tries, outcome.wait):
                return
        self.problem = None

    def _take(self, outcome: Outcome) -> None:
        self._waiting.popleft()
        if outcome.too_large:
            middle = len(outcome.again) // 2
            self._waiting.extendleft((outcome.again[middle:], outcome.again[:middle]))
        elif outcome.again:
            self._waiting.appendleft(outcome.again)
        self.accepted += outcome.accepted
        self.rejected += outcome.rejected

    def _wait(self, tries: int, asked: float) -> bool:
        """Wait before another try; tells whether there is time for it."""
        delay = self._timing.delay(tries, asked)
        if self._timing.monotonic() + delay >= self._end:
            return False
        self._timing.sleep(delay)
        return True


def in_batches(events: Sequence[Event], most_events: int, most_bytes: int, around: int) -> Iterator[Batch]:
    """Yield events in batches, in order.

    Args:
        events: each smaller than a batch may be.
        most_events: in a batch.
        most_bytes: of a batch.
        around: bytes that a batch needs beside each event's own.
    """
    batch: list[Event] = []
    size = around
    for event in events:
        needed = event.size + around
        if batch and (len(batch) == most_events or size + needed > most_bytes):
            yield tuple(batch)
            batch, size = [], around
        batch.append(event)
        size += needed
    if batch:
        yield tuple(batch)
