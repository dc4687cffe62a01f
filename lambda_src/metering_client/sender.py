"""A buffer of events in front of whatever takes them."""

import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from metering_client.delivery import Batch, Delivery, Outcome
from metering_client.event import Event, make_event
from metering_client.report import NotDeliveredError, Rejected, Report
from metering_client.timing import Timing


class BufferFullError(RuntimeError):
    """The event has not been taken: too many wait already, for the receiver takes none."""


class Sender(ABC):
    """Buffers events and sends them in batches; safe to share between threads.

    Args:
        source: CloudEvents source of all events: what sends them, such as `https://example.com/ocr`.
        batch_size: events in the buffer that start a delivery.
        retry_seconds: how long a flush tries again what fails.
        max_buffered: events that may wait at most.
        timing: clock and waits.
    """

    def __init__(
        self, *, source: str, batch_size: int, retry_seconds: float, max_buffered: int, timing: Timing
    ) -> None:
        if not source:
            raise ValueError("source: must be a text that is not empty")
        if not 0 <= retry_seconds < float("inf"):
            raise ValueError(f"retry_seconds: must be 0 or more, is {retry_seconds}")
        if max_buffered < batch_size:
            raise ValueError(f"max_buffered: must be batch_size, {batch_size}, or more, is {max_buffered}")
        self._source, self._batch_size, self._retry_seconds = source, batch_size, retry_seconds
        self._max_buffered, self._timing = max_buffered, timing
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._buffer: list[Event] = []
        self._on_their_way, self._due = 0, batch_size
        self._accepted, self._rejected = 0, list[Rejected]()
        self._problem: str | None = None

    def flush(self) -> Report:
        """Send all that is in the buffer, trying again for `retry_seconds` what fails.

        Returns:
            What became of the events since the last report. What is `pending` in it is still in the buffer.
        """
        with self._sending:
            self._deliver(self._retry_seconds)
            with self._lock:
                report = Report(self._accepted, tuple(self._rejected), len(self._buffer), self._problem)
                self._accepted, self._rejected = 0, []
        return report

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Flush.

        Raises:
            NotDeliveredError: events are not accepted, and no flush of the block has told. An error of the block's own
                is not replaced: it gets a note.
        """
        report = self.flush()
        if report.is_complete:
            return
        undelivered = NotDeliveredError(report)
        if error is None:
            raise undelivered
        error.add_note(f"{type(undelivered).__name__}: {undelivered}")

    def __del__(self) -> None:
        if getattr(self, "_buffer", None):
            lost = f"{type(self).__name__}: {len(self._buffer)} events were never sent"
            warnings.warn(lost, ResourceWarning, stacklevel=2, source=self)

    @abstractmethod
    def _batches(self, events: Sequence[Event]) -> Iterable[Batch]:
        """Split events into what can be sent at once."""

    @abstractmethod
    def _send(self, batch: Batch) -> Outcome:
        """Try a batch once."""

    def _record(
        self, kind: str, data: object, event_id: str | None, time: datetime | None, **optional: str | None
    ) -> str:
        """Take an event into the buffer and return its id; sends a full buffer, each batch once, without a wait."""
        when = self._timing.now() if time is None else time
        event = make_event(kind, data, source=self._source, event_id=event_id, time=when, **optional)
        with self._lock:
            waiting = len(self._buffer) + self._on_their_way
            if waiting >= self._max_buffered:
                raise BufferFullError(f"{waiting} events wait, max_buffered is {self._max_buffered}: {self._problem}")
            self._buffer.append(event)
            due = len(self._buffer) >= self._due
        # While another thread sends, the buffer grows; a later event finds it due again.
        if due and self._sending.acquire(blocking=False):
            try:
                self._deliver(0)
            finally:
                self._sending.release()
        return event.id

    def _deliver(self, seconds: float) -> None:
        with self._lock:
            events, self._buffer = self._buffer, []
            self._on_their_way = len(events)
        delivery = Delivery(self._batches(events), self._send, self._timing, seconds)
        try:
            delivery.run()
        finally:
            with self._lock:
                self._buffer[:0] = delivery.left
                self._on_their_way = 0
                self._accepted += delivery.accepted
                self._rejected += delivery.rejected
                self._problem = delivery.problem
                # A receiver that takes none is not tried again for every single event.
                self._due = self._batch_size + len(delivery.left)
