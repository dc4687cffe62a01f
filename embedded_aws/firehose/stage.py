"""A buffer with a thread behind it: the two stages of a stream, transform and delivery, are one each."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from embedded_aws import hooks
from embedded_aws.firehose.configuration import Buffering
from embedded_aws.firehose.records import StreamName

_RESPONSES = hooks.use("ministack.core.responses", "request_scope")
_LOG = logging.getLogger(__name__)
Item = TypeVar("Item")


class Patience:
    """How long a stream's workers may wait before they try a failed call again.

    As on AWS they have minutes; a flush hurries them, since somebody waits, and a stop lets them give up at last.
    """

    _HURRIED_PAUSE = 0.2

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hurriers = 0
        self._over = False

    @property
    def hurried(self) -> bool:
        """Whether somebody waits."""
        return self._hurriers > 0

    @property
    def over(self) -> bool:
        """Whether the server stops: what could not be put anywhere stays undelivered."""
        return self._over

    def __enter__(self) -> None:
        with self._changed:
            self._hurriers += 1
            self._changed.notify_all()

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._hurriers -= 1

    def end(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait before another attempt: for a moment if somebody waits, and not at all once the server stops."""
        with self._changed:
            if self.hurried:
                self._changed.wait_for(lambda: self._over, timeout=min(seconds, self._HURRIED_PAUSE))
            else:
                self._changed.wait_for(lambda: self._over or self.hurried, timeout=seconds)


class Stage(Generic[Item]):
    """Collects items and works on them in batches, in order, on a thread of its own.

    A batch is due when its items weigh the buffer's size, when its first item is as old as the buffer's interval, or
    when a flush wants all that is held.

    Args:
        stream: whose account and Region the thread acts in.
        role: `transform` or `delivery`, for the thread's name.
        buffering: size and interval as they are now; both may change while the stream lives.
        weigh: bytes of an item.
        work: deals with a batch for good; it must not raise.
    """

    def __init__(
        self,
        stream: StreamName,
        role: str,
        buffering: Callable[[], Buffering],
        weigh: Callable[[Item], int],
        work: Callable[[list[Item]], None],
    ) -> None:
        self._stream, self._name = stream, f"firehose-{stream.name}-{role}"
        self._buffering, self._weigh, self._work = buffering, weigh, work
        self._changed = threading.Condition()
        self._items: deque[tuple[float, int, Item]] = deque()
        self._working: list[Item] = []
        self._weight = self._taken = self._done = self._wanted = 0
        self._thread: threading.Thread | None = None
        self._stopping = False

    def put(self, items: Sequence[Item]) -> None:
        """Add items to the buffer."""
        now = time.monotonic()
        with self._changed:
            weighed = [(now, self._weigh(item), item) for item in items]
            self._items.extend(weighed)
            self._weight += sum(weight for _, weight, _ in weighed)
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, daemon=True, name=self._name)
                self._thread.start()
            self._changed.notify_all()

    def flush(self) -> int:
        """Make all that is held due; returns a ticket for `done`."""
        with self._changed:
            self._wanted = self._taken + len(self._items)
            self._changed.notify_all()
            return self._wanted

    def done(self, ticket: int) -> bool:
        """Whether all that a ticket stands for is dealt with."""
        with self._changed:
            return self._done >= ticket

    def first(self) -> Item | None:
        """Give the item that has waited longest, be it held or worked on; None if there is none."""
        with self._changed:
            if self._working:
                return self._working[0]
            return self._items[0][2] if self._items else None

    def stop(self) -> None:
        """End the thread after the batch it works on; what is held stays held."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds) for the thread to end; it does so after `stop`."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        with _RESPONSES.request_scope(self._stream.account, self._stream.region):
            while batch := self._next_batch():
                try:
                    self._work(batch)
                except Exception:  # noqa: BLE001 - the thread must live on for the records behind
                    # A defect of ours: these records count as undelivered for ever, so that the report tells of them.
                    _LOG.exception("%s: stuck records: %d", self._name, len(batch))
                with self._changed:
                    self._done += len(batch)
                    self._working = []

    def _next_batch(self) -> list[Item]:
        """Wait for a due batch; an empty one means the end."""
        with self._changed:
            while not self._stopping:
                wait = self._seconds_until_due()
                if wait is not None and wait <= 0:
                    return self._take()
                self._changed.wait(wait)
            return []

    def _seconds_until_due(self) -> float | None:
        if not self._items:
            return None
        buffering = self._buffering()
        if self._weight >= buffering.size or self._wanted > self._taken:
            return 0
        return self._items[0][0] + buffering.interval - time.monotonic()

    def _take(self) -> list[Item]:
        batch: list[Item] = []
        size, weight = self._buffering().size, 0
        while self._items and (not batch or weight + self._items[0][1] <= size):
            _, one, item = self._items.popleft()
            weight += one
            batch.append(item)
        self._weight -= weight
        self._taken += len(batch)
        self._working = batch
        return batch
